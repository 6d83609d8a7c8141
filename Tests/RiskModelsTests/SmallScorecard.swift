import Descriptions
import RiskModels

/// A scorecard of two kinds and one pair, small enough to compute by hand.
enum SmallScorecard {
    static func vocabulary() throws -> Vocabulary {
        try Vocabulary(entries: [
            .init(kind: .amount, values: .edges([0, 100, 200])),
            .init(kind: .hour, values: .edges([0, 12])),
        ])
    }

    static func weights(intercept: Double = -1) -> ScorecardWeights {
        var means = [Float](repeating: 0, count: 256)
        means[Int(Kind.amount.rawValue)] = 0.5
        return ScorecardWeights(
            intercept: intercept, points: [0, 1, 4, 0.25, -0.25], means: means,
            pairs: [
                .init(
                    first: .amount, second: .hour, firstCoordinates: [0, 0.5, 1],
                    secondCoordinates: [0, 1],
                    firstSize: 2, secondSize: 2, points: [0, 0, 0, 2])
            ])
    }

    static func model(intercept: Double = -1) throws -> ModelFile {
        let vocabulary = try vocabulary()
        guard
            let distribution = ScoreDistribution(
                transactionsPerDay: 1000, shares: [0.001, 0.01, 0.1, 1],
                probabilities: [0.9, 0.5, 0.1, 0.001])
        else { throw ModelFileError(.missing, operation: "test", cause: "distribution") }
        var model = ModelFile(
            name: "small", kind: .scorecard, vocabulary: vocabulary,
            tensors: weights(intercept: intercept).tensors(for: vocabulary), calibration: .identity,
            distribution: distribution)
        let descriptions = [[token(.amount, 1, 0.5), token(.hour, 0, 0.25)], [token(.amount, 2)], []]
        let assessments = ModelLoader.assess(descriptions, with: try Scorecard(model))
        model.golden = GoldenVector(
            descriptions: descriptions, probabilities: assessments.map(\.probability))
        return model
    }

    static func token(_ kind: Kind, _ index: UInt16, _ weight: Float = 0) -> Token {
        Token(kind: kind.rawValue, index: index, weight: weight)
    }
}
