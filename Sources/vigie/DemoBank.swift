import Banking
import Foundation
import History
import Intake
import KafkaClient
import Logging
import Simulator
import Synchronization

/// The synthetic bank of the demo: some days as history, the following ones as a stream with the truth.
struct DemoBank {
    /// One record of the stream.
    struct Record: Sendable {
        var isLabel: Bool
        var bytes: [UInt8]
        var key: [UInt8]
        /// Event time, or when the label was known.
        var time: Timestamp
    }

    private var simulator: Simulator
    private var writer: CanonicalWriter
    /// In order of time.
    private(set) var stream: [Record] = []
    /// Fraud scenario of each streamed transaction, 0 for honest ones.
    private(set) var truth: [String: UInt8] = [:]

    init(seed: UInt64, accounts: Int, days: Int) {
        var configuration = SimulatorConfiguration()
        configuration.seed = seed
        configuration.accounts = accounts
        configuration.days = days
        simulator = Simulator(configuration: configuration)
        writer = simulator.writer
    }

    /// Lets days pass into the state, with the labels that became known meanwhile.
    mutating func live(_ days: Int, through historian: Historian, settings: Settings) throws {
        var intake = try settings.intake()
        var reader = try settings.labelReader()
        var row = FactRow()
        var transaction = Transaction()
        var label = Label()
        for _ in 0..<days {
            guard let day = nextDay() else { return }
            for record in day.transactions {
                let rejection = bytes(record).withUnsafeBytes {
                    intake.read($0, observedAt: record.effectiveAt, into: &transaction)
                }
                if rejection == nil { historian.read(transaction, partition: 0, into: &row) }
            }
            for known in day.labels {
                let rejection = bytes(known).withUnsafeBytes {
                    reader.read($0, latest: known.knownAt, into: &label)
                }
                if rejection == nil { historian.learn(label) }
            }
        }
    }

    /// Makes the stream of the following days: transactions and labels in order of time.
    mutating func prepare(_ days: Int) throws {
        for _ in 0..<days {
            guard let day = nextDay() else { break }
            for transaction in day.transactions {
                truth[transaction.transactionID] = transaction.scenario?.rawValue ?? 0
                stream.append(
                    Record(
                        isLabel: false, bytes: bytes(transaction), key: Array(transaction.accountID.utf8),
                        time: transaction.effectiveAt))
            }
            for label in day.labels {
                stream.append(
                    Record(
                        isLabel: true, bytes: bytes(label), key: Array(label.accountID.utf8),
                        time: label.knownAt))
            }
        }
        // Stable: records of the same moment keep their order.
        let order = stream.indices.sorted { (stream[$0].time, $0) < (stream[$1].time, $1) }
        stream = order.map { stream[$0] }
    }

    private mutating func nextDay() -> (transactions: [SimulatedTransaction], labels: [SimulatedLabel])? {
        var transactions: [SimulatedTransaction] = []
        var labels: [SimulatedLabel] = []
        var outcomes: [CreditOutcome] = []
        guard simulator.nextDay(transactions: &transactions, labels: &labels, outcomes: &outcomes) else {
            return nil
        }
        return (transactions, labels)
    }

    private mutating func bytes(_ transaction: SimulatedTransaction) -> [UInt8] {
        var bytes: [UInt8] = []
        writer.append(transaction, to: &bytes)
        return bytes
    }

    private mutating func bytes(_ label: SimulatedLabel) -> [UInt8] {
        var bytes: [UInt8] = []
        writer.append(label, to: &bytes)
        return bytes
    }
}

/// Sends the stream at an even pace from a thread of its own, and says when all of it is scored.
final class DemoSender: @unchecked Sendable {
    // SAFETY: `state` is guarded; the rest does not change after `init`.
    private struct State {
        var error: (any Error)?
        var isStopping = false
    }

    private let stream: [DemoBank.Record]
    private let settings: Settings
    private let seconds: Double
    private let logger: Logger
    private let scored: @Sendable () -> Int64
    private let state = Mutex(State())

    init(
        _ stream: [DemoBank.Record], settings: Settings, seconds: Double, logger: Logger,
        scored: @escaping @Sendable () -> Int64
    ) {
        self.stream = stream
        self.settings = settings
        self.seconds = seconds
        self.logger = logger
        self.scored = scored
    }

    var error: (any Error)? { state.withLock { $0.error } }

    func stop() { state.withLock { $0.isStopping = true } }

    /// - Parameter finished: called once everything sent is scored, on the sender's thread.
    func start(_ finished: @escaping @Sendable () -> Void) {
        Thread { [self] in
            do {
                try send()
            } catch {
                state.withLock { $0.error = error }
            }
            finished()
        }.start()
    }

    private func send() throws {
        let producer = try Producer(settings.kafka(logger).with(["linger.ms": "20"]))
        let transactions = try producer.topic(settings[.transactionsTopic])
        let labels = try producer.topic(settings[.labelsTopic])
        let started = ContinuousClock.now
        for (index, record) in stream.enumerated() {
            let due = seconds * Double(index) / Double(max(stream.count, 1))
            while (ContinuousClock.now - started) / .seconds(1) < due {
                producer.poll(timeout: .milliseconds(2))
            }
            if state.withLock({ $0.isStopping }) { return }
            try producer.produce(
                to: record.isLabel ? labels : transactions, key: record.key, payload: record.bytes,
                timestampMilliseconds: record.time.milliseconds)
        }
        try producer.flush(timeout: .seconds(30))
        let expected = Int64(stream.count { !$0.isLabel })
        while scored() < expected, !state.withLock({ $0.isStopping }) { usleep(20_000) }
    }
}
