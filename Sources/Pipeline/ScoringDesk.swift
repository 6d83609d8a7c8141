import Banking
import Descriptions
import History
import RiskModels

/// A worker thread: describes and scores batches, and writes alerts for what the policy wants looked at.
///
/// Stateless between batches, so any number of workers gives the same rows.
struct ScoringDesk {
    let describer: Describer
    let runtime: CascadeRuntime
    let writer: AlertWriter
    let topics: [String]
    /// Every score is kept, not only alerts.
    let keepsDecisions: Bool
    /// Bricks with a deadline may be left out when late. Not in a replay, which must give the same rows.
    let keepsDeadlines: Bool
    let ready: BoundedQueue<TransactionBatch>
    let finished: BoundedQueue<TransactionBatch>

    /// Works until `ready` is closed and empty.
    func run() {
        while let batch = ready.receive() {
            Failpoint.beforeScores.reach()
            score(batch)
            Failpoint.afterScores.reach()
            finished.send(batch)
        }
    }

    private func score(_ batch: TransactionBatch) {
        guard !batch.rows.isEmpty else { return }
        for row in batch.rows { describer.describe(row, into: &batch.descriptions) }
        let oldest = batch.arrivals[Int(batch.rowArrivals[0])].arrivedAt
        while batch.verdicts.count < batch.rows.count { batch.verdicts.append(Verdict()) }
        batch.rows.withUnsafeBufferPointer { rows in
            batch.verdicts.withUnsafeMutableBufferPointer { verdicts in
                runtime.judge(
                    facts: rows, batch: batch.descriptions,
                    arrival: keepsDeadlines ? UInt64(oldest) : nil, into: verdicts)
            }
        }
        for index in batch.rows.indices { keep(index, of: batch) }
    }

    private func keep(_ index: Int, of batch: TransactionBatch) {
        let cascade = runtime.cascade
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
            writer.alert(
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
        decision.decidedBy = writer.name(ofDecider: verdict.decidedBy)
        decision.modelSHA256 = writer.modelSHA256(ofScorer: verdict.scoredBy)
        return decision
    }
}
