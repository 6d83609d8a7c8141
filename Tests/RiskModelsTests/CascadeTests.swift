import Banking
import Descriptions
import History
import Testing

@testable import RiskModels

/// A brick that gives every row one logit, and counts the rows that it has read.
private final class FixedBrick: Brick, BrickReader, @unchecked Sendable {
    let name: String
    let model: ModelFile
    let probability: Double
    var rowsRead = 0

    let unusualness: Float

    init(_ name: String, _ probability: Double, unusualness: Float = 0.5) throws {
        self.name = name
        model = try SmallScorecard.model()
        self.probability = probability
        self.unusualness = unusualness
    }

    func makeReader(largestBatch: Int) -> any BrickReader { self }
    func read(
        _ batch: borrowing DescriptionBatch, rows: UnsafeBufferPointer<Int32>,
        into assessments: UnsafeMutableBufferPointer<Assessment>
    ) {
        rowsRead += rows.count
        for row in rows {
            assessments[Int(row)] = Assessment(probability: probability, unusualness: unusualness)
        }
    }
}

@Suite struct CascadeTests {
    private func judge(
        _ cascade: Cascade, amounts: [Float], arrival: UInt64? = nil, now: UInt64 = 0
    ) -> [Verdict] {
        let describer = Describer(vocabulary: cascade.vocabulary)
        var batch = DescriptionBatch()
        let facts = amounts.map { amount in
            var row = FactRow()
            row[number: .amount] = amount
            describer.describe(row, into: &batch)
            return row
        }
        let runtime = CascadeRuntime(cascade, largestBatch: 16) { now }
        var verdicts = [Verdict](repeating: Verdict(), count: amounts.count)
        facts.withUnsafeBufferPointer { facts in
            verdicts.withUnsafeMutableBufferPointer {
                runtime.judge(facts: facts, batch: batch, arrival: arrival, into: $0)
            }
        }
        return verdicts
    }

    @Test func `only what lies in the band climbs to the next brick`() throws {
        let second = try FixedBrick("language_model", 0.77)
        let first = try Scorecard(SmallScorecard.model())
        let cascade = try Cascade(
            name: "t", steps: [.init(brick: first, climbs: 0.4...0.9), .init(brick: second)])
        // Logits −1, 0 and 3: probabilities 0.27, 0.5 and 0.95.
        let verdicts = judge(cascade, amounts: [0, 100, 200])
        #expect(second.rowsRead == 1)
        #expect(verdicts.map(\.decidedBy) == [0, 1, 0])
        #expect(verdicts[1].probability == 0.77)
        #expect(verdicts[1].unusualness == 0.5)
        #expect(cascade.name(ofDecider: 1) == "language_model")
    }

    @Test func `past its deadline the smaller brick decides`() throws {
        let second = try FixedBrick("language_model", 0.77)
        let cascade = try Cascade(
            name: "t",
            steps: [
                .init(brick: try Scorecard(SmallScorecard.model()), climbs: 0...1),
                .init(brick: second, deadline: .milliseconds(5)),
            ])
        #expect(judge(cascade, amounts: [0], arrival: 0, now: 6_000_000)[0].decidedBy == 0)
        #expect(judge(cascade, amounts: [0], arrival: 0, now: 4_000_000)[0].decidedBy == 1)
        #expect(judge(cascade, amounts: [0], arrival: nil, now: 6_000_000)[0].decidedBy == 1)
    }

    @Test func `one slow reading does not shut a brick out for ever`() throws {
        let second = try FixedBrick("language_model", 0.77)
        let cascade = try Cascade(
            name: "t",
            steps: [
                .init(brick: try Scorecard(SmallScorecard.model()), climbs: 0...1),
                .init(brick: second, deadline: .milliseconds(5)),
            ])
        // The clock jumps by 20 ms during the first reading and stands still afterwards.
        nonisolated(unsafe) var times: [UInt64] = [0, 0, 0, 0, 20_000_000]
        let runtime = CascadeRuntime(cascade, largestBatch: 1) {
            times.count > 1 ? times.removeFirst() : times[0]
        }
        var batch = DescriptionBatch()
        batch.endRow()
        var deciders: [UInt8] = []
        for _ in 0..<40 {
            var verdict = Verdict()
            withUnsafeMutablePointer(to: &verdict) { verdict in
                var row = FactRow()
                withUnsafeMutablePointer(to: &row) { row in
                    runtime.judge(
                        facts: UnsafeBufferPointer(start: row, count: 1), batch: batch,
                        arrival: times.last, into: UnsafeMutableBufferPointer(start: verdict, count: 1))
                }
            }
            deciders.append(verdict.decidedBy)
        }
        #expect(deciders.contains(0), "the slow reading is remembered")
        #expect(deciders.last == 1, "and forgotten again")
    }

    @Test func `a look is asked for from a percentile of unusualness on`() throws {
        let steps = { (unusualness: Float) throws -> [Cascade.Step] in
            [.init(brick: try FixedBrick("language_model", 0.01, unusualness: unusualness))]
        }
        let policy = Policy(unusualFrom: 0.999)
        for (unusualness, isAlert) in [(Float(0.9985), false), (0.999, true), (.nan, false)] {
            let cascade = try Cascade(name: "t", steps: steps(unusualness), policy: policy)
            let verdict = judge(cascade, amounts: [0])[0]
            #expect(cascade.isAlert(verdict) == isAlert)
            #expect(verdict.band == .normal)
            #expect(verdict.outcome == (isAlert ? .review : .approve))
            let decider = cascade.name(ofDecider: verdict.decidedBy)
            #expect(decider == (isAlert ? "unusualness" : "language_model"))
            #expect(verdict.scoredBy == 0)
        }
        let settled = Policy(unusualFrom: 0.999, unusualWhen: "amount >= 100")
        let judged = try judge(Cascade(name: "t", steps: steps(1), policy: settled), amounts: [99, 100])
        #expect(judged.map(\.outcome) == [.approve, .review])
        let wrong = Policy(unusualFrom: 0.999, unusualWhen: "amuont >= 100")
        #expect { try Cascade(name: "t", steps: steps(1), policy: wrong) } throws: {
            ($0 as? CascadeError)?.code == .badRule
        }
        let silent = try Cascade(name: "t", steps: steps(1))
        #expect(!silent.isAlert(judge(silent, amounts: [0])[0]))
    }

    @Test func `a rule that decides leaves the model that scored on the row`() throws {
        let second = try FixedBrick("language_model", 0.3)
        let cascade = try Cascade(
            name: "t",
            steps: [
                .init(brick: try Scorecard(SmallScorecard.model()), climbs: 0...1), .init(brick: second),
            ], rules: RuleSet([Rule(name: "any", condition: "amount >= 0", band: .critical)]))
        let verdict = judge(cascade, amounts: [0])[0]
        #expect(verdict.decidedBy == Cascade.decidedByRules)
        #expect(verdict.scoredBy == 1)
    }

    @Test func `a brick reads a description without the kinds that its vocabulary lacks`() throws {
        let whole = try #require(try LanguageModelExamples.wholeModel(seed: 3))
        let kinds = LanguageModelExamples.kinds.filter { $0 != .accountAgeDays && $0 != .hour }
        let part = try LanguageModel(#require(try LanguageModelExamples.wholeModel(saying: kinds)))
        let cascade = try Cascade(
            name: "t",
            steps: [.init(brick: try LanguageModel(whole), climbs: 0.3...0.6), .init(brick: part)])
        #expect(cascade.vocabulary == whole.vocabulary)
        var random = SplitMix64(state: 77)
        let descriptions = try (0..<200).map { _ in try LanguageModelExamples.description(&random) }
        let runtime = CascadeRuntime(cascade, largestBatch: 256) { 0 }
        var verdicts = [Verdict](repeating: Verdict(), count: descriptions.count)
        let facts = [FactRow](repeating: FactRow(), count: descriptions.count)
        facts.withUnsafeBufferPointer { facts in
            verdicts.withUnsafeMutableBufferPointer {
                runtime.judge(
                    facts: facts, batch: LanguageModelExamples.batch(descriptions), arrival: nil, into: $0)
            }
        }
        #expect(Set(verdicts.map(\.scoredBy)) == [0, 1], "some climb and some do not")
        for (tokens, verdict) in zip(descriptions, verdicts) where verdict.scoredBy == 1 {
            let heard = cascade.tokens(tokens[...], heardBy: 1)
            #expect(heard == tokens.filter { Kind(rawValue: $0.kind).map(kinds.contains) ?? false })
            let alone = ModelLoader.assess([heard], with: part)[0]
            #expect(verdict.probability.bitPattern == alone.probability.bitPattern)
            #expect(verdict.unusualness.bitPattern == alone.unusualness.bitPattern)
        }
    }

    @Test func `bricks that need the history kept in different ways are refused`() throws {
        var other = try SmallScorecard.model()
        other.history = HistoryConfiguration(labelDelaySeconds: 86_400)
        let steps = [
            Cascade.Step(brick: try Scorecard(SmallScorecard.model())),
            Cascade.Step(brick: try Scorecard(other)),
        ]
        #expect { try Cascade(name: "t", steps: steps) } throws: {
            ($0 as? CascadeError)?.code == .foreignHistory
        }
    }

    @Test func `a rule raises band and outcome and never lowers them`() throws {
        let rules = try RuleSet([
            Rule(name: "big", condition: "amount >= 100", band: .critical),
            Rule(name: "any", condition: "amount >= 0", band: .elevated, outcome: .review),
        ])
        let cascade = try Cascade(
            name: "t", steps: [.init(brick: try Scorecard(SmallScorecard.model(intercept: -9)))],
            rules: rules)
        let verdicts = judge(cascade, amounts: [0, 100])
        #expect(verdicts.map(\.band) == [.elevated, .critical])
        #expect(verdicts.map(\.outcome) == [.review, .decline])
        #expect(verdicts.map(\.decidedBy) == [Cascade.decidedByRules, Cascade.decidedByRules])
        #expect(cascade.rules(hitBy: verdicts[1]).map(\.name) == ["big", "any"])
        #expect(cascade.name(ofDecider: Cascade.decidedByRules) == "rules")
        // Elevated alone is no alert; that a rule asks for a review makes it one.
        #expect(cascade.isAlert(verdicts[1]) && cascade.isAlert(verdicts[0]))
        var elevated = verdicts[0]
        elevated.outcome = .approve
        #expect(!cascade.isAlert(elevated))
    }

    @Test func `an alert budget becomes the threshold of the validation period`() throws {
        let distribution = try #require(
            ScoreDistribution(of: (0..<1000).map { Double($0) / 1000 }, days: 10))
        #expect(distribution.transactionsPerDay == 100)
        #expect(abs(distribution.threshold(alertsPerDay: 5) - 0.95) < 0.002)
        #expect(abs(distribution.alertsPerDay(threshold: 0.95) - 5) < 0.5)
        #expect(distribution.threshold(alertsPerDay: 1e9) == 0)
        let policy = Policy(
            elevated: .alertsPerDay(50), high: .alertsPerDay(5), critical: .probability(0.5))
        let limits = policy.thresholds(for: distribution)
        #expect(limits.critical == limits.high)
        #expect(limits.band(0.6) == .elevated)
    }

    @Test func `bricks of different vocabularies are refused`() throws {
        var other = try SmallScorecard.model()
        other.vocabulary = try Vocabulary(entries: [.init(kind: .amount, values: .edges([0, 1, 2, 3, 4]))])
        other.tensors = ScorecardWeights(
            intercept: 0, points: [0, 0, 0, 0, 0], means: [Float](repeating: 0, count: 256)
        ).tensors(for: other.vocabulary)
        let steps = [
            Cascade.Step(brick: try Scorecard(SmallScorecard.model())),
            Cascade.Step(brick: try Scorecard(other)),
        ]
        #expect { try Cascade(name: "t", steps: steps) } throws: {
            ($0 as? CascadeError)?.code == .foreignVocabulary
        }
    }
}
