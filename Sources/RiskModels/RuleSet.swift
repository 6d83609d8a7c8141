import Banking
import History

/// The rules floor: conditions that hold whatever a model says. They only ever raise.
public struct RuleSet: Sendable {
    public let rules: [Rule]
    /// All conditions one behind the other, so that one walk answers them all.
    private let program: Condition
    /// Where the steps of each rule end.
    private let ends: [Int]

    /// No rules.
    public init() {
        rules = []
        program = Condition()
        ends = []
    }

    /// Compiles rules.
    /// - Parameters:
    ///   - rules: at most `RuleHits.capacity`, with different names.
    ///   - lists: named lists of values for `in`.
    /// - Throws: `CascadeError` with rule, line and column of what cannot be understood.
    public init(_ rules: [Rule], lists: [String: [String]] = [:]) throws(CascadeError) {
        guard rules.count <= RuleHits.capacity else {
            throw CascadeError(.badRule, cause: "\(rules.count) rules, at most \(RuleHits.capacity) fit")
        }
        var names: Set<String> = []
        var program = Condition()
        var ends: [Int] = []
        for rule in rules {
            guard names.insert(rule.name).inserted else {
                throw CascadeError(.badRule, cause: "two rules are called \(rule.name)")
            }
            do {
                program.append(try ConditionParser.parse(rule.condition, lists: lists))
                ends.append(program.steps.count)
            } catch {
                throw CascadeError(.badRule, cause: "rule \(rule.name), \(error)")
            }
        }
        self.rules = rules
        self.program = program
        self.ends = ends
    }

    /// The rules that hold for a row.
    public func hits(for row: FactRow) -> RuleHits {
        var hits = RuleHits()
        // SAFETY: a row is its slots of 4 bytes and nothing else; steps hold only places of facts.
        withUnsafeBytes(of: row) { raw in
            let slots = raw.assumingMemoryBound(to: UInt32.self)
            program.steps.withUnsafeBufferPointer { steps in
                program.codes.withUnsafeBufferPointer { codes in
                    var start = 0
                    for place in ends.indices {
                        let end = ends[place]
                        if Condition.holds(steps, from: start, to: end, codes: codes, slots: slots) {
                            hits.insert(place)
                        }
                        start = end
                    }
                }
            }
        }
        return hits
    }

    /// Raises band and outcome of a verdict by the rules that hit; a raised verdict was decided by rules.
    @inline(__always)
    func apply(to row: FactRow, raising verdict: inout Verdict, policy: Policy) {
        verdict.ruleHits = hits(for: row)
        guard !verdict.ruleHits.isEmpty else { return }
        rules.withUnsafeBufferPointer { rules in
            for place in rules.indices where verdict.ruleHits.contains(place) {
                if let band = rules[place].band, band.rank > verdict.band.rank {
                    verdict.band = band
                    verdict.decidedBy = Cascade.decidedByRules
                    raise(&verdict, to: policy.outcomes[band])
                }
                if let outcome = rules[place].outcome { raise(&verdict, to: outcome) }
            }
        }
    }

    private func raise(_ verdict: inout Verdict, to outcome: Decision.Outcome) {
        guard outcome.rank > verdict.outcome.rank else { return }
        verdict.outcome = outcome
        verdict.decidedBy = Cascade.decidedByRules
    }
}
