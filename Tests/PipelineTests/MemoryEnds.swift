import Banking
import Foundation
import History
import Intake
import RiskModels
import Synchronization

@testable import Pipeline

let projectRoot = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

/// A source that hands over records from memory, in lots of random size.
final class MemorySource: RecordSource, @unchecked Sendable {
    // SAFETY: used from the poll thread alone.
    let topics = [SourceTopic(name: "memory", content: .transactions)]
    private let records: [[UInt8]]
    private let observedAt: Timestamp
    private var next: Int
    private var state: UInt64
    private(set) var pauses = 0

    /// - Parameter next: offset of the first record to hand over.
    init(_ records: [[UInt8]], from next: Int = 0, seed: UInt64) {
        self.records = records
        self.next = next
        observedAt = Timestamp(year: 2026, month: 12, day: 31)
        state = seed
    }

    func poll(
        atMost maximum: Int, within timeout: Duration, _ body: (borrowing SourceRecord) -> Void
    ) throws -> SourceStatus {
        guard maximum > 0 else {
            pauses += 1
            return .idle
        }
        guard next < records.count else { return .end }
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let count = min(Int(state >> 58) + 1, maximum, records.count - next)
        for index in next..<next + count {
            records[index].withUnsafeBytes { bytes in
                body(
                    SourceRecord(
                        topic: 0, partition: 0, offset: Int64(index), observedAt: observedAt,
                        payload: bytes.count == 0 ? nil : bytes))
            }
        }
        next += count
        return .records(count)
    }

    func report(progress: [PartitionProgress]) {}
    func lag() -> Int64? { Int64(records.count - next) }
}

/// A desk that keeps what it gets, and fails as often as it is told to.
final class MemoryDesk: DeliveryDesk {
    struct Contents {
        var alerts: [Alert] = []
        var decisions: [Decision] = []
        var deadLetters: [DeadLetter] = []
        var progress: [PartitionProgress] = []
        var pins: [CascadePin] = []
        var attempts = 0
        var prepared: [Timestamp] = []
    }
    private let state = Mutex(Contents())
    private let fault: @Sendable (_ attempt: Int) -> DeliveryFault?

    init(fault: @escaping @Sendable (Int) -> DeliveryFault? = { _ in nil }) { self.fault = fault }

    var contents: Contents { state.withLock { $0 } }

    func prepare(for moment: Timestamp) { state.withLock { $0.prepared.append(moment) } }

    func deliver(_ delivery: Delivery) throws(DeliveryFault) -> DeliveryReceipt {
        let attempt = state.withLock { contents in
            contents.attempts += 1
            return contents.attempts
        }
        if let fault = fault(attempt) { throw fault }
        state.withLock { contents in
            contents.alerts += delivery.alerts
            contents.decisions += delivery.decisions
            contents.deadLetters += delivery.deadLetters
            contents.progress = delivery.progress
            if let pin = delivery.pin { contents.pins.append(pin) }
        }
        return DeliveryReceipt(alerts: delivery.alerts.count, deadLetters: delivery.deadLetters.count)
    }
}

/// An archive that keeps what it gets as a store does, and fails as often as it is told to.
final class MemoryArchive: ArchiveDesk {
    struct Contents {
        var pieces: [(number: UInt32, partition: Int32, bytes: [UInt8])] = []
        var checkpoints: [Checkpoint] = []
        var attempts = 0
    }
    private let state = Mutex(Contents())
    private let fault: @Sendable (_ attempt: Int) -> DeliveryFault?
    private let atCommit: @Sendable (Checkpoint) -> Void

    init(
        fault: @escaping @Sendable (Int) -> DeliveryFault? = { _ in nil },
        atCommit: @escaping @Sendable (Checkpoint) -> Void = { _ in }
    ) {
        self.fault = fault
        self.atCommit = atCommit
    }

    var contents: Contents { state.withLock { $0 } }

    func store(_ piece: StatePiece, number: UInt32) throws(DeliveryFault) -> Int {
        let attempt = state.withLock { contents in
            contents.attempts += 1
            return contents.attempts
        }
        if let fault = fault(attempt) { throw fault }
        let partition = piece.partition
        let bytes = piece.sealed()
        state.withLock { $0.pieces.append((number, partition, bytes)) }
        return bytes.count
    }

    func commit(_ checkpoint: Checkpoint) throws(DeliveryFault) {
        atCommit(checkpoint)
        state.withLock { contents in
            contents.checkpoints.append(checkpoint)
            let kept = Set(contents.checkpoints.map(\.number))
            contents.pieces.removeAll { $0.number < checkpoint.oldestNeeded || !kept.contains($0.number) }
        }
    }

    /// The state of the last checkpoint.
    func restored() throws -> Historian {
        let historian = Historian()
        let pieces = contents.pieces.sorted {
            ($0.partition < 0 ? 1 : 0, $1.number) < ($1.partition < 0 ? 1 : 0, $0.number)
        }
        for piece in pieces { try historian.restore(piece: piece.bytes) }
        historian.endRestoring()
        return historian
    }
}

enum Sample {
    /// Canonical records of a few lively accounts.
    static func records(_ count: Int) -> [[UInt8]] {
        (0..<count).map { index in
            let time = Timestamp(year: 2026, month: 1, day: 1).adding(seconds: Int64(index) * 97)
            let amount = index % 50 == 49 ? "980.00" : "\(5 + index * 7 % 60).50"
            return Array(
                """
                {"transaction_id":"t\(index)","account_id":"a\(index * index % 17)","effective_at":"\(time)",\
                "amount":\(amount),"currency":"EUR","direction":"debit","channel":"online",\
                "entry_mode":"manual","merchant_id":"m\(index % 23)","merchant_name":"Shop \(index % 23)",\
                "merchant_category_code":5732}
                """.utf8)
        }
    }

    static func cascade() throws -> Cascade {
        try Cascade(contentsOf: projectRoot.appending(path: "models/demo/cascade.yaml").path)
    }

    static func pseudonymiser() -> Pseudonymiser? {
        PseudonymKey(bytes: Array(0..<32)).map { Pseudonymiser(key: $0) }
    }

    /// Runs records through a pipeline of its own.
    @discardableResult
    static func run(
        _ source: MemorySource, desk: MemoryDesk, archive: MemoryArchive? = nil, historian: Historian? = nil,
        _ adjust: (inout Pipeline.Configuration) -> Void = { _ in }
    ) throws -> PipelineStatistics.Snapshot {
        var configuration = Pipeline.Configuration()
        configuration.keepsDecisions = true
        adjust(&configuration)
        let cascade = try cascade()
        let pipeline = Pipeline(
            configuration, input: .stream(source), cascade: cascade, desk: desk, archive: archive,
            publisher: nil, report: { _ in })
        guard let first = pseudonymiser(), let second = pseudonymiser() else {
            throw PipelineError(code: .source, operation: "test", cause: "no key")
        }
        return try pipeline.run(
            intake: Intake(pseudonymiser: first), labelReader: LabelReader(pseudonymiser: second),
            historian: historian ?? Historian(configuration: cascade.history))
    }
}
