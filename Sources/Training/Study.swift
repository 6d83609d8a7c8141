import Banking
import Foundation
import RiskModels
import Yams

/// What is trained on what, chosen on what and measured on what: a YAML file under `studies/`.
///
///     name: handbook-h2
///     data: handbook-2018-04-to-08.csv.gz     # in the data folder
///     mapping: ../mappings/handbook.yaml      # relative to the study
///     labels: labels.jsonl                    # in the data folder; none when the mapping has labels
///     unlabelled: unknown                     # or genuine: what a transaction without a label is
///     history_from: 2018-04-01
///     label_delay_days: 7
///     selection:                              # everything is chosen here
///       train: {from: 2018-04-15, to: 2018-06-24}
///       validation: {from: 2018-07-01, to: 2018-08-01}
///     train: {from: 2018-04-15, to: 2018-08-01}   # the final fit
///     test: {from: 2018-08-08, to: 2018-08-15}    # only reported
///     exclude_known_compromised: false
///     alert_budget_per_day: 100
///     seed: 1
///
/// Periods contain `from` and end before `to`; both are dates or RFC 3339 moments in UTC.
public struct Study: Sendable, Equatable {
    public var name: String
    public var dataName: String
    /// Path of the field mapping; `nil` reads canonical records.
    public var mappingPath: String?
    public var labelsName: String?
    public var unlabelledIsGenuine: Bool
    public var historyFrom: Timestamp
    public var labelDelayDays: Int64
    public var selectionTraining: Period
    public var validation: Period
    public var training: Period
    public var test: Period
    public var excludesKnownCompromised: Bool
    public var alertBudgetPerDay: Double
    public var seed: UInt64

    /// - Throws: `TrainingError` naming file, line and column of what is wrong.
    public init(contentsOf path: String) throws(TrainingError) {
        let text: String
        do {
            text = try String(contentsOf: URL(filePath: path), encoding: .utf8)
        } catch {
            throw TrainingError(
                .badStudy, operation: "read study", cause: "\(path): \(error.localizedDescription)")
        }
        try self.init(yaml: text, file: path)
    }

    /// The same from text; `file` names it in messages and its folder is where the mapping is looked for.
    public init(yaml text: String, file: String) throws(TrainingError) {
        do {
            guard let node = try Yams.compose(yaml: text) else {
                throw TrainingError(.badStudy, operation: "read study", cause: "\(file) is empty")
            }
            try self.init(node, file: file)
        } catch let error as TrainingError {
            throw error
        } catch let error as CascadeError {
            throw TrainingError(.badStudy, operation: "read study", cause: error.cause)
        } catch {
            throw TrainingError(.badStudy, operation: "read study", cause: "\(file): \(error)")
        }
    }

    /// The periods whose examples it takes to measure on one: where accounts known to be compromised are left
    /// out, also all since the training began, for frauds in between say which those are.
    func periods(for measured: Period, after training: Period) -> [Period] {
        guard excludesKnownCompromised, let since = Period(from: training.from, to: measured.to) else {
            return [measured]
        }
        return [since]
    }

    private static let keys = [
        "name", "data", "mapping", "labels", "unlabelled", "history_from", "label_delay_days", "selection",
        "train", "test", "exclude_known_compromised", "alert_budget_per_day", "seed",
    ]

    private init(_ node: Node, file: String) throws {
        let root = try YAMLReader(node, file: file, place: "study", keys: Self.keys)
        func required<Value>(_ value: Value?, _ key: String) throws -> Value {
            guard let value else { throw root.fault("study.\(key) is missing", at: node) }
            return value
        }
        name = try required(root.text("name"), "name")
        dataName = try required(root.text("data"), "data")
        labelsName = try root.text("labels")
        let folder = URL(filePath: file).deletingLastPathComponent()
        mappingPath = try root.text("mapping").map {
            $0.hasPrefix("/") ? $0 : folder.appending(path: $0).standardizedFileURL.path
        }
        let unlabelled = try root.text("unlabelled") ?? "unknown"
        guard ["unknown", "genuine"].contains(unlabelled) else {
            throw root.fault("study.unlabelled must be unknown or genuine", at: node)
        }
        unlabelledIsGenuine = unlabelled == "genuine"
        historyFrom = try root.text("history_from").map { try Self.moment($0, root, node) } ?? .distantPast
        let delay = try root.number("label_delay_days") ?? 7
        guard delay >= 0, delay <= 9, delay == delay.rounded() else {
            throw root.fault("study.label_delay_days must be a whole number from 0 to 9", at: node)
        }
        labelDelayDays = Int64(delay)
        let selection = try required(
            root.mapping("selection", keys: ["train", "validation"]), "selection")
        selectionTraining = try required(Self.period("train", selection), "selection.train")
        validation = try required(Self.period("validation", selection), "selection.validation")
        training = try required(Self.period("train", root), "train")
        test = try required(Self.period("test", root), "test")
        excludesKnownCompromised = try root.text("exclude_known_compromised") == "true"
        alertBudgetPerDay = try root.number("alert_budget_per_day") ?? 100
        guard alertBudgetPerDay > 0 else {
            throw root.fault("study.alert_budget_per_day must be above 0", at: node)
        }
        let seed = try root.number("seed") ?? 1
        guard let whole = UInt64(exactly: seed) else {
            throw root.fault("study.seed must be a whole number", at: node)
        }
        self.seed = whole
        guard validation.from >= selectionTraining.to, test.from >= training.to else {
            throw root.fault("validation and test must lie behind what they are trained on", at: node)
        }
    }

    private static func period(_ key: String, _ reader: YAMLReader) throws -> Period? {
        guard let entry = try reader.mapping(key, keys: ["from", "to"]), let node = reader.node[key] else {
            return nil
        }
        guard let from = try entry.text("from"), let to = try entry.text("to"),
            let period = Period(from: try moment(from, entry, node), to: try moment(to, entry, node))
        else { throw entry.fault("\(reader.place).\(key) needs from, and to behind it", at: node) }
        return period
    }

    private static func moment(_ text: String, _ reader: YAMLReader, _ node: Node) throws -> Timestamp {
        guard let moment = Timestamp(rfc3339: text) else {
            throw reader.fault("\(text.prefix(40)) is neither a date nor an RFC 3339 moment", at: node)
        }
        return moment
    }
}
