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

struct RunCommand: ParsableCommand, EndsOnSignal {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Score the live topic: Kafka in, alerts in PostgreSQL out, until SIGTERM.",
        discussion: """
            Goes on where the last checkpoint of the job stands. The first start begins at the beginning of \
            the topic; --history gives accounts a past before that. A changed cascade or model file is \
            verified and takes over between two batches, within a second or at SIGHUP; one that is refused \
            leaves the old one in use.
            """)

    @OptionGroup var common: CommonOptions
    @Option(help: "History file (CSV or JSON lines, .gz) to walk through before the first record.")
    var history: String?
    @Option(help: "Mapping of the history file; without it the one of the stream.")
    var historyMapping: String?
    @Option(help: "File of labels, or with a mapping a history file whose label columns are read.")
    var labels: String?
    @Option(help: "Mapping of the labels file; without it canonical labels are expected.")
    var labelsMapping: String?
    @Option(help: "Transactions before this moment make history and are not scored.")
    var scoresFrom: String?
    @Flag(help: "Stop at the present end of the topic instead of waiting for more.")
    var untilEnd = false
    @Flag(help: "Print the totals as JSON at the end.")
    var json = false

    var endsInOrder: Bool { true }

    func run() throws {
        let settings = try common.settings()
        let logger = try settings.logger()
        try FileLimit.raise()
        if try settings.flag(.shared) {
            try share(settings, logger)
        } else {
            let stop = StopRequest()
            let signals = SignalWatch { stop.ask() }
            try serve(settings, logger, stop)
            withExtendedLifetime(signals) {}
        }
    }

    /// Takes turns of whatever partitions the group gives to this instance, until SIGTERM. Every assignment
    /// has a pipeline of its own, from claim to last commit, so nothing of one is delivered under another.
    private func share(_ settings: Settings, _ logger: Logger) throws {
        let drain = try settings.pipeline().drainDeadline
        let member = try GroupMember(
            settings.kafka(logger), group: "vigie-\(settings[.job])-members",
            topic: settings[.transactionsTopic], releaseDeadline: drain + .seconds(10),
            log: { logger.notice("\($0)") })
        let signals = SignalWatch { member.stop() }
        defer { member.close() }
        var last: GroupMember.Assignment?
        while let assignment = try member.hold(after: last) {
            defer { member.release() }
            // A member that worked before waits for its database and its broker however long they are away.
            let isFirst = last == nil
            last = assignment
            do {
                let stop = StopRequest()
                member.work(on: assignment) { stop.ask() }
                try serve(
                    settings, logger, stop, owned: assignment.partitions,
                    patience: isFirst ? LedgerPatience.firstContact : nil)
            } catch let error as KafkaError where error.isRetriable && !isFirst {
                logger.warning("the start waits: \(error)")
            } catch let error as PipelineError where error.code == .fenced || error.code == .drainDeadline {
                logger.notice("another instance goes on: \(error)")
            }
            if untilEnd { break }
        }
        withExtendedLifetime(signals) {}
    }

    /// Runs the service until it is stopped or its source ends.
    /// - Parameters:
    ///   - owned: partitions of transactions to score; `nil` scores all.
    ///   - patience: how long a database that was not reached yet is waited for; `nil` has no end.
    private func serve(
        _ settings: Settings, _ logger: Logger, _ stop: StopRequest, owned: [Int32]? = nil,
        patience: Duration? = LedgerPatience.firstContact
    ) throws {
        // A mapping that cannot be used is told before anything is taken over.
        _ = try settings.topicIntake()
        do {
            let service = try LiveService(
                settings, logger: logger, extent: untilEnd ? .toPresentEnd : .live, owned: owned,
                patience: patience, stop: stop)
            try run(service, settings, logger, stop)
        } catch is StopRequest.Heeded {
            logger.notice("stopped before the first record")
        }
    }

    private func run(
        _ service: LiveService, _ settings: Settings, _ logger: Logger, _ stop: StopRequest
    ) throws {
        let intake = try settings.topicIntake()
        if service.isFresh {
            if let history {
                let intake = try settings.intake(mapping: historyMapping)
                let walked = try Past.walk(history, through: service.historian, intake: intake)
                logger.info("history read", metadata: ["transactions": "\(walked)"])
            }
        }
        if let labels {
            let known = try Past.learn(labels, mapping: labelsMapping, into: service.historian, settings)
            logger.info("labels read", metadata: ["labels": "\(known)"])
        }
        var configuration = try settings.pipeline()
        configuration.scoresFrom = try scoresFrom.map { try Timestamp.argument($0, for: "--scores-from") }
        let pipeline = try service.pipeline(configuration)
        stop.whenAsked { pipeline.stop() }
        let view = LiveView(pipeline.statistics)
        defer { view.end() }
        let readiness = try ReadinessWatch(
            pipeline.statistics, settings: settings, logger: logger, broker: service.askWaiting)
        defer { readiness.end() }
        let watch = service.watchCascade(of: pipeline, logger: logger)
        defer { watch.end() }
        let started = ContinuousClock.now
        let totals = try pipeline.run(
            intake: intake, labelReader: try settings.labelReader(), historian: service.historian)
        if json { print(RunReport(totals, seconds: (ContinuousClock.now - started) / .seconds(1)).json) }
    }
}

/// The live service put together from its settings, before it starts.
struct LiveService {
    let settings: Settings
    let logger: Logger
    let cascade: Cascade
    let historian: Historian
    /// No checkpoint was there: the accounts have no past yet.
    let isFresh: Bool
    private let source: KafkaSource
    private let desk: LedgerDesk
    private let archive: LedgerArchive?
    private let delivered: [PartitionProgress]
    private let isShared: Bool
    private let deadLetters: KafkaDeadLetters?

    /// Takes the partitions over. A database that is away, or another instance's transaction, is waited for.
    /// - Parameters:
    ///   - owned: partitions of transactions that this instance scores and delivers; `nil`: all. It reads the
    ///     others too, because what it knows of counterparts comes from all.
    ///   - patience: how long a database that was not reached yet is waited for; `nil` has no end.
    ///   - stop: ends the waiting.
    /// - Throws: also `StopRequest.Heeded`.
    init(
        _ settings: Settings, logger: Logger, extent: KafkaSource.Extent, owned: [Int32]? = nil,
        patience first: Duration? = LedgerPatience.firstContact, stop: StopRequest = StopRequest()
    ) throws {
        self.settings = settings
        self.logger = logger
        cascade = try settings.loadCascade()
        let job = settings[.job]
        let patience = LedgerPatience(stop: stop, logger: logger)
        let ledger = try patience.keepTrying("the start", atMost: first) { [cascade] in
            let ledger = try settings.openLedger()
            try ledger.begin(job: job, kind: .live, cascade: cascade)
            return ledger
        }
        let kafka = settings.kafka(logger)
        source = try KafkaSource(
            kafka, group: "vigie-\(job)", transactionsTopic: settings[.transactionsTopic],
            labelsTopic: settings.optional(.labelsTopic), extent: extent, stop: stop,
            log: { logger.warning("\($0)") })
        let clusterID = try source.clusterID()
        let started = ContinuousClock.now
        let takeover = try patience.keepTrying("the claim") { [source, cascade] in
            try Takeover(
                settings, ledger, cascade: cascade, all: source.allPartitions, owned: owned,
                clusterID: clusterID)
        }
        Failpoint.afterRestore.reach()
        let restoreSeconds = (ContinuousClock.now - started) / .seconds(1)
        let (topic, claimed) = (settings[.transactionsTopic], takeover.claimed)
        historian = takeover.historian
        isFresh = takeover.isFresh
        archive = takeover.archive
        isShared = owned != nil
        delivered = source.allPartitions.flatMap { name, numbers in
            numbers.map { number in
                let claim = claimed.first { $0.topic == name && $0.partition == number }
                return PartitionProgress(
                    topic: name, partition: number, nextOffset: claim?.deliveredOffset ?? .max)
            }
        }
        try source.begin(at: takeover.progress)
        desk = LedgerDesk(ledger, job: job, topic: topic, claimed: claimed)
        deadLetters = try settings.optional(.deadLettersTopic).map {
            try KafkaDeadLetters(kafka, topic: $0)
        }
        logger.info(
            "starting",
            metadata: [
                "job": "\(job)", "partitions": "\(claimed.count)", "cascade": "\(cascade.name)",
                "accounts": "\(historian.accountCount)",
                "restore_seconds": "\(Figure.fixed(restoreSeconds, 2))",
                "brokers": "\(settings[.bootstrapServers])",
            ])
    }

    /// Replaces the cascade of the running pipeline when its files change, and writes that down.
    func watchCascade(of pipeline: Pipeline, logger: Logger) -> CascadeWatch {
        CascadeWatch(pipeline.cascades, path: settings[.cascade], logger: logger) { [settings] cascade in
            let ledger = try settings.openLedger()
            defer { ledger.close() }
            try ledger.record(cascade, ofJob: settings[.job])
        }
    }

    /// How many records wait at the broker; from any thread.
    var askWaiting: @Sendable () -> Readiness.Answer {
        { [source] in source.askWaiting() }
    }

    /// - Parameter observed: puts another desk before the ledger's, for measurements.
    func pipeline(
        _ configuration: Pipeline.Configuration,
        observed: (any DeliveryDesk) -> any DeliveryDesk = { $0 }
    ) throws -> Pipeline {
        var configuration = configuration
        configuration.keepsDeadlines = true
        configuration.keepsLabels = archive != nil
        configuration.isShared = isShared
        configuration.delivered = delivered
        return Pipeline(
            configuration, input: .stream(source), cascade: cascade, desk: observed(desk),
            archive: archive,
            publisher: deadLetters, report: { [logger] in logger.warning("\($0)") })
    }
}

extension Settings {
    func pipeline() throws(UsageError) -> Pipeline.Configuration {
        var configuration = Pipeline.Configuration()
        configuration.batchCapacity = try count(.batch, in: 1...65_536)
        configuration.workers = try count(.workers, in: 1...256)
        configuration.checkpointInterval = .seconds(try number(.checkpointSeconds, in: 0.1...86_400))
        configuration.keepsDecisions = try flag(.decisions)
        configuration.poisonLimit = try number(.poisonLimit, in: 0...1)
        configuration.drainDeadline = .seconds(try number(.drainSeconds, in: 0.1...3600))
        return configuration
    }
}

/// What happened before the stream begins.
enum Past {
    /// Reads a history file into the state, with the labels that its mapping names.
    /// - Returns: transactions read.
    static func walk(_ path: String, through historian: Historian, intake: consuming Intake) throws -> Int {
        var row = FactRow()
        var count = 0
        try intake.readFile(path: path, latest: .present) { _, outcome in
            guard case .transaction(let transaction, let label) = outcome else { return }
            if let label { historian.learn(label) }
            historian.read(transaction, partition: StatePiece.shared, into: &row)
            count += 1
        }
        return count
    }

    /// Reads labels; facts use each only from the moment at which it was known.
    /// - Returns: labels read.
    static func learn(
        _ path: String, mapping: String?, into historian: Historian, _ settings: Settings
    ) throws -> Int {
        var count = 0
        if let mapping {
            var intake = try settings.intake(mapping: mapping)
            try intake.readFile(path: path, latest: .present) { _, outcome in
                guard case .transaction(_, let label?) = outcome else { return }
                historian.learn(label)
                count += 1
            }
        } else {
            var reader = try settings.labelReader()
            try reader.readFile(path: path, latest: .present) { _, outcome in
                guard case .label(let label) = outcome else { return }
                historian.learn(label)
                count += 1
            }
        }
        return count
    }
}
