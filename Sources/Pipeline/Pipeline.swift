import Banking
import Descriptions
import History
import Intake
import RiskModels

/// The way of a stream: source → intake → history → description → verdict → delivery.
///
/// Five kinds of threads hand batches to each other over bounded queues: the poll thread (`Reception`), the
/// historian (`HistorianDesk`), workers that score (`ScoringDesk`), others that write alerts with their
/// reasons (`ExplainingDesk`), and the clerk (`Clerk`). A sixth, the archivist (`Archivist`), stores
/// checkpoints of the historian's state. A fixed number of batches
/// circulates; that bounds the memory whatever the source sends and however long the database is away.
public final class Pipeline: Sendable {
    public struct Configuration: Sendable {
        /// Most transactions of one batch.
        public var batchCapacity = 1024
        /// Batches in circulation: `batchCapacity × batches` records are in flight at most.
        public var batches = 12
        /// Threads that describe and score, and as many that explain alerts.
        public var workers = 1
        /// How often state and progress are made durable, where there is an archive.
        public var checkpointInterval = Duration.seconds(10)
        /// Records before these offsets were delivered before, or are another instance's to score: they
        /// make history and are not scored.
        public var delivered: [PartitionProgress] = []
        /// Other instances share the topic: progress is committed also where nothing alerts, and the last
        /// checkpoint, which waits for all of them, is tried once.
        public var isShared = false
        /// Transactions before this moment make history and are not scored; `nil` scores all.
        public var scoresFrom: Timestamp?
        /// Event time per real time, above 0; `nil` reads at full speed.
        public var speed: Double?
        /// Keeps every score, not only alerts.
        public var keepsDecisions = false
        /// Keeps the labels that came with the stream.
        public var keepsLabels = false
        /// Honours the deadlines of the cascade's bricks. A replay reads with every brick.
        public var keepsDeadlines = false
        /// Share of rejected records, over 1,000, above which the pipeline stops.
        public var poisonLimit = 0.5
        /// How long what was taken may take to become durable after `stop`.
        public var drainDeadline = Duration.seconds(20)

        public init() {}
    }

    /// What goes in.
    public enum Input: Sendable {
        case stream(any RecordSource)
        case file(HistoryFile)

        public var topics: [SourceTopic] {
            switch self {
            case .stream(let source): source.topics
            case .file(let file): [SourceTopic(name: file.name, content: .transactions)]
            }
        }
    }

    private let configuration: Configuration
    private let input: Input
    /// What batches are scored with; it may be replaced while the pipeline runs.
    public let cascades: CascadeSlot
    private let desk: any DeliveryDesk
    private let archiveDesk: (any ArchiveDesk)?
    private let publisher: (any DeadLetterPublisher)?
    private let report: @Sendable (String) -> Void
    private let stopSwitch = StopSwitch()

    public let statistics = PipelineStatistics()

    /// - Parameters:
    ///   - archive: where checkpoints go; `nil` takes none.
    ///   - report: receives one line about each passing fault, for the log.
    public init(
        _ configuration: Configuration, input: Input, cascade: Cascade,
        desk: any DeliveryDesk, archive: (any ArchiveDesk)?, publisher: (any DeadLetterPublisher)?,
        report: @escaping @Sendable (String) -> Void
    ) {
        self.configuration = configuration
        self.input = input
        cascades = CascadeSlot(cascade)
        self.desk = desk
        archiveDesk = archive
        self.publisher = publisher
        self.report = report
    }

    /// Runs until the source ends or `stop` is called, and blocks the calling thread meanwhile.
    ///
    /// - Parameters:
    ///   - historian: the state to go on from; it matches the offsets at which `source` starts.
    /// - Throws: `PipelineError`; what was not durable then is derived again at the next start.
    /// - Returns: the totals, and the state at the end.
    @discardableResult
    public func run(
        intake: consuming Intake, labelReader: consuming LabelReader, historian: Historian
    ) throws(PipelineError) -> PipelineStatistics.Snapshot {
        let batches = configuration.batches
        let pool = BoundedQueue<TransactionBatch>(capacity: batches + 1)
        for _ in 0..<batches { pool.send(TransactionBatch(capacity: configuration.batchCapacity)) }
        let received = BoundedQueue<TransactionBatch>(capacity: batches + 1)
        let ready = BoundedQueue<TransactionBatch>(capacity: batches + 1)
        let finished = BoundedQueue<TransactionBatch>(capacity: batches + 1)
        let progress = DurableProgress()
        let archive = Archive()
        let mark = DeliveryMark()

        let assembly = BatchAssembly(
            topics: input.topics, pool: pool, received: received, statistics: statistics,
            poison: PoisonGuard(limit: configuration.poisonLimit))
        let receive = reception(
            intake: intake, labelReader: labelReader, assembly: assembly, progress: progress)
        let historianDesk = HandOver(
            HistorianDesk(
                historian: historian, received: received, ready: ready, cascades: cascades,
                checkpointer: archiveDesk.map { _ in
                    Checkpointer(
                        historian: historian, archive: archive, interval: configuration.checkpointInterval,
                        lastTries: configuration.isShared ? 1 : nil, statistics: statistics,
                        stopSwitch: stopSwitch)
                },
                scoresFrom: configuration.scoresFrom, delivered: configuration.delivered,
                topic: input.topics[0].name))
        let clerk = HandOver(
            Clerk(
                finished: finished, pool: pool, desk: desk, publisher: publisher, statistics: statistics,
                stopSwitch: stopSwitch, durableProgress: progress, mark: mark,
                cascadeIdentity: cascades.current.identity, keepsLabels: configuration.keepsLabels,
                progressInterval: configuration.isShared ? .seconds(1) : nil, report: report))
        let archivist = archiveDesk.map {
            Archivist(
                archive: archive, desk: $0, delivered: mark, statistics: statistics, stopSwitch: stopSwitch,
                report: report)
        }

        let pollThread = PipelineThread(name: "vigie-poll") { [stopSwitch] in
            receive(stopSwitch)
            received.close()
        }
        let historianThread = PipelineThread(name: "vigie-historian") { historianDesk.value.run() }
        let crew = ScoringCrew(
            cascade: cascades.current, configuration: configuration, topics: input.topics.map(\.name),
            ready: ready, finished: finished)
        let clerkThread = PipelineThread(name: "vigie-clerk") {
            clerk.value.run()
            // An abandoned pipeline still has to let go of the threads before it.
            while let batch = finished.receive() { pool.send(batch) }
        }
        let archivistThread = archivist.map { archivist in
            PipelineThread(name: "vigie-archivist") { archivist.run() }
        }
        pollThread.join()
        let drain = DrainWatch(deadline: configuration.drainDeadline, stopSwitch: stopSwitch)
        crew.join()
        clerkThread.join()
        historianThread.join()
        archivistThread?.join()
        drain.end()
        if case .stream(let source) = input, let progress = progress.take() {
            source.report(progress: progress)
        }
        if let error = stopSwitch.error { throw error }
        return statistics.snapshot
    }

    /// Takes no more records; what was taken is made durable within the drain deadline. From any thread.
    public func stop() { stopSwitch.stop() }

    /// The body of the poll thread.
    private func reception(
        intake: consuming Intake, labelReader: consuming LabelReader, assembly: BatchAssembly,
        progress: DurableProgress
    ) -> @Sendable (StopSwitch) -> Void {
        let work: @Sendable () throws -> Void
        let pace = configuration.speed.map { Pace(speed: $0) }
        switch input {
        case .stream(let source):
            let reception = Reception(
                source: source, intake: intake, labelReader: labelReader, assembly: assembly,
                statistics: statistics, stopSwitch: stopSwitch, durableProgress: progress, pace: pace)
            work = { try reception.run() }
        case .file(let file):
            let reception = FileReception(
                file: file, intake: intake, assembly: assembly, stopSwitch: stopSwitch, pace: pace)
            work = { try reception.run() }
        }
        return { stopSwitch in
            do {
                try work()
            } catch let error as PipelineError {
                stopSwitch.stop(because: error)
            } catch {
                let code: PipelineError.Code = error is IntakeError ? .unreadable : .source
                let cause = "\(error)"
                stopSwitch.stop(because: PipelineError(code: code, operation: "read", cause: cause))
            }
        }
    }
}

/// Abandons the pipeline when draining takes longer than its deadline.
private final class DrainWatch: Sendable {
    private let ended = BoundedQueue<Bool>(capacity: 1)
    private let thread: PipelineThread

    init(deadline: Duration, stopSwitch: StopSwitch) {
        thread = PipelineThread(name: "vigie-drain") { [ended] in
            guard ended.receive(within: deadline) == nil else { return }
            stopSwitch.abandon(
                because: PipelineError(
                    code: .drainDeadline, operation: "drain",
                    cause:
                        "the last rows were not durable after \(deadline); "
                        + "they are derived again at the next start"
                ))
        }
    }

    func end() {
        ended.send(true)
        thread.join()
    }
}
