import Banking
import Descriptions
import History
import RiskModels

/// Writes decisions and alerts out: the description in both languages, the tokens it was scored from, the
/// reasons.
///
/// One thread's: explaining needs working memory.
struct AlertWriter {
    private let cascade: Cascade
    private let explainer: CascadeExplainer
    private let english = DescriptionWriter(language: .english)
    private let french = DescriptionWriter(language: .french)
    /// Per decider and per scorer as text of fixed size, so that decisions cost no allocation.
    private let names: [FixedText<16>]
    private let digests: [FixedText<64>]

    init(_ cascade: Cascade) {
        self.cascade = cascade
        explainer = CascadeExplainer(cascade)
        let deciders = (0...UInt8.max)
        names = deciders.map { FixedText(cascade.name(ofDecider: $0)) }
        digests = deciders.map { FixedText(cascade.modelSHA256(ofScorer: $0)) }
    }

    func name(ofDecider decider: UInt8) -> FixedText<16> { names[Int(decider)] }
    func modelSHA256(ofScorer scorer: UInt8) -> FixedText<64> { digests[Int(scorer)] }

    /// What was decided about one transaction.
    /// - Parameter topic: where it came from.
    func decision(_ verdict: Verdict, _ arrival: TransactionBatch.Arrival, topic: String) -> Decision {
        var decision = Decision(
            position: SourcePosition(topic: topic, partition: arrival.partition, offset: arrival.offset))
        decision.transactionID = arrival.transaction.id
        decision.account = arrival.transaction.account
        decision.effectiveAt = arrival.transaction.effectiveAt
        decision.probability = verdict.probability
        decision.score = verdict.score
        decision.outcome = verdict.outcome
        decision.decidedBy = name(ofDecider: verdict.decidedBy)
        decision.modelSHA256 = modelSHA256(ofScorer: verdict.scoredBy)
        return decision
    }

    /// The alert of one transaction.
    /// - Parameter tokens: the phrases that were scored.
    func alert(
        _ decision: Decision, verdict: Verdict, transaction: Transaction, facts: FactRow,
        tokens: ArraySlice<Token>
    ) -> Alert {
        var alert = Alert(decision: decision, transaction: transaction)
        alert.band = verdict.band
        alert.unusualness = verdict.unusualness.isNaN ? nil : verdict.unusualness
        alert.tokens = tokens.map { Alert.Token($0) }
        alert.descriptionEnglish = english.text(facts: facts, of: transaction, tokens: tokens)
        alert.descriptionFrench = french.text(facts: facts, of: transaction, tokens: tokens)
        alert.reasons = cascade.rules(hitBy: verdict).map { rule in
            Alert.Reason(
                kind: "rule:" + rule.name, english: rule.reason, french: rule.reasonFrench, points: 0)
        }
        let explanation = explainer.explain(tokens, verdict: verdict)
        func reason(_ reason: Reason, points: Double) -> Alert.Reason {
            Alert.Reason(
                kind: reason.kind?.name ?? "unknown",
                english: english.phrase(reason.token, facts: facts, of: transaction),
                french: french.phrase(reason.token, facts: facts, of: transaction), points: points)
        }
        alert.reasons += explanation.reasons.map { reason($0, points: $0.scorePoints) }
        alert.surprises = explanation.surprises.map { reason($0, points: Double($0.points)) }
        alert.counterfactual = explanation.counterfactual.flatMap { found in
            guard let kind = found.kind else { return nil }
            func words(_ writer: DescriptionWriter) -> String {
                writer.counterfactual(
                    kind, value: found.value, code: found.code, isUp: found.to.isAbove(found.from),
                    holdsBeyond: found.holdsBeyond, facts: facts, of: transaction)
            }
            return Alert.Counterfactual(
                kind: kind.name, english: words(english), french: words(french),
                token: Alert.Token(found.to), probability: found.probability)
        }
        return alert
    }
}

extension Alert.Token {
    init(_ token: Token) { self.init(kind: token.kind, index: token.index, weight: token.weight) }
}

extension Token {
    /// Whether a phrase of the same kind says a larger number.
    fileprivate func isAbove(_ other: Token) -> Bool {
        (index, weight) > (other.index, other.weight)
    }
}
