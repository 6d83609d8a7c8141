import Banking
import Descriptions
import RiskModels
import Testing

@Suite struct ScorecardTests {
    private func token(_ kind: Kind, _ index: UInt16, _ weight: Float = 0) -> Token {
        SmallScorecard.token(kind, index, weight)
    }

    @Test func `the logit is the sum by hand`() throws {
        let scorecard = try Scorecard(SmallScorecard.model())
        // −1 + lerp(1, 4; ½) + lerp(¼, −¼; ¼) + pair at (¾, ¼) of a grid with 2 in one corner.
        let found = ModelLoader.assess([[token(.amount, 1, 0.5), token(.hour, 0, 0.25)]], with: scorecard)[
            0]
        #expect(abs(found.logit - (-1 + 2.5 + 0.125 + 0.75 * 0.25 * 2)) < 1e-12)
        #expect(found.probability == ExactMath.sigmoid(found.logit))
        #expect(found.unusualness.isNaN)
    }

    @Test func `an empty description gets the intercept`() throws {
        let found = ModelLoader.assess([[]], with: try Scorecard(SmallScorecard.model()))[0]
        #expect(found.logit == -1)
    }

    @Test func `a row never depends on its neighbours`() throws {
        let scorecard = try Scorecard(SmallScorecard.model())
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed \(seed)")
        var state = seed
        func random(_ limit: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % limit
        }
        let descriptions = (0..<200).map { _ -> [Token] in
            var tokens: [Token] = []
            if random(4) > 0 {
                tokens.append(token(.amount, UInt16(random(2)), Float(random(1000)) / 1000))
            }
            if random(4) > 0 { tokens.append(token(.hour, 0, Float(random(1000)) / 1000)) }
            return tokens
        }
        let together = ModelLoader.assess(descriptions, with: scorecard)
        for (description, assessment) in zip(descriptions, together) {
            let alone = ModelLoader.assess([description], with: scorecard)[0]
            #expect(alone.logit.bitPattern == assessment.logit.bitPattern)
            #expect(alone.probability.bitPattern == assessment.probability.bitPattern)
        }
    }

    @Test func `contributions and intercept add up to the logit`() throws {
        let scorecard = try Scorecard(SmallScorecard.model())
        let tokens = [token(.amount, 1, 0.5), token(.hour, 0, 0.25)]
        let sum = scorecard.contributions(of: tokens[...]).reduce(-1, +)
        #expect(abs(sum - ModelLoader.assess([tokens], with: scorecard)[0].logit) < 1e-12)
    }

    @Test func `reasons are the phrases above their average, strongest first`() throws {
        let scorecard = try Scorecard(SmallScorecard.model())
        let tokens = [token(.amount, 2), token(.hour, 0)]
        let reasons = scorecard.reasons(for: tokens[...], limit: 5)
        #expect(reasons.map(\.kind) == [.amount, .hour])
        #expect(reasons[0].points == 4 - 0.5)
        #expect(scorecard.reasons(for: tokens[...], limit: 1).count == 1)
        #expect(scorecard.reasons(for: [token(.amount, 0)][...], limit: 5).isEmpty)
    }

    @Test func `tables that do not fit the vocabulary are refused`() throws {
        var model = try SmallScorecard.model()
        model.tensors["scorecard.points"] = Tensor([Float(1)])
        #expect { try Scorecard(model) } throws: { ($0 as? ModelFileError)?.code == .foreignVocabulary }
        model.tensors["scorecard.means"] = Tensor([Float(1)])
        model.tensors["scorecard.points"] = Tensor([Float](repeating: 0, count: 5))
        #expect { try Scorecard(model) } throws: { ($0 as? ModelFileError)?.code == .wrongShape }
        model.tensors["scorecard.points"] = nil
        #expect { try Scorecard(model) } throws: { ($0 as? ModelFileError)?.code == .missing }
        model = try SmallScorecard.model()
        model.tensors["scorecard.pair_coordinates"] = Tensor([Float(0), 0.5, 7, 0, 1])
        #expect { try Scorecard(model) } throws: { ($0 as? ModelFileError)?.code == .wrongShape }
    }
}
