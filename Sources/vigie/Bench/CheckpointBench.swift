import Banking
import Foundation
import History
import Intake
import Ledger
import Pipeline
import RiskModels

/// Checkpoints of many accounts: what they cost while records flow, and what they give after a crash. No
/// Kafka: records come from memory, so that the database and the history have the machine to themselves.
///
/// Each run is a life of its own, as after a start of the program: a fresh history, restored from the last
/// checkpoint. Runs without checkpoints deliver under another job, so that the stream does not move on.
struct CheckpointBench: Encodable {
    var benchmark = "checkpoint"
    var machine = BenchReport.Machine()
    var command = CommandLine.arguments.dropFirst().joined(separator: " ")
    var accounts: Int
    var counterparts = 0
    /// The first checkpoint holds everything.
    var firstCheckpointMegabytes = 0.0
    var firstCheckpointSeconds = 0.0
    /// At full speed, the same records.
    var without = Run()
    var with = Run()
    /// Offered at a fixed rate.
    var pacedWithout = Run()
    var pacedWith = Run()
    /// State kept in the database when the crash comes.
    var keptMegabytes = 0.0
    var restoreSeconds = 0.0
    /// Records between the checkpoint and the crash, read again.
    var readAgain: Int64 = 0
    /// From the start of the program's work to the delivery of everything that was offered.
    var caughtUpSeconds = 0.0
    /// The same to the end of the checkpoint after it.
    var restartSeconds = 0.0

    struct Run: Encodable {
        var transactions = 0
        var transactionsPerSecond = 0.0
        var checkpoints: Int64 = 0
        var megabytesPerCheckpoint = 0.0
        var secondsPerCheckpoint = 0.0
        /// The longest time that the historian spent on a checkpoint between two batches.
        var longestPauseMilliseconds = 0.0
        var alerts: Int64 = 0
        var alertLatencyMilliseconds = RunReport.Latency(LatencyHistogram())
    }

    private static let job = "bench"
    private static let partitions: Int32 = 4

    /// - Parameters:
    ///   - rate: transactions a second of the paced runs.
    init(accounts: Int, transactions: Int, rate: Double, workers: Int, cascade: String?) throws {
        self.accounts = accounts
        let folder = URL(filePath: FileManager.default.currentDirectoryPath).appending(path: ".build/bench")
        let services = try LocalServices(folder: folder, topics: ["unused:1"], database: "vigie_checkpoint")
        defer { services.stop() }
        let key = folder.appending(path: "key").path
        try? FileManager.default.removeItem(atPath: key)
        let path = try cascade ?? Shipped.folder("models").appending(path: "demo/cascade.yaml").path
        let settings = try Settings(
            file: nil, environment: [:],
            overrides: [
                "postgres.url=\(services.conninfo)", "model.cascade=\(path)", "intake.key_file=\(key)",
                "log.level=warning",
            ])
        func life(_ job: String = Self.job) throws -> CheckpointStage {
            try CheckpointStage(
                settings, accounts: accounts, workers: workers, job: job, stateOf: Self.job,
                partitions: Self.partitions)
        }
        say("filling \(Figure.count(Int64(accounts))) accounts")
        let filling = try life()
        let fill = try filling.run(accounts, isScored: false).totals
        firstCheckpointMegabytes = Double(fill.checkpointBytes) / 1e6
        firstCheckpointSeconds = Double(fill.checkpointMicroseconds) / 1e6
        counterparts = filling.historian.counterpartCount
        say("full speed, without and with checkpoints")
        without = try life("without").restored().measure(transactions, hasCheckpoints: false)
        with = try life().restored().measure(transactions, hasCheckpoints: true)
        say("\(Figure.count(Int64(rate))) a second, without and with checkpoints")
        pacedWithout = try life("paced").restored()
            .measure(Int(rate * 20), hasCheckpoints: false, rate: rate)
        pacedWith = try life().restored().measure(Int(rate * 25), hasCheckpoints: true, rate: rate)
        say("crash and restart")
        let dying = try life().restored()
        try dying.crash(after: Int(rate * 20), rate: rate)
        let restart = try life()
        keptMegabytes = try restart.keptMegabytes()
        let started = ContinuousClock.now
        restoreSeconds = try measured { try restart.restore() }
        let again = try restart.run(dying.next - restart.next)
        readAgain = again.totals.received
        caughtUpSeconds = restoreSeconds + again.seconds
        restartSeconds = (ContinuousClock.now - started) / .seconds(1)
    }

    var text: String {
        func line(_ name: String, _ run: Run) -> String {
            "  \(name): \(Figure.count(Int64(run.transactionsPerSecond)))/s, \(run.checkpoints) checkpoints "
                + "of \(Figure.fixed(run.megabytesPerCheckpoint, 0)) MB in "
                + "\(Figure.fixed(run.secondsPerCheckpoint, 2)) s, longest pause "
                + "\(Figure.fixed(run.longestPauseMilliseconds, 2)) ms, \(run.alerts) alerts p50 "
                + "\(Figure.fixed(run.alertLatencyMilliseconds.p50, 2)) p99 "
                + "\(Figure.fixed(run.alertLatencyMilliseconds.p99, 2)) ms"
        }
        return """
            checkpoint: \(Figure.count(Int64(accounts))) accounts, \(counterparts) counterparts; the first \
            holds \(Figure.fixed(firstCheckpointMegabytes, 0)) MB and takes \
            \(Figure.fixed(firstCheckpointSeconds, 2)) s
            \(line("full speed without", without))
            \(line("full speed with", with)), ratio \
            \(Figure.fixed(with.transactionsPerSecond / max(without.transactionsPerSecond, 1), 3))
            \(line("paced without", pacedWithout))
            \(line("paced with", pacedWith))
              crash: \(Figure.fixed(keptMegabytes, 0)) MB restored in \(Figure.fixed(restoreSeconds, 2)) s, \
            \(Figure.count(readAgain)) records read again, caught up after \
            \(Figure.fixed(caughtUpSeconds, 2)) s, with the next checkpoint after \
            \(Figure.fixed(restartSeconds, 2)) s
            """
    }
}

/// A job over records from memory: its state, its place in the stream, its owner's right to write.
private final class CheckpointStage {
    private(set) var historian: Historian
    private(set) var next = 0
    private var delivered: [PartitionProgress] = []
    private let settings: Settings
    private let cascade: Cascade
    private let accounts: Int
    private let workers: Int
    private let job: String
    /// The job whose checkpoints it starts from.
    private let stateJob: String
    private let claimed: [PartitionClaim]

    init(
        _ settings: Settings, accounts: Int, workers: Int, job: String, stateOf stateJob: String,
        partitions: Int32
    ) throws {
        self.settings = settings
        self.accounts = accounts
        self.workers = workers
        self.job = job
        self.stateJob = stateJob
        cascade = try settings.loadCascade()
        historian = Historian(configuration: cascade.history)
        let ledger = try settings.openLedger()
        try ledger.begin(job: job, kind: .live, cascade: cascade)
        claimed = try ledger.claim(
            job: job, topic: BenchSource.topic, partitions: Array(0..<partitions), clusterID: "memory",
            cascade: cascade.identity)
        delivered = claimed.map {
            PartitionProgress(topic: $0.topic, partition: $0.partition, nextOffset: $0.deliveredOffset)
        }
    }

    /// Reads the state of the last checkpoint, as a program that starts.
    func restore() throws {
        let progress = try LedgerArchive.restore(
            historian, settings.openLedger(), job: stateJob, topic: BenchSource.topic,
            partitions: claimed.map(\.partition)
        ).progress
        // Record i stands in partition i % n at offset i / n: the stream goes on at the lowest one.
        next = progress.map { Int($0.nextOffset) * claimed.count + Int($0.partition) }.min() ?? 0
    }

    func restored() throws -> CheckpointStage {
        try restore()
        return self
    }

    func keptMegabytes() throws -> Double {
        var bytes = 0
        let partitions = claimed.map(\.partition) + [StatePiece.shared]
        let ledger = try settings.openLedger()
        try ledger.forEachPiece(job: stateJob, topic: BenchSource.topic, partitions: partitions) {
            bytes += $0.count
        }
        return Double(bytes) / 1e6
    }

    func measure(_ count: Int, hasCheckpoints: Bool, rate: Double? = nil) throws -> CheckpointBench.Run {
        let (totals, seconds) = try run(count, hasCheckpoints: hasCheckpoints, rate: rate)
        var run = CheckpointBench.Run()
        run.transactions = count
        run.transactionsPerSecond = Double(count) / seconds
        run.checkpoints = totals.checkpoints
        run.megabytesPerCheckpoint = Double(totals.checkpointBytes) / 1e6 / Double(max(totals.checkpoints, 1))
        run.secondsPerCheckpoint =
            Double(totals.checkpointMicroseconds) / 1e6 / Double(max(totals.checkpoints, 1))
        run.longestPauseMilliseconds = Double(totals.longestPauseMicroseconds) / 1000
        run.alerts = totals.alerts
        run.alertLatencyMilliseconds = RunReport.Latency(totals.alertLatency)
        return run
    }

    /// - Returns: also the seconds until the last record was delivered, before the last checkpoint.
    @discardableResult
    func run(
        _ count: Int, hasCheckpoints: Bool = true, isScored: Bool = true, rate: Double? = nil
    ) throws -> (totals: PipelineStatistics.Snapshot, seconds: Double) {
        defer { next += count }
        let pipeline = try pipeline(
            count, archive: hasCheckpoints ? archive() : nil, isScored: isScored, rate: rate)
        let totals = try pipeline.run(
            intake: try settings.intake(), labelReader: try settings.labelReader(), historian: historian)
        return (totals, Double(totals.deliveredMicroseconds) / 1e6)
    }

    /// Runs until the records are delivered and gives up without a last checkpoint.
    func crash(after count: Int, rate: Double) throws {
        guard let archive = try archive() else { return }
        let pipeline = try pipeline(
            count, archive: DyingArchive(archive, last: 1), isScored: true, rate: rate)
        let intake = try settings.intake()
        let labelReader = try settings.labelReader()
        do throws(PipelineError) {
            _ = try pipeline.run(intake: intake, labelReader: labelReader, historian: historian)
        } catch {
            guard error.code == .drainDeadline else { throw error }
            next += count
        }
    }

    private func archive() throws -> LedgerArchive? {
        try LedgerArchive(settings.openLedger(), job: job, topic: BenchSource.topic,
            partitions: claimed.map(\.partition), claimed: claimed)
    }

    private func pipeline(
        _ count: Int, archive: (any ArchiveDesk)?, isScored: Bool, rate: Double?
    ) throws -> Pipeline {
        var configuration = try settings.pipeline()
        configuration.workers = workers
        configuration.drainDeadline = .seconds(120)
        if archive is DyingArchive { configuration.drainDeadline = .seconds(1) }
        configuration.delivered = delivered
        if !isScored { configuration.scoresFrom = Timestamp(year: 2100, month: 1, day: 1) }
        let source = BenchSource(
            next..<next + count, accounts: accounts, partitions: claimed.count, rate: rate)
        return Pipeline(
            configuration, input: .stream(source), cascade: cascade,
            desk: LedgerDesk(
                try settings.openLedger(), job: job, topic: BenchSource.topic, claimed: claimed),
            archive: archive, publisher: nil, report: { say($0) })
    }
}

/// Keeps a few checkpoints and then no more, as a program that is about to die.
private final class DyingArchive: ArchiveDesk, @unchecked Sendable {
    // SAFETY: used from the archivist thread alone.
    private let archive: LedgerArchive
    private var left: Int

    init(_ archive: LedgerArchive, last: Int) {
        self.archive = archive
        left = last
    }

    func store(_ piece: StatePiece, number: UInt32) throws(DeliveryFault) -> Int {
        if left == 0 { throw .passing("dying") }
        return try archive.store(piece, number: number)
    }

    func commit(_ checkpoint: Checkpoint) throws(DeliveryFault) {
        if left == 0 { throw .passing("dying") }
        left -= 1
        try archive.commit(checkpoint)
    }
}
