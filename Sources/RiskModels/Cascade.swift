import Banking
import Descriptions
import History

/// Bricks in order, the rules floor and the policy: everything that turns a description into a verdict.
///
/// Immutable and shared by all threads; each thread makes its own `CascadeRuntime`. One description serves
/// all bricks: it is made with the vocabulary of the brick that says most, and a brick whose vocabulary lacks
/// some of its kinds (those that drift, say) reads the description without them. A cascade whose files
/// disagree about the values of a kind, or about how the history is kept, is refused.
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
    /// `Policy.unusualWhen` as its one rule; without a rule where it is empty.
    let unusualWhen: RuleSet
    /// Band thresholds of each step, from the policy and that brick's score distribution.
    public let thresholds: [BandThresholds]
    /// The vocabulary that descriptions for this cascade are made with.
    public let vocabulary: Vocabulary
    /// Per step: whether its brick reads a kind, by raw value; `nil` where it reads all.
    let heard: [[Bool]?]
    /// The cascade file and its model files; empty for a cascade that was put together in memory.
    public internal(set) var files: [String] = []
    /// The cascade file as it was read; empty for a cascade that was put together in memory.
    public internal(set) var text = ""

    /// `Verdict.decidedBy` where a rule raised the band or the outcome.
    public static let decidedByRules: UInt8 = 255
    /// `Verdict.decidedBy` where the policy asks for a look because of the unusualness alone.
    public static let decidedByUnusualness: UInt8 = 254

    /// - Throws: `CascadeError` when there is no brick or the bricks do not fit each other.
    public init(
        name: String, steps: [Step], rules: RuleSet = RuleSet(), policy: Policy = Policy()
    ) throws(CascadeError) {
        guard let first = steps.first, steps.count <= 250 else {
            throw CascadeError(.noBrick, cause: "a cascade needs 1 to 250 bricks, this has \(steps.count)")
        }
        var largest = first.brick.model
        for step in steps where step.brick.model.vocabulary.entries.count > largest.vocabulary.entries.count {
            largest = step.brick.model
        }
        for step in steps {
            let model = step.brick.model
            if let fault = Self.fault(of: model, beside: largest) { throw fault }
        }
        self.name = name
        self.steps = steps
        self.rules = rules
        self.policy = policy
        unusualWhen = try RuleSet(
            policy.unusualWhen.isEmpty
                ? [] : [Rule(name: "policy.unusual.when", condition: policy.unusualWhen)])
        vocabulary = largest.vocabulary
        heard = steps.map { Self.heard($0.brick.model.vocabulary, of: largest.vocabulary) }
        thresholds = steps.map { policy.thresholds(for: $0.brick.model.distribution) }
    }

    /// Why a model cannot stand in one cascade with the one that says most.
    private static func fault(of model: ModelFile, beside largest: ModelFile) -> CascadeError? {
        if let entry = model.vocabulary.entries.first(where: {
            largest.vocabulary.values(of: $0.kind) != $0.values
        }) {
            return CascadeError(
                .foreignVocabulary,
                cause: "\(model.kind.rawValue) \(model.name) reads other values of \(entry.kind.name) than "
                    + "\(largest.kind.rawValue) \(largest.name); train both with the same study")
        }
        guard model.history == largest.history else {
            return CascadeError(
                .foreignHistory,
                cause: "\(model.kind.rawValue) \(model.name) needs the history kept as \(model.history), "
                    + "\(largest.kind.rawValue) \(largest.name) as \(largest.history)")
        }
        return nil
    }

    private static func heard(_ part: Vocabulary, of whole: Vocabulary) -> [Bool]? {
        guard part.entries.count < whole.entries.count else { return nil }
        var heard = [Bool](repeating: false, count: 256)
        for entry in part.entries { heard[Int(entry.kind.rawValue)] = true }
        return heard
    }

    /// How the history was kept when the bricks were trained; the service must keep it the same way.
    public var history: HistoryConfiguration { steps[0].brick.model.history }

    /// What decides about scores: the text of the file and the models that it named. Cascades that were put
    /// together in memory have the identity of their models.
    public var identity: String {
        let parts = [text] + steps.map(\.brick.model.sha256)
        return SafetensorsFile.identity(of: Array(parts.joined(separator: "\n").utf8))
    }

    /// Name of the brick (or `rules`, `unusualness`) for rows and metrics.
    public func name(ofDecider decider: UInt8) -> String {
        switch decider {
        case Self.decidedByRules: "rules"
        case Self.decidedByUnusualness: "unusualness"
        default: steps[min(Int(decider), steps.count - 1)].brick.name
        }
    }

    /// Identity of the model file behind a probability.
    /// - Parameter scorer: `Verdict.scoredBy`.
    public func modelSHA256(ofScorer scorer: UInt8) -> String {
        steps[min(Int(scorer), steps.count - 1)].brick.model.sha256
    }

    /// The phrases of a description that the brick of a step reads.
    /// - Parameter tokens: made with `vocabulary`.
    public func tokens(_ tokens: ArraySlice<Token>, heardBy place: Int) -> [Token] {
        guard let heard = heard[place] else { return Array(tokens) }
        return tokens.filter { heard[Int($0.kind)] }
    }

    /// Whether the policy makes an alert of a verdict: by its band, or because a rule or the unusualness
    /// asked for more than the band does.
    @inlinable public func isAlert(_ verdict: Verdict) -> Bool {
        verdict.band.rank >= policy.alertsFrom.rank
            || verdict.outcome.rank > policy.outcomes[verdict.band].rank
    }

    /// The rules that hit, in the order of the file.
    public func rules(hitBy verdict: Verdict) -> [Rule] {
        verdict.ruleHits.places.filter { $0 < rules.rules.count }.map { rules.rules[$0] }
    }
}
