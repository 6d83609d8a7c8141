import Banking
import Descriptions
import History
import RiskModels
import Testing

@testable import Training

@Suite struct LogisticProblemTests {
    /// 400 rows of two numbers and a label that depends on both together.
    private func problem() throws -> LogisticProblem {
        var facts = FactTable()
        for place in 0..<400 {
            var row = FactRow()
            row[number: .amount] = Float(place * 37 % 101)
            row[number: .hour] = place % 9 == 0 ? .nan : Float(place * 13 % 24)
            let isFraud = place * 37 % 101 > 60 && place * 13 % 24 > 12 || place % 29 == 0
            facts.append(row, label: isFraud ? 1 : 0)
        }
        let vocabulary = try Vocabulary(entries: [
            .init(kind: .amount, values: .edges([0, 20, 40, 60, 80, 100])),
            .init(kind: .hour, values: .edges([0, 6, 12, 18, 23])),
        ])
        let matrix = TokenMatrix(
            facts: facts, rows: Array(0..<400), vocabulary: vocabulary, genuineWeight: 1.5)
        let pair = PairFinder(gridSize: 4).pair(
            .amount, .hour, vocabulary: vocabulary,
            mass: [Double](repeating: 1, count: vocabulary.rowCount + 1))
        let pairMatrix = PairMatrix(
            pair, first: matrix.coordinates(of: .amount), second: matrix.coordinates(of: .hour))
        return LogisticProblem(
            matrix: matrix, pairs: [pair], pairMatrices: [pairMatrix],
            strengths: .init(ridge: 0.2, smoothness: 0.7, pairRidge: 0.4, pairSmoothness: 0.3))
    }

    @Test func `the gradient is the slope of the loss`() throws {
        let problem = try problem()
        let point = (0..<problem.parameterCount).map { Double($0 * 7 % 11) / 11 - 0.5 }
        var gradient: [Double] = []
        _ = problem.loss(point, gradient: &gradient)
        var unused: [Double] = []
        // The place between points and pairs is never read.
        for place in point.indices where place != problem.pairStart - 1 {
            var (below, above) = (point, point)
            below[place] -= 1e-5
            above[place] += 1e-5
            let slope =
                (problem.loss(above, gradient: &unused) - problem.loss(below, gradient: &unused)) / 2e-5
            #expect(abs(slope - gradient[place]) < 1e-4 * max(1, abs(slope)))
        }
    }

    @Test func `the minimum has no slope`() throws {
        let problem = try problem()
        var optimiser = LimitedMemoryBFGS()
        optimiser.tolerance = 1e-14
        let found = optimiser.minimise(
            from: [Double](repeating: 0, count: problem.parameterCount),
            curvature: problem.curvature(prior: 0.2), problem.loss)
        var gradient: [Double] = []
        _ = problem.loss(found.point, gradient: &gradient)
        #expect(gradient.allSatisfy { abs($0) < 1e-3 })
    }

    @Test func `the served scorecard gives the trainer's logits`() throws {
        let problem = try problem()
        let point = (0..<problem.parameterCount).map { Double(Float($0 * 7 % 11) / 8 - 0.5) }
        let fit = ScorecardTrainer.Fit(parameters: point, pairs: problem.pairs, problem: problem)
        let vocabulary = problem.matrix.vocabulary
        let weights = ScorecardTrainer().weights(of: fit)
        let distribution = try #require(
            ScoreDistribution(transactionsPerDay: 1, shares: [1], probabilities: [0]))
        let scorecard = try Scorecard(
            ModelFile(
                name: "t", kind: .scorecard, vocabulary: vocabulary,
                tensors: weights.tensors(for: vocabulary), calibration: .identity,
                distribution: distribution))
        var row = FactRow()
        row[number: .amount] = Float(5 * 37 % 101)
        row[number: .hour] = Float(5 * 13 % 24)
        let tokens = Describer(vocabulary: vocabulary).tokens(row)
        let served = ModelLoader.assess([tokens], with: scorecard)[0].logit
        #expect(abs(served - problem.logits(point)[5]) < 1e-5)
    }
}
