import ArgumentParser
import Banking
import Foundation
import History
import Intake
import KafkaClient
import Ledger
import Logging
import Pipeline
import RiskModels

struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Everything on this machine: broker, database, a synthetic bank, live scoring, results.",
        discussion: """
            Accounts first live through some weeks of history; then days of the synthetic bank stream \
            through Kafka in a few minutes and are scored as they come.
            """)

    @Option(help: "Seed of the synthetic bank. The shipped model was trained on another one.")
    var seed: UInt64 = 2026
    @Option(help: "Accounts.") var accounts = 4000
    @Option(help: "Days of history before the stream.") var historyDays = 45
    @Option(help: "Days that are streamed.") var days = 15
    @Option(help: "Minutes that the stream takes.") var minutes = 2.0
    @Option(help: "Folder for database, key and settings.") var folder = "demo"
    @Option(help: "Language of descriptions: en or fr.") var language = "en"
    @Flag(help: "Leave broker, database and scoring running until Ctrl-C.") var keep = false

    func validate() throws {
        guard (1...1_000_000).contains(accounts), (0...1000).contains(historyDays),
            (1...365).contains(days),
            minutes > 0, minutes < 1441
        else {
            throw ValidationError(
                "--accounts 1 to 1000000, --history-days 0 to 1000, --days 1 to 365, --minutes up to 1440")
        }
        guard ["en", "fr"].contains(language) else { throw ValidationError("--language is en or fr") }
    }

    func run() throws {
        let folder = URL(filePath: self.folder)
        say("starting a broker and a PostgreSQL in \(folder.path)")
        let services = try LocalServices(
            folder: folder,
            topics: ["transactions:1", "labels:1", "transactions.dlq:1"], database: "vigie")
        defer { services.stop() }
        try stream(services, try settings(services, folder))
    }

    /// Everything between the start of the services and their stop.
    private func stream(_ services: LocalServices, _ settings: Settings) throws {
        let logger = try settings.logger()
        let service = try LiveService(settings, logger: logger, extent: .live)

        var bank = DemoBank(seed: seed, accounts: accounts, days: historyDays + days)
        say(
            "seed \(seed): \(Figure.count(Int64(accounts))) accounts live through \(historyDays) days "
                + "of history"
        )
        try bank.live(historyDays, through: service.historian, settings: settings)
        try bank.prepare(days)
        say(
            "streaming \(days) days, \(Figure.count(Int64(bank.stream.count))) records, in "
                + "\(minutes) minutes"
        )

        let pipeline = try service.pipeline(try settings.pipeline())
        let view = LiveView(pipeline.statistics)
        let sender = DemoSender(
            bank.stream, settings: settings, seconds: minutes * 60, logger: logger,
            scored: { pipeline.statistics.snapshot.scored })
        let signals = SignalWatch {
            sender.stop()
            pipeline.stop()
        }
        let results = DemoResults(settings: settings, services: services, language: language)
        let truth = bank.truth
        sender.start { [keep] in
            guard keep else { return pipeline.stop() }
            do {
                try results.show(truth: truth)
            } catch {
                say("the results cannot be shown: \(error)")
            }
            results.sayHowToGoOn()
        }
        let totals = try pipeline.run(
            intake: try settings.intake(), labelReader: try settings.labelReader(),
            historian: service.historian)
        view.end()
        withExtendedLifetime(signals) {}
        if let error = sender.error { throw error }
        if !keep { try results.show(truth: truth) }
        say(
            "\(Figure.count(totals.scored)) scored, \(totals.alertsInserted) alerts, from arrival to commit "
                + "p50 \(Figure.latency(totals.alertLatency, 0.5)) "
                + "p99 \(Figure.latency(totals.alertLatency, 0.99))"
        )
    }

    /// The settings of the demo, also left behind as a file for other commands to use.
    private func settings(_ services: LocalServices, _ folder: URL) throws -> Settings {
        let cascade = try Shipped.folder("models").appending(path: "demo/cascade.yaml").path
        let key = folder.appending(path: "vigie.key").path
        let yaml = """
            # Written by `vigie demo`; use it with: vigie COMMAND --config THIS_FILE
            kafka:
              bootstrap_servers: \(services.bootstrapServers)
            postgres:
              url: "\(services.conninfo)"
            model:
              cascade: \(cascade)
            intake:
              key_file: \(key)
            pipeline:
              job: demo
              decisions: true
              checkpoint_seconds: 5
            log:
              level: critical

            """
        let file = folder.appending(path: "vigie.yaml").path
        try Data(yaml.utf8).write(to: URL(filePath: file), options: .atomic)
        return try Settings(file: file, environment: [:], overrides: [])
    }
}
