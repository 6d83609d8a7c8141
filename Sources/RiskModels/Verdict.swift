import Banking

/// What the whole cascade with its policy decided about one transaction: a plain value.
public struct Verdict: Sendable, Equatable {
    /// Calibrated probability of fraud in [0, 1], of the brick that decided.
    public var probability = 0.0
    /// The same before calibration, in log-odds.
    public var logit = 0.0
    /// The score for people, 0…999 (`Score`).
    public var score: Int16 = 0
    /// From the probability by the policy, raised by rules.
    public var band = Decision.Band.normal
    public var outcome = Decision.Outcome.approve
    /// Share of history whose descriptions are less rare, 0 to 1; NaN when no language model read it.
    public var unusualness = Float.nan
    /// Who settled band and outcome: an index for `Cascade.name(ofDecider:)`.
    public var decidedBy: UInt8 = 0
    /// Place in its cascade of the brick that gave `probability`.
    public var scoredBy: UInt8 = 0
    /// The rules that hit.
    public var ruleHits = RuleHits()

    public init() {}
}

/// A set of rules by their place in the rules file: two words, no allocation.
public struct RuleHits: Sendable, Hashable {
    @usableFromInline var words: (low: UInt64, high: UInt64) = (0, 0)

    /// Most rules that a file may hold.
    public static let capacity = 128

    @inlinable public init() {}
    @inlinable public var isEmpty: Bool { words.low | words.high == 0 }

    /// - Parameter rule: place in the rules file, 0 ..< `capacity`.
    @inlinable public mutating func insert(_ rule: Int) {
        if rule < 64 { words.low |= 1 << UInt64(rule) } else { words.high |= 1 << UInt64(rule - 64) }
    }
    @inlinable public func contains(_ rule: Int) -> Bool {
        (rule < 64 ? words.low >> UInt64(rule) : words.high >> UInt64(rule - 64)) & 1 == 1
    }

    /// Places of the rules that hit, ascending.
    public var places: [Int] { (0..<Self.capacity).filter(contains) }

    public static func == (left: Self, right: Self) -> Bool { left.words == right.words }
    public func hash(into hasher: inout Hasher) {
        hasher.combine(words.low)
        hasher.combine(words.high)
    }
}

extension Decision.Band {
    /// 0 = normal … 3 = critical.
    @inlinable public var rank: Int {
        switch self {
        case .normal: 0
        case .elevated: 1
        case .high: 2
        case .critical: 3
        }
    }
}

extension Decision.Outcome {
    /// 0 = approve … 2 = decline.
    @inlinable public var rank: Int {
        switch self {
        case .approve: 0
        case .review: 1
        case .decline: 2
        }
    }
}
