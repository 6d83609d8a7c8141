import Banking
import Foundation
import History
import Intake
import KafkaClient
import Ledger
import Logging
import Pipeline
import RiskModels
import Synchronization

/// The whole way on one machine: broker process, PostgreSQL, producer and service share its cores.
struct EndToEndBench {
    let transactions: Int
    let cascade: String?
    let rate: Double?
    let partitions: Int
    let workers: Int
    /// Transactions that are history when the stream begins.
    let history: Int
    /// Most transactions of one batch; `nil` for the default.
    let batch: Int?

    func run() throws -> BenchReport {
        let folder = URL(filePath: FileManager.default.currentDirectoryPath).appending(path: ".build/bench")
        say("simulating \(Figure.count(Int64(history + transactions))) transactions")
        let records = SimulatedRecords(count: history + transactions)
        let streamed = records.count - history
        let services = try LocalServices(
            folder: folder, topics: ["transactions:\(partitions)", "transactions.dlq:1"],
            database: "vigie_bench")
        defer { services.stop() }
        let key = folder.appending(path: "key").path
        try? FileManager.default.removeItem(atPath: key)
        let path = try cascade ?? Shipped.folder("models").appending(path: "demo/cascade.yaml").path
        let settings = try Settings(
            file: nil, environment: [:],
            overrides: [
                "kafka.bootstrap_servers=\(services.bootstrapServers)", "kafka.topics.labels=",
                "postgres.url=\(services.conninfo)", "model.cascade=\(path)", "intake.key_file=\(key)",
                "pipeline.job=bench", "pipeline.workers=\(workers)", "log.level=warning",
            ] + (batch.map { ["pipeline.batch=\($0)"] } ?? []))
        let logger = try settings.logger()
        let service = try LiveService(settings, logger: logger, extent: .live)
        let plan = BenchPlan(records, from: history, rate: rate)
        var desk: BenchDesk?
        let pipeline = try service.pipeline(try settings.pipeline()) { ledgerDesk in
            let observing = BenchDesk(ledgerDesk, plan: plan)
            desk = observing
            return observing
        }
        try live(records, through: service.historian, settings)
        let sender = BenchSender(
            settings, records: records, from: history, pipeline: pipeline, rate: rate, plan: plan,
            logger: logger)
        let view = LiveView(pipeline.statistics)
        sender.start()
        let started = ContinuousClock.now
        let finished = Mutex<ContinuousClock.Instant?>(nil)
        let watcher = Thread {
            while pipeline.statistics.settled < Int64(streamed), sender.error == nil { usleep(2_000) }
            finished.withLock { $0 = .now }
            pipeline.stop()
        }
        watcher.start()
        let totals = try pipeline.run(
            intake: try settings.intake(), labelReader: try settings.labelReader(),
            historian: service.historian)
        view.end()
        if let error = sender.error { throw error }
        let seconds = ((finished.withLock { $0 } ?? .now) - started) / .seconds(1)
        let ledger = try settings.openLedger(as: nil)
        let rows = try ledger.counts(job: "bench").alerts
        guard rows == Int(totals.alertsInserted) else {
            throw UsageError("\(totals.alertsInserted) alerts were delivered, the table has \(rows)")
        }
        var report = BenchReport(
            "end-to-end", transactions: streamed, seconds: seconds,
            hash: UInt64(totals.alerts) << 32 | UInt64(totals.scored))
        report.latencyMilliseconds = RunReport.Latency(totals.latency)
        report.alertLatencyMilliseconds = RunReport.Latency(totals.alertLatency)
        report.alerts = totals.alerts
        report.offeredPerSecond = rate
        if rate != nil { report.alertLatencyFromDueMilliseconds = desk.map { RunReport.Latency($0.latency) } }
        report.alertStagesMilliseconds = Stage.allCases.map {
            BenchReport.StageLatency(stage: "\($0)", latency: RunReport.Latency(totals.stages[$0.rawValue]))
        }
        return report
    }

    /// Lets the first transactions pass into the state, so that accounts have a past.
    private func live(
        _ records: SimulatedRecords, through historian: Historian, _ settings: Settings
    ) throws {
        var intake = try settings.intake()
        var transaction = Transaction()
        var row = FactRow()
        for index in 0..<history {
            let rejection = records.withRecord(index) {
                intake.read($0, observedAt: records.times[index], into: &transaction)
            }
            if rejection == nil { historian.read(transaction, partition: 0, into: &row) }
        }
    }
}

/// Sends the records from a thread of its own, at most 40,000 ahead of what is scored.
private final class BenchSender: @unchecked Sendable {
    // SAFETY: `failure` is guarded; the rest is used by the sending thread alone.
    private let settings: Settings
    private let records: SimulatedRecords
    private let first: Int
    private let pipeline: Pipeline
    private let rate: Double?
    private let plan: BenchPlan
    private let logger: Logger
    private let failure = Mutex<(any Error)?>(nil)

    init(
        _ settings: Settings, records: SimulatedRecords, from first: Int, pipeline: Pipeline, rate: Double?,
        plan: BenchPlan, logger: Logger
    ) {
        self.settings = settings
        self.records = records
        self.first = first
        self.pipeline = pipeline
        self.rate = rate
        self.plan = plan
        self.logger = logger
    }

    var error: (any Error)? { failure.withLock { $0 } }

    func start() {
        Thread { [self] in
            do {
                try send()
            } catch {
                failure.withLock { $0 = error }
            }
        }.start()
    }

    private func send() throws {
        let producer = try Producer(settings.kafka(logger))
        let topic = try producer.topic(settings[.transactionsTopic])
        // A rate is kept in small steps: a burst would be a queue of the benchmark's own.
        let mask = rate == nil ? 255 : 7
        let started = plan.start()
        try records.bytes.withUnsafeBytes { bytes in
            for index in first..<records.count {
                if (index - first) & mask == 0 { keepStep(index - first, started, producer) }
                var key = records.accounts[index]
                let range = records.starts[index]..<records.starts[index + 1]
                try withUnsafeBytes(of: &key) { key in
                    try producer.produce(
                        to: topic, key: key, payload: UnsafeRawBufferPointer(rebasing: bytes[range]),
                        timestampMilliseconds: records.times[index].milliseconds)
                }
            }
        }
        try producer.flush(timeout: .seconds(60))
    }

    private func keepStep(_ index: Int, _ started: ContinuousClock.Instant, _ producer: Producer) {
        if let rate {
            while Double(index) > rate * ((ContinuousClock.now - started) / .seconds(1)) {
                producer.poll(timeout: .milliseconds(1))
            }
        }
        while index - Int(pipeline.statistics.settled) > 40_000 {
            producer.poll(timeout: .milliseconds(1))
        }
    }
}
