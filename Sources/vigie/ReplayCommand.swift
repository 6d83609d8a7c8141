import ArgumentParser
import Banking
import Foundation
import History
import Intake
import Ledger
import Logging
import Pipeline
import RiskModels

struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Score a historical file, or the topic's present contents, into a job of its own.",
        discussion: """
            The same stream, model and key give the same alerts, bit for bit. Live rows are never touched: a \
            replay's rows stand under its own job name.
            """)

    @OptionGroup var common: CommonOptions
    @Option(help: "Name of the job that the rows stand under.") var job: String
    @Option(help: "File to replay (CSV or JSON lines, .gz). Without it the topic is read to its present end.")
    var file: String?
    @Option(help: "Mapping of the file; without it the setting intake.mapping.") var mapping: String?
    @Option(help: "File of labels for files without label columns.") var labels: String?
    @Option(help: "Mapping of the labels file.") var labelsMapping: String?
    @Option(help: "Transactions before this moment make history and are not scored.") var scoresFrom: String?
    @Option(help: "Event time per real time, such as 60; without it full speed.") var speed: Double?
    @Option(help: "Topic: first offset of every partition.") var fromOffset: Int64 = 0
    @Option(help: "Topic: offset of every partition to stop before.") var toOffset: Int64 = .max
    @Flag(help: "Print the totals as JSON at the end.") var json = false

    func validate() throws {
        if let speed, !(speed > 0 && speed < 1e9) { throw ValidationError("--speed must be above 0") }
        guard fromOffset >= 0, fromOffset <= toOffset else {
            throw ValidationError("--from-offset must be 0 or more and not above --to-offset")
        }
    }

    func run() throws {
        let settings = try common.settings()
        let logger = try settings.logger()
        let intake =
            file == nil
            ? try settings.topicIntake(mapping: mapping) : try settings.intake(mapping: mapping)
        let cascade = try settings.loadCascade()
        let ledger = try settings.openLedger()
        try ledger.begin(job: job, kind: .replay, cascade: cascade)
        let historian = Historian(configuration: cascade.history)
        if let labels { _ = try Past.learn(labels, mapping: labelsMapping, into: historian, settings) }
        var configuration = try settings.pipeline()
        configuration.speed = speed
        configuration.scoresFrom = try scoresFrom.map { try Timestamp.argument($0, for: "--scores-from") }
        let (input, claimed) = try input(settings, ledger, logger)
        let pipeline = Pipeline(
            configuration, input: input, cascade: cascade,
            desk: LedgerDesk(ledger, job: job, topic: input.topics[0].name, claimed: claimed), archive: nil,
            publisher: nil,
            report: { logger.warning("\($0)") })
        let signals = SignalWatch { pipeline.stop() }
        let view = LiveView(pipeline.statistics)
        let started = ContinuousClock.now
        defer { view.end() }
        let totals = try pipeline.run(
            intake: intake, labelReader: try settings.labelReader(), historian: historian)
        withExtendedLifetime(signals) {}
        if json { print(RunReport(totals, seconds: (ContinuousClock.now - started) / .seconds(1)).json) }
    }

    private func input(
        _ settings: Settings, _ ledger: Ledger, _ logger: Logger
    ) throws -> (Pipeline.Input, [PartitionClaim]) {
        if let file {
            let history = HistoryFile(path: file, latest: .present)
            let claimed = try ledger.claim(job: job, topic: history.name, partitions: [0], clusterID: "file")
            return (.file(history), claimed)
        }
        let source = try KafkaSource(
            settings.kafka(logger), group: "vigie-replay-\(job)",
            transactionsTopic: settings[.transactionsTopic], labelsTopic: settings.optional(.labelsTopic),
            extent: .present(fromOffset..<toOffset), log: { logger.warning("\($0)") })
        let clusterID = try source.clusterID()
        let claimed = try source.allPartitions.flatMap { topic, partitions in
            try ledger.claim(job: job, topic: topic, partitions: partitions, clusterID: clusterID)
        }
        try source.begin(at: [])
        return (.stream(source), claimed)
    }
}

extension Ledger {
    /// Writes down that a job starts, with the models it uses. A replay may not take a live job's name.
    func begin(job: String, kind: JobKind, cascade: Cascade) throws {
        if let known = try jobKind(job), known != kind {
            throw UsageError("the job '\(job)' is a \(known.rawValue) job; give this one another name")
        }
        try recordModels(of: cascade)
        try recordJob(
            job, kind: kind, cascade: cascade.text.isEmpty ? cascade.name : cascade.text,
            settingsJSON: Self.settings(of: cascade))
    }

    /// Writes down that a running job goes on with another cascade.
    func record(_ cascade: Cascade, ofJob job: String) throws {
        try recordModels(of: cascade)
        try recordCascade(ofJob: job, cascade.text, settingsJSON: Self.settings(of: cascade))
    }

    private func recordModels(of cascade: Cascade) throws {
        for step in cascade.steps {
            let model = step.brick.model
            try recordModel(
                sha256: model.sha256, name: model.name, kind: model.kind.rawValue,
                metadataJSON: JSONOutput.text(model.training))
        }
    }

    private static func settings(of cascade: Cascade) -> String {
        JSONOutput.text(["models": cascade.steps.map(\.brick.model.sha256)])
    }
}
