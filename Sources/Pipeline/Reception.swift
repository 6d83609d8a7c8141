import Banking
import Intake

/// The poll thread of a stream: takes records from the source and makes transactions and labels of them.
///
/// A batch is whatever waits: one record on a quiet stream, `capacity` records under load. When no empty
/// batch is left, because what was taken is not durable yet, nothing is taken and the source is kept alive.
final class Reception: @unchecked Sendable {
    // SAFETY: used from the poll thread alone.

    private let source: any RecordSource
    private var intake: Intake
    private var labelReader: LabelReader
    private let assembly: BatchAssembly
    private let statistics: PipelineStatistics
    private let stopSwitch: StopSwitch
    private let durableProgress: DurableProgress
    private let topics: [SourceTopic]
    private var reportAt: Int64 = 0
    private var pace: Pace?

    init(
        source: any RecordSource, intake: consuming Intake, labelReader: consuming LabelReader,
        assembly: BatchAssembly, statistics: PipelineStatistics, stopSwitch: StopSwitch,
        durableProgress: DurableProgress, pace: Pace?
    ) {
        self.pace = pace
        self.source = source
        self.intake = intake
        self.labelReader = labelReader
        self.assembly = assembly
        self.statistics = statistics
        self.stopSwitch = stopSwitch
        self.durableProgress = durableProgress
        topics = source.topics
    }

    /// Works until the source ends or the pipeline is stopped.
    func run() throws {
        while !stopSwitch.isStopping {
            reportProgress()
            guard assembly.begin(within: .zero) else {
                try waitForRoom()
                continue
            }
            let most = pace == nil ? assembly.room : 1
            // What is taken already does not wait for more: it goes on when the historian is free.
            let patience = assembly.isEmpty ? Duration.milliseconds(20) : .zero
            let status = try source.poll(atMost: most, within: patience) { take($0) }
            if status != .idle { Failpoint.afterPoll.reach() }
            keepPace()
            if status == .idle, !assembly.isEmpty { assembly.waitUntilAwaited(within: .milliseconds(1)) }
            // While the historian is busy the batch keeps growing: few large batches instead of many small.
            if status == .end || assembly.isFull || assembly.isAwaited { try assembly.send() }
            if status == .end { return }
        }
        try assembly.send()
    }

    /// Holds the record just taken back until it is due. A paced replay takes them one by one.
    private func keepPace() {
        guard let event = assembly.batch?.arrivals.last, let due = pace?.due(event.transaction.effectiveAt)
        else { return }
        while clock.now < due, !stopSwitch.isStopping {
            stopSwitch.wait(for: .nanoseconds(min(due - clock.now, 50_000_000)))
        }
    }

    /// Passes on how far the pipeline is, five times a second at most.
    private func reportProgress() {
        guard clock.now >= reportAt else { return }
        reportAt = clock.now + 200_000_000
        let lag = source.lag()
        statistics.update { $0.lag = lag }
        if let progress = durableProgress.take() { source.report(progress: progress) }
    }

    /// Waits until a batch comes back. In a longer wait (the database is away) the source is polled without
    /// taking anything.
    private func waitForRoom() throws {
        if assembly.begin(within: .milliseconds(500)) { return }
        statistics.update { $0.isPaused = true }
        while !stopSwitch.isStopping, !assembly.begin(within: .milliseconds(20)) {
            _ = try source.poll(atMost: 0, within: .zero) { _ in }
        }
        statistics.update { $0.isPaused = false }
    }

    private func take(_ record: borrowing SourceRecord) {
        guard let batch = assembly.batch else { return }
        assembly.advance(topic: record.topic, partition: record.partition, offset: record.offset)
        let bytes = record.payload ?? UnsafeRawBufferPointer(start: nil, count: 0)
        let rejection: Rejection?
        switch topics[record.topic].content {
        case .transactions:
            batch.arrivals.append(TransactionBatch.Arrival())
            let last = batch.arrivals.count - 1
            rejection = intake.read(
                bytes, observedAt: record.observedAt, into: &batch.arrivals[last].transaction)
            if rejection == nil {
                batch.arrivals[last].topic = record.topic
                batch.arrivals[last].partition = record.partition
                batch.arrivals[last].offset = record.offset
                batch.arrivals[last].arrivedAt = clock.now
            } else {
                batch.arrivals.removeLast()
            }
        case .labels:
            var label = Label()
            rejection = labelReader.read(bytes, latest: record.observedAt, into: &label)
            if rejection == nil {
                // Known to this stream no earlier than it came in: a replay of the topic sees the same.
                label.knownAt = max(label.knownAt, record.observedAt)
                batch.labels.append(label)
            }
        }
        guard let rejection else { return assembly.count(isRejected: false) }
        let position = SourcePosition(
            topic: topics[record.topic].name, partition: record.partition, offset: record.offset)
        assembly.reject(
            Redaction.rejected(
                bytes, isTombstone: record.payload == nil, rejection: rejection, position: position,
                receivedAt: record.observedAt))
    }
}
