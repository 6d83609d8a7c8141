import Foundation
import Yams

/// Every setting of the service with its default: one YAML file, overridden by `VIGIE_*`, overridden by
/// flags.
///
/// `kafka.bootstrap_servers` is `kafka: {bootstrap_servers: …}` in YAML, `VIGIE_KAFKA_BOOTSTRAP_SERVERS` in
/// the
/// environment and `--set kafka.bootstrap_servers=…` on the command line.
struct Settings {
    enum Key: String, CaseIterable {
        case bootstrapServers = "kafka.bootstrap_servers"
        case transactionsTopic = "kafka.topics.transactions"
        case labelsTopic = "kafka.topics.labels"
        case deadLettersTopic = "kafka.topics.dead_letters"
        case postgresURL = "postgres.url"
        case postgresDeadlineSeconds = "postgres.deadline_seconds"
        case postgresIdleSeconds = "postgres.idle_in_transaction_seconds"
        case cascade = "model.cascade"
        case mapping = "intake.mapping"
        case keyFile = "intake.key_file"
        case job = "pipeline.job"
        case workers = "pipeline.workers"
        case batch = "pipeline.batch"
        case checkpointSeconds = "pipeline.checkpoint_seconds"
        case decisions = "pipeline.decisions"
        case shared = "pipeline.shared"
        case poisonLimit = "pipeline.poison_limit"
        case drainSeconds = "pipeline.drain_seconds"
        case statusFile = "run.status_file"
        case stallSeconds = "run.stall_seconds"
        case logLevel = "log.level"

        var standard: String {
            switch self {
            case .bootstrapServers: "127.0.0.1:9092"
            case .transactionsTopic: "transactions"
            case .labelsTopic: "labels"
            case .deadLettersTopic: "transactions.dlq"
            case .postgresURL: "postgresql:///vigie"
            case .postgresDeadlineSeconds: "10"
            case .postgresIdleSeconds: "15"
            case .cascade: "models/demo/cascade.yaml"
            case .mapping: ""
            case .keyFile: "vigie.key"
            case .job: "live"
            case .workers: "1"
            case .batch: "1024"
            case .checkpointSeconds: "10"
            case .decisions: "false"
            case .shared: "false"
            case .poisonLimit: "0.5"
            case .drainSeconds: "20"
            case .statusFile: ""
            case .stallSeconds: "30"
            case .logLevel: "info"
            }
        }

        var environmentName: String {
            "VIGIE_" + rawValue.uppercased().replacing(".", with: "_")
        }
    }

    /// librdkafka's own settings below `kafka.options` (TLS, SASL, …), passed through as they are.
    private(set) var kafkaOptions: [String: String] = [:]
    private var values: [Key: String] = [:]

    private static let optionsPrefix = "kafka.options."

    /// - Parameters:
    ///   - file: the YAML file; `nil` reads none.
    ///   - environment: usually the process's.
    ///   - overrides: `key=value` texts, the last word.
    init(file: String?, environment: [String: String], overrides: [String]) throws(UsageError) {
        if let file { try read(file: file) }
        for key in Key.allCases {
            if let value = environment[key.environmentName] { values[key] = value }
        }
        for override in overrides {
            let parts = override.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(
                String.init)
            guard parts.count == 2 else { throw UsageError("--set takes key=value, not '\(override)'") }
            try set(parts[0], parts[1], from: "--set")
        }
    }

    subscript(key: Key) -> String { values[key] ?? key.standard }

    /// `nil` when the setting is empty, which switches the thing off.
    func optional(_ key: Key) -> String? { self[key].isEmpty ? nil : self[key] }

    mutating func override(_ key: Key, with value: String?) {
        if let value { values[key] = value }
    }

    func number(_ key: Key, in range: ClosedRange<Double>) throws(UsageError) -> Double {
        guard let number = Double(self[key]), range.contains(number) else {
            throw UsageError(
                "\(key.rawValue) must be a number from \(range.lowerBound) to \(range.upperBound), "
                    + "not '\(self[key])'"
            )
        }
        return number
    }

    func count(_ key: Key, in range: ClosedRange<Int>) throws(UsageError) -> Int {
        guard let number = Int(self[key]), range.contains(number) else {
            throw UsageError(
                "\(key.rawValue) must be a whole number from \(range.lowerBound) to \(range.upperBound), "
                    + "not '\(self[key])'")
        }
        return number
    }

    func flag(_ key: Key) throws(UsageError) -> Bool {
        switch self[key] {
        case "true", "yes", "1": return true
        case "false", "no", "0": return false
        default: throw UsageError("\(key.rawValue) must be true or false, not '\(self[key])'")
        }
    }

    private mutating func read(file: String) throws(UsageError) {
        let document: Any?
        do {
            document = try Yams.load(yaml: String(contentsOfFile: file, encoding: .utf8))
        } catch {
            throw UsageError("cannot read the configuration \(file): \(error)")
        }
        try flatten(document ?? [String: Any](), path: "", file: file)
    }

    private mutating func flatten(_ node: Any, path: String, file: String) throws(UsageError) {
        if let map = node as? [String: Any] {
            for (key, value) in map.sorted(by: { $0.key < $1.key }) {
                try flatten(value, path: path.isEmpty ? key : path + "." + key, file: file)
            }
        } else if node is [Any] {
            throw UsageError("\(file): \(path) takes one value, not a list")
        } else {
            try set(path, node is NSNull ? "" : "\(node)", from: file)
        }
    }

    private mutating func set(_ name: String, _ value: String, from place: String) throws(UsageError) {
        if name.hasPrefix(Self.optionsPrefix) {
            kafkaOptions[String(name.dropFirst(Self.optionsPrefix.count))] = value
        } else if let key = Key(rawValue: name) {
            values[key] = value
        } else {
            let known = Key.allCases.map(\.rawValue).joined(separator: ", ")
            throw UsageError("\(place): there is no setting '\(name)'. Settings: \(known), kafka.options.*")
        }
    }
}

/// The command cannot start because of what it was given: exit code 64 with one sentence that says what to
/// do.
struct UsageError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
