import Banking
import Descriptions
import History
import Testing

@testable import RiskModels

@Suite struct CascadeExplainerTests {
    typealias Examples = LanguageModelExamples

    private func verdict(_ cascade: Cascade, _ tokens: [Token], step: Int = 0) -> Verdict {
        let heard = cascade.tokens(tokens[...], heardBy: step)
        let assessment = ModelLoader.assess([heard], with: cascade.steps[step].brick)[0]
        var verdict = Verdict()
        verdict.probability = assessment.probability
        verdict.unusualness = assessment.unusualness
        verdict.scoredBy = UInt8(step)
        return verdict
    }

    @Test func `the counterfactual of a scorecard is the nearest amount that it would let pass`() throws {
        // Points of the amount: 0 at 0, 1 at 100, 4 at 200; intercept −1: log-odds above 0 from 100 on.
        var model = try SmallScorecard.model()
        model.tensors["scorecard.pair_points"] = Tensor([Float](repeating: 0, count: 4))
        let cascade = try Cascade(
            name: "t", steps: [.init(brick: try Scorecard(model))], policy: Policy(high: .probability(0.5)))
        let tokens = [SmallScorecard.token(.amount, 1, 0.7)]
        let explanation = CascadeExplainer(cascade).explain(tokens[...], verdict: verdict(cascade, tokens))
        let found = try #require(explanation.counterfactual)
        #expect(found.kind == .amount)
        #expect(found.from == tokens[0])
        #expect(found.holdsBeyond)
        let value = try #require(found.value)
        #expect(value < 100 && value >= 85, "the nearest of the tried values below 100, not \(value)")
        #expect(found.probability < 0.5)
        #expect(explanation.surprises.isEmpty)
    }

    @Test func `every counterfactual scores under the threshold when it is scored again`() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed \(seed)")
        var random = SplitMix64(state: seed)
        var found = 0
        for round in 0..<6 {
            let brick = try LanguageModel(#require(try Examples.wholeModel(seed: seed &+ UInt64(round))))
            let describer = Describer(vocabulary: brick.model.vocabulary)
            for _ in 0..<20 {
                let tokens = try Examples.description(&random)
                let probability = ModelLoader.assess([tokens], with: brick)[0].probability
                // Just under the score, so that small changes help.
                let threshold = probability * 0.98
                let cascade = try Cascade(
                    name: "t", steps: [.init(brick: brick)],
                    policy: Policy(elevated: .probability(0), high: .probability(threshold)))
                let explanation = CascadeExplainer(cascade).explain(
                    tokens[...], verdict: verdict(cascade, tokens))
                guard let change = explanation.counterfactual else { continue }
                found += 1
                let place = try #require(tokens.firstIndex(of: change.from))
                var changed = tokens
                changed[place] = change.to
                let again = ModelLoader.assess([changed], with: brick)[0].probability
                #expect(again.bitPattern == change.probability.bitPattern)
                #expect(again < threshold)
                #expect(explanation.reasons.prefix(3).map(\.token).contains(change.from))
                // What people are told is what was scored.
                if let value = change.value, let kind = change.kind {
                    var row = FactRow()
                    row[number: kind.fact] = value
                    #expect(describer.tokens(row) == [change.to])
                    #expect(!kind.isWhole || value == value.rounded())
                }
            }
        }
        #expect(found > 20, "\(found) of 120")
    }

    @Test func `there is no counterfactual below the threshold or where nothing helps`() throws {
        let card = try Scorecard(SmallScorecard.model())
        let tokens = [SmallScorecard.token(.amount, 1, 0.7)]
        for high in [0.999, 1e-9] {
            let cascade = try Cascade(
                name: "t", steps: [.init(brick: card)],
                policy: Policy(elevated: .probability(0), high: .probability(high)))
            let explanation = CascadeExplainer(cascade).explain(
                tokens[...], verdict: verdict(cascade, tokens))
            #expect(explanation.counterfactual == nil)
            #expect(!explanation.reasons.isEmpty)
        }
    }

    @Test func `the surprises are the rarest phrases, and their bits are the unusualness`() throws {
        let model = try #require(try Examples.wholeModel())
        let rarity = try #require(
            Rarity(bits: Examples.rarity(model.vocabulary), vocabulary: model.vocabulary))
        var random = SplitMix64(state: 5)
        let tokens = try Examples.description(&random)
        let bits = tokens.map { rarity.excess(of: $0) }
        let cascade = try Cascade(name: "t", steps: [.init(brick: try LanguageModel(model))])
        let verdict = self.verdict(cascade, tokens)
        let found = CascadeExplainer(cascade).explain(tokens[...], verdict: verdict).surprises
        let rare = bits.filter { $0 > 0 }.sorted(by: >)
        #expect(rare.count > 3)
        #expect(found.map(\.points) == Array(rare.prefix(3)))
        #expect(found.allSatisfy { reason in rarity.excess(of: reason.token) == reason.points })
        // The scale of the example reaches evenly from 0 to 1,000 bits.
        #expect(abs(verdict.unusualness * 1000 - bits.reduce(0) { $0 + max(0, $1) }) < 1e-3)
    }

    @Test func `no kind is named twice, though a merchant's name is several phrases`() throws {
        let model = try #require(try Examples.wholeModel())
        let cascade = try Cascade(name: "t", steps: [.init(brick: try LanguageModel(model))])
        let explainer = CascadeExplainer(cascade)
        var random = SplitMix64(state: 6)
        var repeated = 0
        for _ in 0..<40 {
            var tokens = try Examples.description(&random).filter { $0.kind != Kind.merchantWord.rawValue }
            tokens += (0..<5).map { Token(kind: Kind.merchantWord.rawValue, index: $0, weight: 0) }
            let explanation = explainer.explain(tokens[...], verdict: verdict(cascade, tokens))
            for reasons in [explanation.reasons, explanation.surprises] {
                #expect(Set(reasons.map(\.token.kind)).count == reasons.count)
                #expect(reasons.map(\.points) == reasons.map(\.points).sorted(by: >))
            }
            if explanation.surprises.contains(where: { $0.kind == .merchantWord }) { repeated += 1 }
        }
        #expect(repeated > 0, "words of a name should be among the surprises")
    }

    @Test func `numbers are rounded away from the actual one to what people are told`() {
        #expect(Kind.amount.rounded(87.3, isUp: false) == 87)
        #expect(Kind.amount.rounded(87.3, isUp: true) == 88)
        #expect(Kind.amount.rounded(1234, isUp: false) == 1200)
        #expect(Kind.amountToMedian.rounded(0.0347, isUp: false) == 0.034)
        #expect(Kind.amountZ.rounded(-1.23, isUp: false) == -1.3)
        #expect(Kind.count10m.rounded(3.4, isUp: true) == 4)
        #expect(Kind.count10m.rounded(3.4, isUp: false) == 3)
    }
}
