import Banking
import Crypto
import Foundation
import History
import Intake

/// Replays a history through the very rooms that serve: Intake reads, History computes,
/// labels enter when known.
public struct ExampleBuilder: Sendable {
    /// What was replayed.
    public struct Replay: Sendable {
        public var examples = ExampleTable()
        public var transactionCount = 0
        public var rejectionCount = 0
        public var labelCount = 0
        /// Lower-case hexadecimal SHA-256 of the data file as it lies on disk.
        public var dataSHA256 = ""
    }

    public let study: Study
    public let dataFolder: String
    /// Periods whose examples are kept, besides those of the study's choice.
    public var periods: [Period]

    /// - Parameters:
    ///   - dataFolder: where the study's data file lies.
    ///   - periods: whose examples to keep.
    public init(study: Study, dataFolder: String, periods: [Period]) {
        self.study = study
        self.dataFolder = dataFolder
        self.periods = periods
    }

    private struct Outcome {
        var label: UInt8
        var scenario: UInt8
    }

    /// Reads the records from the study's history on, in the file's order, to the end of the last period.
    /// - Parameter progress: transactions read so far, every 50,000.
    /// - Throws: `TrainingError`.
    public func replay(progress: (Int) -> Void = { _ in }) throws(TrainingError) -> Replay {
        do {
            return try read(progress)
        } catch let error as TrainingError {
            throw error
        } catch {
            throw TrainingError(.unreadableData, operation: "replay history", cause: "\(error)")
        }
    }

    private func read(_ progress: (Int) -> Void) throws -> Replay {
        // Pseudonyms never leave this function's tables, so the bank's secret is not needed: any key will do.
        guard let key = PseudonymKey(bytes: [UInt8](repeating: 0, count: 32)) else { return Replay() }
        let path = path(study.dataName)
        var replay = Replay()
        replay.dataSHA256 = try Self.fingerprint(of: path)
        let historian = Historian(
            configuration: HistoryConfiguration(labelDelaySeconds: study.labelDelayDays * 86_400))
        var outcomes: [UInt64: Outcome] = [:]
        if let labels = study.labelsName {
            try readLabels(self.path(labels), key, historian, &outcomes)
        }
        let mapping = try study.mappingPath.map { try FieldMapping(path: $0) }
        var intake = Intake(mapping: mapping, pseudonymiser: Pseudonymiser(key: key))
        let end = periods.map(\.to).max() ?? .distantPast
        var row = FactRow()
        try intake.readFile(path: path, latest: Timestamp(year: 9999, month: 1, day: 1)) { _, record in
            guard case .transaction(let transaction, let label) = record else {
                replay.rejectionCount += 1
                return
            }
            guard transaction.effectiveAt >= study.historyFrom, transaction.effectiveAt < end else {
                return
            }
            replay.transactionCount += 1
            if replay.transactionCount % 50_000 == 0 { progress(replay.transactionCount) }
            let standing = historian.read(transaction, partition: 0, into: &row)
            if let label { historian.learn(label) }
            guard standing != .duplicate, periods.contains(where: { $0.contains(transaction.effectiveAt) })
            else { return }
            let known =
                label.map { Outcome(label: $0.outcome.rawValue, scenario: $0.scenario) }
                ?? outcomes[transaction.idHash]
            let outcome = known?.label ?? (study.unlabelledIsGenuine ? 0 : 255)
            replay.examples.append(
                row, label: outcome, id: transaction.id, account: transaction.account,
                time: transaction.effectiveAt, scenario: known?.scenario ?? 0)
        }
        replay.labelCount = outcomes.count
        return replay
    }

    /// Labels of a file of their own: History uses each from its own moment on.
    private func readLabels(
        _ path: String, _ key: PseudonymKey, _ historian: Historian, _ outcomes: inout [UInt64: Outcome]
    ) throws {
        var reader = LabelReader(pseudonymiser: Pseudonymiser(key: key))
        try reader.readFile(path: path, latest: Timestamp(year: 9999, month: 1, day: 1)) { _, outcome in
            guard case .label(let label) = outcome else { return }
            historian.learn(label)
            outcomes[label.transactionIDHash] = Outcome(
                label: label.outcome.rawValue, scenario: label.scenario)
        }
    }

    private func path(_ name: String) -> String {
        name.hasPrefix("/") ? name : URL(filePath: dataFolder).appending(path: name).path
    }

    /// SHA-256 of a file, read in pieces.
    static func fingerprint(of path: String) throws -> String {
        let file = try FileHandle(forReadingFrom: URL(filePath: path))
        defer { try? file.close() }
        var hash = SHA256()
        while let piece = try file.read(upToCount: 1 << 20), !piece.isEmpty { hash.update(data: piece) }
        return hash.finalize().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
