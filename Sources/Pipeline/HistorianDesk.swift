import Banking
import History

/// The historian thread: owns all streaming state and turns transactions into facts, in order.
struct HistorianDesk {
    let historian: Historian
    let received: BoundedQueue<TransactionBatch>
    let ready: BoundedQueue<TransactionBatch>
    /// `nil` takes no checkpoints.
    let checkpointInterval: Duration?
    /// Earlier transactions only make history; `nil` scores all.
    let scoresFrom: Timestamp?
    private var lastCheckpointAt = clock.now
    private var lastCheckpointNanoseconds: Int64 = 0

    init(
        historian: Historian, received: BoundedQueue<TransactionBatch>,
        ready: BoundedQueue<TransactionBatch>, checkpointInterval: Duration?, scoresFrom: Timestamp?
    ) {
        self.historian = historian
        self.received = received
        self.ready = ready
        self.checkpointInterval = checkpointInterval
        self.scoresFrom = scoresFrom
    }

    /// Works until `received` is closed and empty, then sends one more, empty batch with a checkpoint.
    mutating func run() {
        defer { ready.close() }
        let closing = TransactionBatch(capacity: 1)
        while let batch = received.receive() {
            read(batch)
            checkpointIfDue(batch)
            closing.sequence = batch.sequence + 1
            closing.progress = batch.progress
            ready.send(batch)
        }
        checkpoint(closing)
        ready.send(closing)
    }

    private mutating func read(_ batch: TransactionBatch) {
        for label in batch.labels { historian.learn(label) }
        var row = FactRow()
        for index in batch.arrivals.indices {
            let partition = batch.arrivals[index].partition
            switch historian.read(batch.arrivals[index].transaction, partition: partition, into: &row) {
            case .duplicate:
                batch.duplicateCount += 1
                continue
            case .late:
                batch.lateCount += 1
            case .counted:
                break
            }
            if let scoresFrom, batch.arrivals[index].transaction.effectiveAt < scoresFrom { continue }
            batch.rows.append(row)
            batch.rowArrivals.append(Int32(index))
        }
    }

    /// The interval stretches so that saving takes at most a twentieth of the time.
    private mutating func checkpointIfDue(_ batch: TransactionBatch) {
        guard let checkpointInterval else { return }
        let interval = Int64(checkpointInterval / .nanoseconds(1))
        let due = lastCheckpointAt + max(interval, 20 * lastCheckpointNanoseconds)
        if clock.now >= due { checkpoint(batch) }
    }

    private mutating func checkpoint(_ batch: TransactionBatch) {
        guard checkpointInterval != nil, !batch.progress.isEmpty else { return }
        let start = clock.now
        batch.checkpointState = historian.save()
        lastCheckpointAt = clock.now
        lastCheckpointNanoseconds = lastCheckpointAt - start
    }
}
