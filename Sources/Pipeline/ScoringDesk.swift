import Banking
import Descriptions
import History
import RiskModels

/// A worker thread: describes and scores batches, and writes alerts for what the policy wants looked at.
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
    private let finished: BoundedQueue<TransactionBatch>
    private var bench: Bench

    init(
        cascade: CascadeInUse, configuration: Pipeline.Configuration, topics: [String],
        ready: BoundedQueue<TransactionBatch>, finished: BoundedQueue<TransactionBatch>
    ) {
        largestBatch = configuration.batchCapacity
        keepsDecisions = configuration.keepsDecisions
        keepsDeadlines = configuration.keepsDeadlines
        self.topics = topics
        self.ready = ready
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
            score(batch)
            Failpoint.afterScores.reach()
            finished.send(batch)
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
        let cascade = bench.inUse.cascade
        let verdict = batch.verdicts[index]
        let isAlert = cascade.isAlert(verdict)
        guard isAlert || keepsDecisions else { return }
        let arrival = batch.arrivals[Int(batch.rowArrivals[index])]
        let decision = decide(verdict, arrival)
        if keepsDecisions { batch.decisions.append(decision) }
        guard isAlert else { return }
        let tokens = batch.descriptions.tokens[batch.descriptions.row(index)]
        batch.alertArrivals.append(arrival.arrivedAt)
        batch.alerts.append(
            bench.writer.alert(
                decision, verdict: verdict, transaction: arrival.transaction, facts: batch.rows[index],
                tokens: tokens))
    }

    private func decide(_ verdict: Verdict, _ arrival: TransactionBatch.Arrival) -> Decision {
        var decision = Decision(
            position: SourcePosition(
                topic: topics[arrival.topic], partition: arrival.partition, offset: arrival.offset))
        decision.transactionID = arrival.transaction.id
        decision.account = arrival.transaction.account
        decision.effectiveAt = arrival.transaction.effectiveAt
        decision.probability = verdict.probability
        decision.score = verdict.score
        decision.outcome = verdict.outcome
        decision.decidedBy = bench.writer.name(ofDecider: verdict.decidedBy)
        decision.modelSHA256 = bench.writer.modelSHA256(ofScorer: verdict.scoredBy)
        return decision
    }
}
