import Descriptions
import Testing

@testable import RiskModels

@Suite struct LanguageModelWeightsTests {
    private func model() throws -> ModelFile {
        let weights = try #require(try LanguageModelExamples.weights(queries: 2, seed: 1))
        return try #require(try LanguageModelExamples.model(weights))
    }

    private func code(of model: ModelFile) -> ModelFileError.Code? {
        do {
            _ = try LanguageModel(model)
            return nil
        } catch { return error.code }
    }

    private func floats(_ values: [Float], shape: [Int]) throws -> Tensor {
        try #require(Tensor(element: .float32, shape: shape, bytes: Tensor(values).bytes))
    }

    @Test func `weights come back from their tensors`() throws {
        let weights = try #require(try LanguageModelExamples.weights(queries: 2, seed: 1))
        let read = try LanguageModelWeights(model())
        #expect(read == weights)
    }

    @Test func `the same seed gives the same weights and another seed others`() throws {
        let shape = try #require(try LanguageModelExamples.weights(seed: 1)).shape
        #expect(LanguageModelWeights(shape: shape, seed: 4) == LanguageModelWeights(shape: shape, seed: 4))
        #expect(LanguageModelWeights(shape: shape, seed: 4) != LanguageModelWeights(shape: shape, seed: 5))
    }

    @Test func `every tensor must be there`() throws {
        for name in try model().tensors.keys.sorted() {
            var file = try model()
            file.tensors[name] = nil
            #expect(code(of: file) == .missing, "\(name)")
        }
    }

    @Test func `every tensor must have its shape`() throws {
        // What is wrong with a scorecard's pairs is told as in its own file.
        for name in try model().tensors.keys.sorted() where !name.hasPrefix("scorecard.") {
            var file = try model()
            file.tensors[name] = Tensor([Float](repeating: 0, count: 3))
            #expect(code(of: file) == .wrongShape, "\(name)")
        }
    }

    @Test(arguments: [Float.nan, .infinity, 10_001])
    func `a number that could overflow is refused`(number: Float) throws {
        var file = try model()
        var values = [Float](repeating: 0, count: 64)
        values[63] = number
        file.tensors["final.norm.gain"] = try floats(values, shape: [64])
        #expect(code(of: file) == .notFinite)
    }

    @Test func `a pair that overflows or leaves its grid is refused`() throws {
        var file = try model()
        file.tensors["scorecard.pair_points"] = Tensor([Float](repeating: 20_000, count: 12))
        #expect(code(of: file) == .notFinite)
        file = try model()
        let count = try #require(file.tensors["scorecard.pair_coordinates"]?.floats?.count)
        file.tensors["scorecard.pair_coordinates"] = Tensor([Float](repeating: 9, count: count))
        #expect(code(of: file) == .wrongShape)
    }

    @Test func `a scorecard that is joined gives the mean of both log-odds`() throws {
        let weights = try #require(try LanguageModelExamples.weights(seed: 3))
        var alone = weights
        alone.pairs = []
        for place in alone.shape.places[.points] ?? 0..<0 { alone.values[place] = 0 }
        var card = alone
        card.values = card.values.map { _ in 0 }
        for place in card.shape.places[.points] ?? 0..<0 { card.values[place] = weights.values[place] }
        for place in card.shape.places[.judgingBias] ?? 0..<0 { card.values[place] = -3 }
        card.pairs = weights.pairs
        var joined = alone
        joined.join(
            ScorecardWeights(
                intercept: -3, points: Array(weights[.points]), means: [], pairs: weights.pairs),
            share: 0.25)
        print("seed 4")
        var random = SplitMix64(state: 4)
        for _ in 0..<20 {
            let tokens = try LanguageModelExamples.description(&random)[...]
            let (own, other) = (logit(alone, tokens), logit(card, tokens))
            #expect(abs(logit(joined, tokens) - (0.75 * own + 0.25 * other)) < 1e-5)
        }
    }

    private func logit(_ weights: LanguageModelWeights, _ tokens: ArraySlice<Token>) -> Float {
        LanguageModelReference(weights).read(tokens).logit
    }

    @Test func `settings must be sizes that the engine serves`() throws {
        let wrong = [("width", "96"), ("layers", "9"), ("heads", "3"), ("causal", "2"), ("queries", "0")]
        for (name, value) in wrong {
            var file = try model()
            file.settings[name] = value
            #expect(code(of: file) == .wrongShape, "\(name)")
            file.settings[name] = "many"
            #expect(code(of: file) == .missing, "\(name)")
        }
    }

    @Test func `a vocabulary of another size does not fit`() throws {
        var file = try model()
        file.vocabulary = try Vocabulary(entries: Array(file.vocabulary.entries.dropLast()))
        #expect(code(of: file) == .foreignVocabulary)
    }

    @Test func `an unknown instruction set is refused`() {
        #expect(throws: ModelFileError.self) { try KernelSet.chosen(environment: ["VIGIE_CPU": "altivec"]) }
    }

    @Test func `the scalar set can be forced`() throws {
        let chosen = try KernelSet.chosen(environment: ["VIGIE_CPU": "scalar"])
        #expect(chosen.name == "scalar")
    }
}
