import Banking
import Descriptions

/// Why a cascade judged as it did.
public struct Explanation: Sendable, Equatable {
    /// The phrases that raised the score, strongest first.
    public var reasons: [Reason] = []
    /// The rarest phrases; points are bits above the usual of their kind. Empty when no language model read
    /// the description.
    public var surprises: [Reason] = []
    /// What would have kept it from being an alert; `nil` when it is none by its score or nothing helps.
    public var counterfactual: Counterfactual?

    public init() {}
}

/// Says why a cascade judged as it did: working memory of one thread, for alerts alone.
public final class CascadeExplainer {
    private let cascade: Cascade
    /// Made at the first alert of each brick.
    private var explainers: [BrickExplainer?]

    public init(_ cascade: Cascade) {
        self.cascade = cascade
        explainers = Array(repeating: nil, count: cascade.steps.count)
    }

    /// Explains one verdict.
    /// - Parameters:
    ///   - tokens: the description, made with the cascade's vocabulary.
    ///   - limit: most reasons of each reading.
    public func explain(_ tokens: ArraySlice<Token>, verdict: Verdict, limit: Int = 5) -> Explanation {
        var explanation = Explanation()
        let place = min(Int(verdict.scoredBy), cascade.steps.count - 1)
        let heard = cascade.tokens(tokens, heardBy: place)
        let scorer = explainer(place)
        explanation.reasons = scorer.reasons(for: heard[...], limit: limit)
        if let threshold = cascade.thresholds[place].beginning(of: cascade.policy.alertsFrom),
            verdict.probability >= threshold
        {
            explanation.counterfactual = scorer.counterfactual(
                for: heard[...], below: threshold, among: explanation.reasons)
        }
        guard !verdict.unusualness.isNaN else { return explanation }
        // The last brick that measured it: the one whose unusualness the verdict carries.
        for step in stride(from: place, through: 0, by: -1) {
            let heard = cascade.tokens(tokens, heardBy: step)
            explanation.surprises = explainer(step).surprises(of: heard[...], limit: min(limit, 3))
            if !explanation.surprises.isEmpty { break }
        }
        return explanation
    }

    private func explainer(_ place: Int) -> BrickExplainer {
        if let made = explainers[place] { return made }
        let made = BrickExplainer(cascade.steps[place].brick)
        explainers[place] = made
        return made
    }
}
