import ArgumentParser
import Banking
import Foundation
import Simulator

struct SimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Make the stream of a synthetic bank: transactions, frauds, defaults and their labels.",
        discussion: """
            Deterministic by seed. Canonical JSON lines, as `vigie run` and `vigie replay` read them. \
            docs/simulator.md describes the population and the stories.
            """)

    @Option(help: "Seed of everything.") var seed: UInt64 = 1
    @Option(help: "Number of accounts.") var accounts = 2000
    @Option(help: "Number of days.") var days = 60
    @Option(help: "First day (UTC).") var start = "2025-01-06"
    @Option(help: "Fraud stories, times the usual.") var fraudIntensity = 1.0
    @Option(help: "Where transactions go (JSON lines); - is standard output.") var output = "-"
    @Option(help: "Where labels go (JSON lines).") var labels: String?
    @Option(help: "Where defaults go (JSON lines).") var defaults: String?

    func run() throws {
        var configuration = SimulatorConfiguration()
        configuration.seed = seed
        configuration.accounts = accounts
        configuration.days = days
        configuration.start = try Timestamp.argument(start, for: "--start")
        configuration.fraudIntensity = fraudIntensity
        var simulator = Simulator(configuration: configuration)
        var writer = simulator.writer
        let transactionFile = try OutputFile(output)
        let labelFile = try labels.map { try OutputFile($0) }
        let defaultFile = try defaults.map { try OutputFile($0) }
        say(
            "seed \(simulator.configuration.seed), \(simulator.configuration.accounts) accounts, \(days) days"
        )
        var transactions: [SimulatedTransaction] = []
        var known: [SimulatedLabel] = []
        var outcomes: [CreditOutcome] = []
        var count = 0
        while simulator.nextDay(transactions: &transactions, labels: &known, outcomes: &outcomes) {
            var bytes: [UInt8] = []
            writer.append(lines: transactions, to: &bytes)
            try transactionFile.write(bytes)
            count += transactions.count
            try labelFile?.write(lines(known, &writer))
            bytes.removeAll(keepingCapacity: true)
            writer.append(lines: outcomes, to: &bytes)
            try defaultFile?.write(bytes)
            transactions.removeAll(keepingCapacity: true)
            known.removeAll(keepingCapacity: true)
            outcomes.removeAll(keepingCapacity: true)
        }
        try labelFile?.write(lines(simulator.remainingLabels(), &writer))
        say("\(count) transactions")
    }

    private func lines(_ labels: [SimulatedLabel], _ writer: inout CanonicalWriter) -> [UInt8] {
        var bytes: [UInt8] = []
        writer.append(lines: labels, to: &bytes)
        return bytes
    }
}

/// A file that is written from its beginning, or standard output.
final class OutputFile {
    private let handle: FileHandle

    init(_ path: String) throws {
        if path == "-" {
            handle = .standardOutput
            return
        }
        guard FileManager.default.createFile(atPath: path, contents: nil),
            let handle = FileHandle(forWritingAtPath: path)
        else { throw UsageError("cannot write to \(path)") }
        self.handle = handle
    }

    func write(_ bytes: [UInt8]) throws {
        guard !bytes.isEmpty else { return }
        try handle.write(contentsOf: Data(bytes))
    }
}
