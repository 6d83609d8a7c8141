import Banking
import History

/// The historian thread: owns all streaming state and turns transactions into facts, in order.
struct HistorianDesk {
    let historian: Historian
    let received: BoundedQueue<TransactionBatch>
    let ready: BoundedQueue<TransactionBatch>
    let cascades: CascadeSlot
    /// `nil` takes no checkpoints.
    let checkpointInterval: Duration?
    /// Earlier transactions only make history; `nil` scores all.
    let scoresFrom: Timestamp?
    private var sequence = 0
    /// After the last batch.
    private var progress: [PartitionProgress] = []
    /// Something was read since the last checkpoint.
    private var isDirty = false
    private var lastCheckpointAt = clock.now
    private var lastCheckpointNanoseconds: Int64 = 0

    init(
        historian: Historian, received: BoundedQueue<TransactionBatch>,
        ready: BoundedQueue<TransactionBatch>, cascades: CascadeSlot, checkpointInterval: Duration?,
        scoresFrom: Timestamp?
    ) {
        self.historian = historian
        self.received = received
        self.ready = ready
        self.cascades = cascades
        self.checkpointInterval = checkpointInterval
        self.scoresFrom = scoresFrom
    }

    /// Works until `received` is closed and empty; ends with a checkpoint. Closes `ready`.
    ///
    /// Batches get their place in the order of delivery here. A checkpoint that is due while nothing comes in
    /// goes out with a batch of its own.
    mutating func run() {
        defer { ready.close() }
        while !received.isFinished {
            if let batch = received.receive(within: .milliseconds(250)) {
                Failpoint.beforeFacts.reach()
                read(batch)
                Failpoint.afterFacts.reach()
                progress = batch.progress
                isDirty = true
                if isCheckpointDue { checkpoint(batch) }
                send(batch)
            } else if isDirty, isCheckpointDue {
                sendCheckpoint()
            }
        }
        if isDirty { sendCheckpoint() }
    }

    private mutating func send(_ batch: TransactionBatch) {
        batch.sequence = sequence
        batch.cascade = cascades.current
        sequence += 1
        ready.send(batch)
    }

    private mutating func sendCheckpoint() {
        guard checkpointInterval != nil else { return }
        let batch = TransactionBatch(capacity: 0)
        batch.progress = progress
        checkpoint(batch)
        send(batch)
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
    private var isCheckpointDue: Bool {
        guard let checkpointInterval else { return false }
        let interval = Int64(checkpointInterval / .nanoseconds(1))
        return clock.now >= lastCheckpointAt + max(interval, 20 * lastCheckpointNanoseconds)
    }

    private mutating func checkpoint(_ batch: TransactionBatch) {
        let start = clock.now
        batch.checkpointState = historian.save()
        isDirty = false
        lastCheckpointAt = clock.now
        lastCheckpointNanoseconds = lastCheckpointAt - start
    }
}
