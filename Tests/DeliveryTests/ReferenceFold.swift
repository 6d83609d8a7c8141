import Banking
import Descriptions
import History
import Intake
import Ledger
import RiskModels

@testable import Pipeline

/// What must come out of a stream: one thread, one record after the other, through the same rooms.
final class ReferenceFold {
    enum Fate: UInt8 {
        case decided, repeated, deadLettered
    }

    private let cascade: Cascade
    private let historian: Historian
    private let describer: Describer
    private let runtime: CascadeRuntime
    private let writer: AlertWriter
    private let topic: String
    private var intake: Intake
    private var row = FactRow()
    private var transaction = Transaction()
    private var descriptions = DescriptionBatch()
    private var verdicts = [Verdict()]
    private var alerts: [Alert] = []
    private var decisions: [Decision] = []
    private var letters: [DeadLetter] = []
    /// What became of each record, by partition and offset.
    private(set) var fates: [[Fate]]
    /// Records whose score made an alert; a repeated transaction makes none again.
    private(set) var alertCount = 0

    init(topic: String, partitions: Int, key: String) throws {
        self.topic = topic
        cascade = try Cascade(contentsOf: Site.cascade.get())
        historian = Historian(configuration: cascade.history)
        describer = Describer(vocabulary: cascade.vocabulary)
        runtime = CascadeRuntime(cascade, largestBatch: 1) { 0 }
        writer = AlertWriter(cascade)
        intake = Intake(
            mapping: nil, pseudonymiser: Pseudonymiser(key: try PseudonymKey.readOrCreate(path: key)))
        fates = Array(repeating: [], count: partitions)
    }

    /// Folds the next record of its partition.
    func read(_ record: TortureStream.Record) {
        let place = Int(record.partition)
        let position = SourcePosition(
            topic: topic, partition: record.partition, offset: Int64(fates[place].count))
        fates[place].append(fold(record, position))
    }

    private func fold(_ record: TortureStream.Record, _ position: SourcePosition) -> Fate {
        let rejection = record.bytes.withUnsafeBytes {
            intake.read($0, observedAt: record.time, into: &transaction)
        }
        if let rejection {
            let rejected = record.bytes.withUnsafeBytes {
                Redaction.rejected(
                    $0, isTombstone: false, rejection: rejection, position: position,
                    receivedAt: record.time)
            }
            letters.append(rejected.deadLetter)
            return .deadLettered
        }
        if historian.read(transaction, partition: record.partition, into: &row) == .duplicate {
            return .repeated
        }
        descriptions.removeAll()
        describer.describe(row, into: &descriptions)
        withUnsafePointer(to: row) { facts in
            verdicts.withUnsafeMutableBufferPointer { verdicts in
                runtime.judge(
                    facts: UnsafeBufferPointer(start: facts, count: 1), batch: descriptions, arrival: nil,
                    into: verdicts)
            }
        }
        decide(position)
        return .decided
    }

    private func decide(_ position: SourcePosition) {
        let verdict = verdicts[0]
        var decision = Decision(position: position)
        decision.transactionID = transaction.id
        decision.account = transaction.account
        decision.effectiveAt = transaction.effectiveAt
        decision.probability = verdict.probability
        decision.score = verdict.score
        decision.outcome = verdict.outcome
        decision.decidedBy = writer.name(ofDecider: verdict.decidedBy)
        decision.modelSHA256 = writer.modelSHA256(ofScorer: verdict.scoredBy)
        decisions.append(decision)
        guard cascade.isAlert(verdict) else { return }
        alertCount += 1
        alerts.append(
            writer.alert(
                decision, verdict: verdict, transaction: transaction, facts: row,
                tokens: descriptions.tokens[descriptions.row(0)]))
    }

    /// Writes what was folded since the last call under a job of its own, for a comparison inside the
    /// database.
    func deliver(to ledger: Ledger, job: String) throws {
        _ = try ledger.deliver(
            job: job, alerts: alerts, decisions: decisions, deadLetters: letters, progress: [])
        alerts.removeAll(keepingCapacity: true)
        decisions.removeAll(keepingCapacity: true)
        letters.removeAll(keepingCapacity: true)
    }
}
