import RiskModels
import Testing

@Suite struct ScoreTests {
    @Test func `even odds score 500 and doubled odds 40 more`() {
        #expect(Score.ofProbability(0.5) == 500)
        #expect(Score.ofProbability(2.0 / 3) == 540)
        #expect(Score.ofProbability(1.0 / 3) == 460)
    }

    @Test func `the ends are clamped`() {
        #expect(Score.ofProbability(0) == 0)
        #expect(Score.ofProbability(1e-300) == 0)
        #expect(Score.ofProbability(1) == 999)
        #expect(Score.ofProbability(.nan) == 0)
    }

    @Test func `the score never falls while the probability grows`() {
        let scores = stride(from: 0.0, through: 1, by: 0.0001).map(Score.ofProbability)
        #expect(zip(scores, scores.dropFirst()).allSatisfy { $0 <= $1 })
    }
}
