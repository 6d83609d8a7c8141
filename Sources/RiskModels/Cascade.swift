import Banking
import Descriptions
import History

/// Bricks in order, the rules floor and the policy: everything that turns a description into a verdict.
///
/// Immutable and shared by all threads; each thread makes its own `CascadeRuntime`. All bricks read the same
/// vocabulary: a cascade whose files disagree is refused.
public struct Cascade: Sendable {
    /// One brick and when a transaction climbs past it.
    public struct Step: Sendable {
        public var brick: any Brick
        /// Probabilities that go on to the next brick; `nil`: none does.
        public var climbs: ClosedRange<Double>?
        /// A row older than this is not read by this brick if a smaller one has read it; `nil`: always read.
        public var deadline: Duration?

        public init(brick: any Brick, climbs: ClosedRange<Double>? = nil, deadline: Duration? = nil) {
            self.brick = brick
            self.climbs = climbs
            self.deadline = deadline
        }
    }

    public let name: String
    /// At least one, at most 250.
    public let steps: [Step]
    public let rules: RuleSet
    public let policy: Policy
    /// Band thresholds of each step, from the policy and that brick's score distribution.
    public let thresholds: [BandThresholds]

    /// `Verdict.decidedBy` where a rule raised the band or the outcome.
    public static let decidedByRules: UInt8 = 255

    /// - Throws: `CascadeError` when there is no brick or the bricks disagree about the vocabulary.
    public init(
        name: String, steps: [Step], rules: RuleSet = RuleSet(), policy: Policy = Policy()
    ) throws(CascadeError) {
        guard let first = steps.first, steps.count <= 250 else {
            throw CascadeError(.noBrick, cause: "a cascade needs 1 to 250 bricks, this has \(steps.count)")
        }
        let vocabulary = first.brick.model.vocabulary
        for step in steps where step.brick.model.vocabulary != vocabulary {
            throw CascadeError(
                .foreignVocabulary,
                cause: "\(step.brick.model.name) reads another vocabulary than \(first.brick.model.name)")
        }
        self.name = name
        self.steps = steps
        self.rules = rules
        self.policy = policy
        thresholds = steps.map { policy.thresholds(for: $0.brick.model.distribution) }
    }

    /// The vocabulary that descriptions for this cascade are made with.
    public var vocabulary: Vocabulary { steps[0].brick.model.vocabulary }
    /// How the history was kept when the first brick was trained; the service must keep it the same way.
    public var history: HistoryConfiguration { steps[0].brick.model.history }

    /// Name of the brick (or `rules`) for rows and metrics.
    public func name(ofDecider decider: UInt8) -> String {
        decider == Self.decidedByRules ? "rules" : steps[min(Int(decider), steps.count - 1)].brick.name
    }

    /// Identity of the model file behind a verdict; where rules decided, the file of the first brick.
    public func modelSHA256(ofDecider decider: UInt8) -> String {
        let place = decider == Self.decidedByRules ? 0 : min(Int(decider), steps.count - 1)
        return steps[place].brick.model.sha256
    }

    /// Whether the policy makes an alert of a verdict: by its band, or because a rule asked for more than
    /// the band does.
    @inlinable public func isAlert(_ verdict: Verdict) -> Bool {
        verdict.band.rank >= policy.alertsFrom.rank
            || verdict.outcome.rank > policy.outcomes[verdict.band].rank
    }

    /// The phrases that raised a score, strongest first. Allocates: alerts only.
    public func reasons(
        for tokens: ArraySlice<Token>, verdict: Verdict, limit: Int = 5
    ) -> [Reason] {
        let place = verdict.decidedBy == Self.decidedByRules ? 0 : Int(verdict.decidedBy)
        return steps[min(place, steps.count - 1)].brick.reasons(for: tokens, limit: limit)
    }

    /// The rules that hit, in the order of the file.
    public func rules(hitBy verdict: Verdict) -> [Rule] {
        verdict.ruleHits.places.filter { $0 < rules.rules.count }.map { rules.rules[$0] }
    }
}
