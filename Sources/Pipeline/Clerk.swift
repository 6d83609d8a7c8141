import Banking
import Foundation

/// The clerk thread: puts finished batches back in order and makes them durable, many in one commit.
///
/// It is the only one that writes rows. While the database is away it tries again and keeps the
/// batches; the pool then runs empty and the source pauses: nothing is dead-lettered, nothing is lost.
struct Clerk {
    let finished: BoundedQueue<TransactionBatch>
    let pool: BoundedQueue<TransactionBatch>
    let desk: any DeliveryDesk
    let publisher: (any DeadLetterPublisher)?
    let statistics: PipelineStatistics
    let stopSwitch: StopSwitch
    let durableProgress: DurableProgress
    let keepsLabels: Bool
    let report: @Sendable (String) -> Void
    private let mark: DeliveryMark
    /// How often progress is committed even when there are no rows; `nil` lets it wait for the next rows.
    private let progressInterval: Duration?
    private var isProgressOwed = false
    private var progressDueAt = clock.now
    private let startedAt = clock.now
    /// The cascade that scored what was delivered last, and how far each partition was then.
    private var cascadeIdentity: String
    private var progress: [PartitionProgress] = []
    private var nextSequence = 0
    /// Batches that overtook another one; never more than there are batches.
    private var waiting: [Int: TransactionBatch] = [:]
    private var backoff = Backoff(seed: UInt64(clock.now))

    init(
        finished: BoundedQueue<TransactionBatch>, pool: BoundedQueue<TransactionBatch>,
        desk: any DeliveryDesk, publisher: (any DeadLetterPublisher)?, statistics: PipelineStatistics,
        stopSwitch: StopSwitch, durableProgress: DurableProgress, mark: DeliveryMark,
        cascadeIdentity: String, keepsLabels: Bool, progressInterval: Duration? = nil,
        report: @escaping @Sendable (String) -> Void
    ) {
        self.progressInterval = progressInterval
        self.finished = finished
        self.pool = pool
        self.desk = desk
        self.publisher = publisher
        self.statistics = statistics
        self.stopSwitch = stopSwitch
        self.durableProgress = durableProgress
        self.mark = mark
        self.cascadeIdentity = cascadeIdentity
        self.keepsLabels = keepsLabels
        self.report = report
    }

    /// Works until the queue of finished batches is closed and empty, or the pipeline is abandoned.
    mutating func run() {
        while true {
            let next = progressInterval == nil
                ? finished.receive() : finished.receive(within: .milliseconds(200))
            guard let first = next else {
                let isEnd = finished.isFinished
                guard commitProgress(isEnd: isEnd), !isEnd else { return }
                continue
            }
            waiting[first.sequence] = first
            while let next = finished.receiveNow() { waiting[next.sequence] = next }
            let ready = takeInOrder()
            guard !ready.isEmpty else { continue }
            guard deliver(ready) else { return }
            mark.set(nextSequence)
            for batch in ready {
                batch.clear()
                pool.send(batch)
            }
        }
    }

    private mutating func takeInOrder() -> [TransactionBatch] {
        var ready: [TransactionBatch] = []
        while let batch = waiting.removeValue(forKey: nextSequence) {
            ready.append(batch)
            nextSequence += 1
        }
        return ready
    }

    /// `false` when the pipeline was abandoned.
    private mutating func deliver(_ batches: [TransactionBatch]) -> Bool {
        for batch in batches { batch.stages.end(.waitingForCommit) }
        let delivery = combine(batches)
        var receipt = DeliveryReceipt(alerts: 0, deadLetters: 0)
        let isDue = progressInterval != nil && clock.now >= progressDueAt
        if delivery.isEmpty, !isDue {
            isProgressOwed = true
            if let moment = batches.last?.lastScored { desk.prepare(for: moment) }
        } else {
            let rejected = batches.flatMap(\.rejected)
            guard
                persist(noting: \.deadLetterFault, { [publisher] () throws(DeliveryFault) in
                    guard !rejected.isEmpty, let publisher else { return }
                    Failpoint.beforeDeadLetters.reach()
                    try publisher.publish(rejected)
                    Failpoint.afterDeadLetters.reach()
                }), persist(noting: \.deliveryFault, { [desk] () throws(DeliveryFault) in
                    Failpoint.beforeDelivery.reach()
                    receipt = try desk.deliver(delivery)
                })
            else { return false }
            noteProgress()
        }
        Failpoint.beforeAdvance.reach()
        if let last = batches.last {
            progress = last.progress
            cascadeIdentity = last.cascade?.identity ?? cascadeIdentity
            durableProgress.set(progress)
        }
        count(batches, receipt: receipt)
        return true
    }

    /// Other instances that share the topic wait for the progress of partitions where nothing alerts.
    private mutating func commitProgress(isEnd: Bool) -> Bool {
        guard progressInterval != nil, isProgressOwed, isEnd || clock.now >= progressDueAt
        else { return true }
        var delivery = Delivery()
        delivery.progress = progress
        let isDurable = persist(noting: \.deliveryFault) { [desk] () throws(DeliveryFault) in
            _ = try desk.deliver(delivery)
        }
        guard isDurable else { return false }
        noteProgress()
        return true
    }

    private mutating func noteProgress() {
        isProgressOwed = false
        progressDueAt = clock.now + Int64((progressInterval ?? .zero) / .nanoseconds(1))
    }

    private func combine(_ batches: [TransactionBatch]) -> Delivery {
        var delivery = Delivery()
        delivery.progress = progress
        let now = clock.now
        for batch in batches {
            for (alert, arrival) in zip(batch.alerts, batch.alertArrivals) {
                var alert = alert
                alert.latencyMicroseconds = (now - arrival) / 1000
                delivery.alerts.append(alert)
            }
            delivery.decisions += batch.decisions
            delivery.deadLetters += batch.rejected.lazy.map(\.deadLetter)
            if keepsLabels { delivery.labels += batch.labels }
            let pinned = delivery.pin?.cascade ?? cascadeIdentity
            if let identity = batch.cascade?.identity, identity != pinned {
                delivery.pin = CascadePin(cascade: identity, from: delivery.progress)
            }
            delivery.progress = batch.progress
        }
        return delivery
    }

    /// Tries until it works. `false` when the pipeline was or had to be abandoned.
    /// - Parameter fault: where what is in the way is told.
    private mutating func persist(
        noting fault: WritableKeyPath<PipelineStatistics.Snapshot, String?>,
        _ attempt: () throws(DeliveryFault) -> Void
    ) -> Bool {
        backoff.reset()
        while true {
            do throws(DeliveryFault) {
                try attempt()
                statistics.update { $0[keyPath: fault] = nil }
                return true
            } catch {
                statistics.update { $0.deliveryFaults += 1 }
                switch error {
                case .passing(let cause):
                    statistics.update { $0[keyPath: fault] = cause }
                    report("delivery waits: \(cause)")
                case .fenced(let cause):
                    stopSwitch.abandon(
                        because: PipelineError(code: .fenced, operation: "deliver", cause: cause))
                case .lasting(let cause):
                    stopSwitch.abandon(
                        because: PipelineError(code: .delivery, operation: "deliver", cause: cause))
                }
            }
            guard !stopSwitch.isAbandoning else { return false }
            stopSwitch.wait(for: backoff.next())
        }
    }

    private func count(_ batches: [TransactionBatch], receipt: DeliveryReceipt) {
        let now = clock.now
        for batch in batches { batch.stages.end(.commit, at: now) }
        statistics.update { totals in
            totals.deliveries += 1
            totals.deliveredMicroseconds = (now - startedAt) / 1000
            totals.alertsInserted += Int64(receipt.alerts)
            for batch in batches {
                totals.done += batch.receivedCount
                totals.scored += Int64(batch.rows.count)
                totals.alerts += Int64(batch.alerts.count)
                totals.rejected += Int64(batch.rejected.count)
                totals.labels += Int64(batch.labels.count)
                totals.duplicates += Int64(batch.duplicateCount)
                totals.late += Int64(batch.lateCount)
                totals.rebuilt += Int64(batch.rebuiltCount)
                for arrival in batch.rowArrivals {
                    let entry = batch.arrivals[Int(arrival)]
                    totals.latency.record(microseconds: (now - entry.arrivedAt) / 1000)
                }
                for arrival in batch.alertArrivals {
                    totals.alertLatency.record(microseconds: (now - arrival) / 1000)
                    batch.stages.durations(from: arrival) { stage, nanoseconds in
                        totals.stages[stage.rawValue].record(microseconds: nanoseconds / 1000)
                    }
                }
            }
        }
    }
}
