import Banking

/// Fills batches on the poll thread and sends them on, for streams and files alike.
final class BatchAssembly {
    private let pool: BoundedQueue<TransactionBatch>
    private let received: BoundedQueue<TransactionBatch>
    private let statistics: PipelineStatistics
    private var poison: PoisonGuard
    private var poisoned = false
    private var receivedCount: Int64 = 0
    private var progress: [PartitionProgress] = []
    /// Place in `progress` by topic (outer index) and partition.
    private var places: [[Int32: Int]]
    private let topics: [SourceTopic]
    /// The batch that is being filled.
    private(set) var batch: TransactionBatch?

    init(
        topics: [SourceTopic], pool: BoundedQueue<TransactionBatch>,
        received: BoundedQueue<TransactionBatch>, statistics: PipelineStatistics, poison: PoisonGuard
    ) {
        self.topics = topics
        self.pool = pool
        self.received = received
        self.statistics = statistics
        self.poison = poison
        places = Array(repeating: [:], count: topics.count)
    }

    var isFull: Bool { room == 0 }

    /// Records that the batch still takes.
    var room: Int { batch.map { $0.capacity - Int(receivedCount) } ?? 0 }

    /// Nothing was taken into the batch yet.
    var isEmpty: Bool { receivedCount == 0 }

    /// The historian has nothing else to do.
    var isAwaited: Bool { received.count == 0 }

    /// Waits until the historian has nothing else to do.
    func waitUntilAwaited(within timeout: Duration) { received.waitUntilEmpty(within: timeout) }

    /// Takes an empty batch unless there is one already. `false` when none came back within the time.
    func begin(within timeout: Duration) -> Bool {
        if batch == nil { batch = timeout == .zero ? pool.receiveNow() : pool.receive(within: timeout) }
        return batch != nil
    }

    /// Notes that a record was taken; every record passes here once, in order of its partition.
    func advance(topic: Int, partition: Int32, offset: Int64) {
        receivedCount += 1
        if let place = places[topic][partition] {
            progress[place].nextOffset = offset + 1
        } else {
            places[topic][partition] = progress.count
            progress.append(
                PartitionProgress(topic: topics[topic].name, partition: partition, nextOffset: offset + 1))
        }
    }

    /// Adds a rejected record.
    func reject(_ rejected: RejectedRecord) {
        batch?.rejected.append(rejected)
        count(isRejected: true)
    }

    /// Counts one record towards the poison limit.
    func count(isRejected: Bool) {
        if poison.count(isRejected: isRejected) { poisoned = true }
    }

    /// Sends the batch on if anything was taken.
    /// - Throws: `PipelineError` when too many records were rejected; the batch is sent on all the same.
    func send() throws(PipelineError) {
        guard let full = batch, receivedCount > 0 else { return }
        batch = nil
        full.progress = progress
        full.receivedCount = receivedCount
        statistics.update { totals in
            totals.received += receivedCount
            if let last = full.arrivals.last {
                let time = last.transaction.effectiveAt.milliseconds
                totals.effectiveAtMilliseconds = max(totals.effectiveAtMilliseconds, time)
            }
        }
        receivedCount = 0
        full.stages.end(.gathering)
        received.send(full)
        guard poisoned else { return }
        throw PipelineError(
            code: .poisoned, operation: "read",
            cause:
                "more than \(Int(poison.limit * 100)) % of the last \(poison.window) records were rejected; "
                + "vigie.dead_letters has the reasons. Mend the stream or its mapping and start again")
    }
}
