import Banking
import Descriptions
import History
import RiskModels

/// A worker thread: describes and scores batches, and marks what the policy wants looked at.
///
/// Stateless between batches, so any number of workers gives the same rows.
struct ScoringDesk {
    /// What a thread needs to score with one cascade.
    private struct Bench {
        let inUse: CascadeInUse
        let describer: Describer
        let runtime: CascadeRuntime
        let writer: AlertWriter

        init(_ inUse: CascadeInUse, largestBatch: Int) {
            self.inUse = inUse
            describer = Describer(vocabulary: inUse.cascade.vocabulary)
            runtime = CascadeRuntime(inUse.cascade, largestBatch: largestBatch) { UInt64(clock.now) }
            writer = AlertWriter(inUse.cascade)
        }
    }

    private let largestBatch: Int
    private let topics: [String]
    /// Every score is kept, not only alerts.
    private let keepsDecisions: Bool
    /// Bricks with a deadline may be left out when late. Not in a replay, which must give the same rows.
    private let keepsDeadlines: Bool
    private let ready: BoundedQueue<TransactionBatch>
    /// Takes the batches with alerts to explain.
    private let board: ReasonBoard
    private let finished: BoundedQueue<TransactionBatch>
    private var bench: Bench

    init(
        cascade: CascadeInUse, configuration: Pipeline.Configuration, topics: [String],
        ready: BoundedQueue<TransactionBatch>, board: ReasonBoard,
        finished: BoundedQueue<TransactionBatch>
    ) {
        largestBatch = configuration.batchCapacity
        keepsDecisions = configuration.keepsDecisions
        keepsDeadlines = configuration.keepsDeadlines
        self.topics = topics
        self.ready = ready
        self.board = board
        self.finished = finished
        bench = Bench(cascade, largestBatch: largestBatch)
    }

    /// Works until `ready` is closed and empty. A batch of another cascade than the last makes it change its
    /// working memory.
    mutating func run() {
        while let batch = ready.receive() {
            if let inUse = batch.cascade, inUse !== bench.inUse {
                bench = Bench(inUse, largestBatch: largestBatch)
            }
            Failpoint.beforeScores.reach()
            batch.stages.end(.waitingForScores)
            score(batch)
            Failpoint.afterScores.reach()
            batch.stages.end(.scores)
            if batch.alertRows.isEmpty { finished.send(batch) } else { board.add(batch) }
        }
    }

    private func score(_ batch: TransactionBatch) {
        guard !batch.rows.isEmpty else { return }
        for row in batch.rows { bench.describer.describe(row, into: &batch.descriptions) }
        let oldest = batch.arrivals[Int(batch.rowArrivals[0])].arrivedAt
        while batch.verdicts.count < batch.rows.count { batch.verdicts.append(Verdict()) }
        batch.rows.withUnsafeBufferPointer { rows in
            batch.verdicts.withUnsafeMutableBufferPointer { verdicts in
                bench.runtime.judge(
                    facts: rows, batch: batch.descriptions,
                    arrival: keepsDeadlines ? UInt64(oldest) : nil, into: verdicts)
            }
        }
        for index in batch.rows.indices { keep(index, of: batch) }
    }

    private func keep(_ index: Int, of batch: TransactionBatch) {
        let verdict = batch.verdicts[index]
        let arrival = batch.arrivals[Int(batch.rowArrivals[index])]
        if bench.inUse.cascade.isAlert(verdict) {
            batch.alertRows.append(Int32(truncatingIfNeeded: index))
            batch.alertArrivals.append(arrival.arrivedAt)
        }
        guard keepsDecisions else { return }
        batch.decisions.append(bench.writer.decision(verdict, arrival, topic: topics[arrival.topic]))
    }
}
