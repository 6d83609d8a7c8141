import Banking
import Intake

/// A file to walk through the pipeline.
public struct HistoryFile: Sendable {
    public var path: String
    /// The present moment: later transactions are refused.
    public var latest: Timestamp

    public init(path: String, latest: Timestamp) {
        self.path = path
        self.latest = latest
    }

    /// Name on rows.
    public var name: String { path.split(separator: "/").last.map(String.init) ?? path }
}

/// The poll thread of a file: every row becomes transactions, and labels where the mapping names them.
///
/// The position of a transaction is its row, times the transactions per row where a mapping unfolds.
final class FileReception: @unchecked Sendable {
    // SAFETY: used from the poll thread alone.

    private struct Stopped: Error {}

    private let file: HistoryFile
    private var intake: Intake
    private let assembly: BatchAssembly
    private let stopSwitch: StopSwitch
    private var pace: Pace?
    private var lastRow: Int64 = -1
    private var placeInRow: Int64 = 0

    init(
        file: HistoryFile, intake: consuming Intake, assembly: BatchAssembly, stopSwitch: StopSwitch,
        pace: Pace?
    ) {
        self.file = file
        self.pace = pace
        self.intake = intake
        self.assembly = assembly
        self.stopSwitch = stopSwitch
    }

    /// Works until the file ends or the pipeline is stopped.
    func run() throws {
        let perRow = Int64(intake.transactionsPerRecord)
        do {
            try intake.readFile(path: file.path, latest: file.latest) { row, outcome in
                placeInRow = row == lastRow ? placeInRow + 1 : 0
                lastRow = row
                if case .transaction(let transaction, _) = outcome { try keepPace(transaction.effectiveAt) }
                try makeRoom()
                take(outcome, offset: row * perRow + placeInRow)
            }
            try assembly.send()
        } catch is Stopped {
            try assembly.send()
        }
    }

    private func makeRoom() throws {
        if assembly.isFull { try assembly.send() }
        while !assembly.begin(within: .milliseconds(50)) {
            if stopSwitch.isStopping { throw Stopped() }
        }
        if stopSwitch.isStopping { throw Stopped() }
    }

    /// Waits until the event is due, and sends on what was due before.
    private func keepPace(_ time: Timestamp) throws {
        guard let due = pace?.due(time) else { return }
        while clock.now < due {
            try assembly.send()
            stopSwitch.wait(for: .nanoseconds(min(due - clock.now, 50_000_000)))
            if stopSwitch.isStopping { throw Stopped() }
        }
    }

    private func take(_ outcome: IntakeOutcome, offset: Int64) {
        guard let batch = assembly.batch else { return }
        assembly.advance(topic: 0, partition: 0, offset: offset)
        switch outcome {
        case .transaction(let transaction, let label):
            batch.arrivals.append(
                TransactionBatch.Arrival(transaction: transaction, offset: offset, arrivedAt: clock.now))
            if let label { batch.labels.append(label) }
            assembly.count(isRejected: false)
        case .rejection(let rejection, let record):
            let position = SourcePosition(topic: file.name, partition: 0, offset: offset)
            assembly.reject(
                Redaction.rejected(
                    record, isTombstone: false, rejection: rejection, position: position,
                    receivedAt: file.latest))
        }
    }
}
