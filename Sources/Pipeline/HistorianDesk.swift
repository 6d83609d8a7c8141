import Banking
import History

/// The historian thread: owns all streaming state and turns transactions into facts, in order.
struct HistorianDesk {
    let historian: Historian
    let received: BoundedQueue<TransactionBatch>
    let ready: BoundedQueue<TransactionBatch>
    let cascades: CascadeSlot
    /// Earlier transactions only make history; `nil` scores all.
    let scoresFrom: Timestamp?
    /// `nil` takes no checkpoints.
    private var checkpointer: Checkpointer?
    /// Per partition: records before this offset are delivered and only make history.
    private var delivered: [Int64] = []
    /// The same of other topics, whose records are only ever rejected or learnt from.
    private let deliveredElsewhere: [PartitionProgress]
    /// The topic of the transactions.
    private let topic: String
    private var sequence = 0
    /// After the last batch.
    private var progress: [PartitionProgress] = []

    init(
        historian: Historian, received: BoundedQueue<TransactionBatch>,
        ready: BoundedQueue<TransactionBatch>, cascades: CascadeSlot, checkpointer: Checkpointer?,
        scoresFrom: Timestamp?, delivered: [PartitionProgress], topic: String
    ) {
        self.historian = historian
        self.received = received
        self.ready = ready
        self.cascades = cascades
        self.checkpointer = checkpointer
        self.scoresFrom = scoresFrom
        self.topic = topic
        deliveredElsewhere = delivered.filter { $0.topic != topic }
        for partition in delivered where partition.topic == topic && partition.partition >= 0 {
            let place = Int(partition.partition)
            while self.delivered.count <= place { self.delivered.append(0) }
            self.delivered[place] = partition.nextOffset
        }
    }

    /// Works until `received` is closed and empty; ends with a checkpoint. Closes `ready`.
    ///
    /// Batches get their place in the order of delivery here.
    mutating func run() {
        var isBusy = false
        while !received.isFinished {
            if let batch = isBusy ? received.receiveNow() : received.receive(within: .milliseconds(20)) {
                Failpoint.beforeFacts.reach()
                batch.stages.end(.waitingForFacts)
                read(batch)
                Failpoint.afterFacts.reach()
                progress = batch.progress
                batch.cascade = cascades.current
                batch.sequence = sequence
                sequence += 1
                batch.stages.end(.facts)
                ready.send(batch)
            }
            isBusy = checkpointer?.work(progress, sequence: sequence) ?? false
        }
        ready.close()
        checkpointer?.finish(progress, sequence: sequence)
    }

    private mutating func read(_ batch: TransactionBatch) {
        for label in batch.labels { historian.learn(label) }
        if !delivered.isEmpty, !batch.rejected.isEmpty {
            batch.rejected.removeAll { [self] record in
                let position = record.deadLetter.position
                if position.topic == topic { return isDelivered(position.partition, position.offset) }
                return deliveredElsewhere.contains {
                    $0.topic == position.topic && $0.partition == position.partition
                        && position.offset < $0.nextOffset
                }
            }
        }
        var row = FactRow()
        for index in batch.arrivals.indices {
            let partition = batch.arrivals[index].partition
            let standing = historian.read(
                batch.arrivals[index].transaction, partition: partition, into: &row)
            if isDelivered(partition, batch.arrivals[index].offset) {
                batch.rebuiltCount += 1
                continue
            }
            switch standing {
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

    private func isDelivered(_ partition: Int32, _ offset: Int64) -> Bool {
        let place = Int(partition)
        return place < delivered.count && offset < delivered[place]
    }
}
