import Banking
import Descriptions
import History
import RiskModels

/// Writes alerts out: the description in both languages, the tokens it was scored from, the reasons.
struct AlertWriter {
    private let cascade: Cascade
    private let english = DescriptionWriter(language: .english)
    private let french = DescriptionWriter(language: .french)
    /// Per decider as text of fixed size, so that decisions cost no allocation.
    private let names: [FixedText<16>]
    private let digests: [FixedText<64>]

    init(_ cascade: Cascade) {
        self.cascade = cascade
        let deciders = (0...Cascade.decidedByRules)
        names = deciders.map { FixedText(cascade.name(ofDecider: $0)) }
        digests = deciders.map { FixedText(cascade.modelSHA256(ofDecider: $0)) }
    }

    func name(ofDecider decider: UInt8) -> FixedText<16> { names[Int(decider)] }
    func modelSHA256(ofDecider decider: UInt8) -> FixedText<64> { digests[Int(decider)] }

    /// The alert of one transaction.
    /// - Parameter tokens: the phrases that were scored.
    func alert(
        _ decision: Decision, verdict: Verdict, transaction: Transaction, facts: FactRow,
        tokens: ArraySlice<Token>
    ) -> Alert {
        var alert = Alert(decision: decision, transaction: transaction)
        alert.band = verdict.band
        alert.unusualness = verdict.unusualness.isNaN ? nil : verdict.unusualness
        alert.tokens = tokens.map { Alert.Token(kind: $0.kind, index: $0.index, weight: $0.weight) }
        alert.descriptionEnglish = english.text(facts: facts, of: transaction, tokens: tokens)
        alert.descriptionFrench = french.text(facts: facts, of: transaction, tokens: tokens)
        alert.reasons = cascade.rules(hitBy: verdict).map { rule in
            Alert.Reason(
                kind: "rule:" + rule.name, english: rule.reason, french: rule.reasonFrench, points: 0)
        }
        alert.reasons += cascade.reasons(for: tokens, verdict: verdict).map { reason in
            Alert.Reason(
                kind: reason.kind?.name ?? "unknown",
                english: english.phrase(reason.token, facts: facts, of: transaction),
                french: french.phrase(reason.token, facts: facts, of: transaction),
                points: reason.scorePoints)
        }
        return alert
    }
}
