import ArgumentParser
import Banking
import Foundation
import History
import Intake
import KafkaClient
import Ledger
import Logging
import RiskModels

/// Flags of every command that reads the configuration.
struct CommonOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: "Configuration file (YAML).")
    var config: String?

    @Option(name: .customLong("set"), help: "A setting as key=value; the last word. May be repeated.")
    var overrides: [String] = []

    func settings() throws -> Settings {
        try Settings(file: config, environment: ProcessInfo.processInfo.environment, overrides: overrides)
    }
}

extension Settings {
    /// A logger to standard error, one line an event with its metadata.
    func logger() throws(UsageError) -> Logger {
        guard let level = Logger.Level(rawValue: self[.logLevel]) else {
            let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            throw UsageError("log.level must be one of \(levels), not '\(self[.logLevel])'")
        }
        var logger = Logger(label: "vigie") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = level
        return logger
    }

    /// - Parameter logger: gets librdkafka's warnings.
    func kafka(_ logger: Logger) -> KafkaConfiguration {
        var configuration = KafkaConfiguration(bootstrapServers: self[.bootstrapServers], kafkaOptions)
        configuration.onLog = { line in
            let level: Logger.Level = line.level <= 3 ? .error : line.level <= 4 ? .warning : .debug
            logger.log(level: level, "kafka: \(line.text)")
        }
        return configuration
    }

    func openLedger(as role: LedgerRole? = .writer) throws -> Ledger {
        let seconds = try number(.postgresDeadlineSeconds, in: 0.1...3600)
        let idleSeconds = try number(.postgresIdleSeconds, in: 0.1...3600)
        return try Ledger.open(
            conninfo: self[.postgresURL], role: role, deadline: .seconds(seconds),
            idleInTransaction: .seconds(idleSeconds))
    }

    func pseudonymiser() throws -> Pseudonymiser {
        Pseudonymiser(key: try PseudonymKey.readOrCreate(path: self[.keyFile]))
    }

    /// - Parameter path: of a mapping file; `nil` takes the setting.
    func intake(mapping path: String? = nil) throws -> Intake {
        let path = path ?? optional(.mapping)
        return Intake(
            mapping: try path.map { try FieldMapping(path: $0) }, pseudonymiser: try pseudonymiser())
    }

    /// The same for a topic, whose records must give one transaction each.
    func topicIntake(mapping path: String? = nil) throws -> Intake {
        let intake = try intake(mapping: path)
        guard intake.transactionsPerRecord == 1 else {
            throw UsageError("the mapping unfolds records, which only files may: use vigie replay --file")
        }
        return intake
    }

    func labelReader() throws -> LabelReader { LabelReader(pseudonymiser: try pseudonymiser()) }

    func loadCascade() throws -> Cascade { try Cascade(contentsOf: self[.cascade]) }
}

extension Timestamp {
    /// The wall clock, which only the command line reads.
    static var present: Timestamp {
        Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
    }

    /// A moment given on the command line.
    static func argument(_ text: String, for option: String) throws(UsageError) -> Timestamp {
        guard let moment = Timestamp(rfc3339: text) else {
            throw UsageError("\(option) takes a date (2018-08-08) or an RFC 3339 moment, not '\(text)'")
        }
        return moment
    }
}

/// Files that come with the program: next to it, or where the environment says.
enum Shipped {
    /// `migrations`, `models`, `mappings`, `studies` …: `VIGIE_HOME`, the current folder, or beside the
    /// binary.
    static func folder(_ name: String) throws(UsageError) -> URL {
        let home = ProcessInfo.processInfo.environment["VIGIE_HOME"].map { URL(filePath: $0) }
        var candidates = [home, URL(filePath: FileManager.default.currentDirectoryPath)].compactMap { $0 }
        // `.build/release/vigie` and `bin/vigie` both stand a few folders below.
        var folder = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        if let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") {
            folder = URL(filePath: path)
        }
        for _ in 0..<5 {
            folder = folder.deletingLastPathComponent()
            candidates.append(folder)
        }
        for candidate in candidates {
            let found = candidate.appending(path: name)
            if FileManager.default.fileExists(atPath: found.path) { return found }
        }
        throw UsageError("cannot find the folder '\(name)'; set VIGIE_HOME to the folder that holds it")
    }
}
