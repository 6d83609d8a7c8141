import Descriptions
import History

@testable import RiskModels

/// Small language models and random descriptions for tests.
enum LanguageModelExamples {
    /// A few kinds of either form; `amount` and `hour` are of the transaction at hand.
    static let kinds: [Kind] = [
        .accountAgeDays, .usualAmount, .count10m, .count1h, .sum1d, .secondsSinceLast, .amount, .channel,
        .hour,
        .weekday, .amountToMean30d, .amountZ, .newMerchant, .distanceKm, .counterpartCount7d, .merchantWord,
    ]

    static func vocabulary() throws -> Vocabulary {
        try Vocabulary(
            entries: kinds.sorted { $0.rawValue < $1.rawValue }.enumerated().map { place, kind in
                let values: Vocabulary.Values =
                    kind.form == .number
                    ? .edges((0..<(3 + 4 * place)).map(Float.init))
                    : .categories(codes: [7, 9, 11], buckets: 2, saysMissing: false)
                return Vocabulary.Entry(kind: kind, values: values)
            })
    }

    /// Weights with something in every tensor.
    static func weights(
        width: Int = 64, layers: Int = 2, heads: Int = 4, isCausal: Bool = true, queries: Int = 1,
        seed: UInt64
    ) throws -> LanguageModelWeights? {
        guard
            let shape = LanguageModelShape(
                vocabulary: try vocabulary(), width: width, layers: layers, heads: heads, isCausal: isCausal,
                queries: queries)
        else { return nil }
        var weights = LanguageModelWeights(shape: shape, seed: seed)
        var random = SplitMix64(state: seed ^ 0xff)
        for place in weights.values.indices { weights.values[place] += 0.05 * random.symmetric() }
        weights.pairs = try [(Kind.amount, Kind.hour), (.count1h, .amountZ)].map {
            try pair($0, $1, &random)
        }
        return weights
    }

    /// Two kinds of the vocabulary together on a grid of 2 × 3.
    private static func pair(
        _ first: Kind, _ second: Kind, _ random: inout SplitMix64
    ) throws -> ScorecardWeights.Pair {
        let vocabulary = try vocabulary()
        func coordinates(_ kind: Kind, size: Int) -> [Float] {
            let last = vocabulary.count(of: kind) - 1
            return (0...last).map { Float(($0 * (size - 1)) / last) }
        }
        return ScorecardWeights.Pair(
            first: first, second: second, firstCoordinates: coordinates(first, size: 2),
            secondCoordinates: coordinates(second, size: 3), firstSize: 2, secondSize: 3,
            points: (0..<6).map { _ in random.symmetric() })
    }

    static func model(_ weights: LanguageModelWeights) throws -> ModelFile? {
        guard
            let distribution = ScoreDistribution(
                transactionsPerDay: 1000, shares: [0.5, 1], probabilities: [1, 0])
        else { return nil }
        return ModelFile(
            name: "test", kind: .languageModel, vocabulary: try vocabulary(), tensors: weights.tensors,
            calibration: .identity, distribution: distribution, settings: weights.settings)
    }

    /// Bits of rarity that differ from place to place.
    static func rarity(_ vocabulary: Vocabulary) -> [Float] {
        (0...vocabulary.rowCount).map { Float(($0 * 7) % 5) - 1.5 }
    }

    /// A whole file of a causal model: golden vector, and a scale of unusualness that reaches over all bits.
    /// - Parameter kinds: what its vocabulary says.
    static func wholeModel(
        saying kinds: [Kind] = kinds, layers: Int = 1, seed: UInt64 = 2
    ) throws -> ModelFile? {
        let said = try Vocabulary(entries: vocabulary().entries.filter { kinds.contains($0.kind) })
        guard let shape = LanguageModelShape(vocabulary: said, width: 64, layers: layers, heads: 4),
            var model = try model(LanguageModelWeights(shape: shape, seed: seed))
        else { return nil }
        model.vocabulary = said
        model.tensors["unusualness.bits"] = Tensor([Double]([0, 1000]))
        model.tensors["unusualness.shares"] = Tensor([Double]([0, 1]))
        model.tensors["unusualness.rarity"] = Tensor(rarity(said))
        var random = SplitMix64(state: seed)
        let descriptions = try (0..<3).map { _ in
            try description(&random).filter { said.values(of: Kind(rawValue: $0.kind) ?? .amount) != nil }
        }
        let assessments = ModelLoader.assess(descriptions, with: try LanguageModel(model))
        model.golden = GoldenVector(
            descriptions: descriptions, probabilities: assessments.map(\.probability))
        return model
    }

    /// A description in the order of speech with some phrases left out.
    static func description(_ random: inout SplitMix64, longest: Int = .max) throws -> [Token] {
        var tokens: [Token] = []
        for entry in try vocabulary().entries where random.next() % 4 != 0 && tokens.count < longest {
            let index = UInt16(random.next() % UInt64(entry.values.count))
            let isBetween = entry.kind.form == .number && Int(index) + 1 < entry.values.count
            let weight = isBetween ? Float(random.next() >> 40) / 16_777_216 : 0
            tokens.append(Token(kind: entry.kind.rawValue, index: index, weight: weight))
        }
        return tokens
    }

    static func batch(_ descriptions: [[Token]]) -> DescriptionBatch {
        var batch = DescriptionBatch()
        for description in descriptions {
            for token in description { batch.append(token) }
            batch.endRow()
        }
        return batch
    }
}
