import CKernels
import Descriptions
import Foundation
import Testing

@testable import RiskModels

@Suite struct LanguageModelTests {
    typealias Examples = LanguageModelExamples

    private func brick(_ weights: LanguageModelWeights, _ kernels: KernelSet) throws -> LanguageModel {
        try LanguageModel(try #require(try Examples.model(weights)), kernels: kernels)
    }

    private func best() throws -> KernelSet { try #require(KernelSet.all.first) }

    @Test(arguments: [
        (64, 1, 4, true, 1), (64, 2, 2, true, 3), (128, 2, 4, false, 1), (128, 4, 8, true, 1),
        (192, 1, 3, true, 2),
        (256, 2, 4, false, 2),
    ])
    func `log-odds and surprise agree with the reference within rounding to 8 bits`(
        width: Int, layers: Int, heads: Int, isCausal: Bool, queries: Int
    ) throws {
        var random = SplitMix64(state: UInt64(width + layers))
        let weights = try #require(
            try Examples.weights(
                width: width, layers: layers, heads: heads, isCausal: isCausal, queries: queries, seed: 9))
        let reference = LanguageModelReference(weights)
        let descriptions = try (0..<12).map { _ in try Examples.description(&random) }
        let reader = try brick(weights, try best()).reader()
        let found = reader.logits(of: Examples.batch(descriptions))
        for (description, logit) in zip(descriptions, found) {
            let reading = reference.read(description[...])
            #expect(abs(logit - Double(reading.logit)) < 0.05)
            for (bits, exact) in zip(reader.surprisesByPhrase(of: description), reading.surprises) {
                #expect(abs(bits - Double(exact)) < 0.15)
            }
        }
    }

    @Test func `points alone give exactly the reference's log-odds`() throws {
        var weights = try #require(try Examples.weights(seed: 2))
        let points = try #require(weights.shape.places[.points])
        for place in weights.values.indices {
            // Multiples of a power of two small enough that no sum is rounded.
            weights.values[place] = points.contains(place) ? Float(place % 64) / 64 : 0
        }
        for pair in weights.pairs.indices { weights.pairs[pair].points = (0..<6).map { Float($0) / 64 } }
        var random = SplitMix64(state: 8)
        var tokens = try Examples.description(&random)
        for place in tokens.indices { tokens[place].weight = tokens[place].weight > 0 ? 0.25 : 0 }
        let logit = try brick(weights, try best()).reader().logits(of: Examples.batch([tokens]))[0]
        #expect(logit == Double(LanguageModelReference(weights).read(tokens[...]).logit))
        #expect(logit > 0)
    }

    @Test func `a model without a body judges by its queries as the reference does`() throws {
        var weights = try #require(try Examples.weights(queries: 2, seed: 2))
        for layer in 0..<2 {
            for part in [
                LanguageModelShape.Part.outputWeight(layer), .outputBias(layer), .downWeight(layer),
                .downBias(layer),
            ] {
                for place in try #require(weights.shape.places[part]) { weights.values[place] = 0 }
            }
        }
        var random = SplitMix64(state: 8)
        let tokens = try Examples.description(&random)
        let logit = try brick(weights, try best()).reader().logits(of: Examples.batch([tokens]))[0]
        #expect(abs(logit - Double(LanguageModelReference(weights).read(tokens[...]).logit)) < 1e-5)
    }

    @Test func `the largest weights and strangest descriptions never give a NaN`() throws {
        var random = SplitMix64(state: 12)
        for queries in [1, 8] {
            var weights = try #require(try Examples.weights(layers: 8, queries: queries, seed: 2))
            for place in weights.values.indices {
                weights.values[place] = random.next() % 2 == 0 ? 10_000 : -10_000
            }
            let tokens = try Examples.description(&random)
            let long = (0..<200).map { tokens[$0 % tokens.count] }
            let descriptions = [[], tokens, long, [Token(kind: 250, index: 9999, weight: 0.5)]]
            for kernels in KernelSet.all {
                let reader = try brick(weights, kernels).reader(measuresSurprise: true)
                let batch = Examples.batch(descriptions)
                #expect(reader.logits(of: batch).allSatisfy { $0.isFinite })
                #expect(reader.surprises(of: batch).allSatisfy { $0.isFinite })
            }
        }
    }

    @Test func `phrases beyond the longest description are not read`() throws {
        let weights = try #require(try Examples.weights(seed: 2))
        let token = Token(kind: Kind.amount.rawValue, index: 3, weight: 0.5)
        let reader = try brick(weights, try best()).reader()
        let lengths = [119, 120, 121, 300]
        let logits = reader.logits(of: Examples.batch(lengths.map { Array(repeating: token, count: $0) }))
        #expect(logits[0] != logits[1])
        #expect(logits[1] == logits[2] && logits[2] == logits[3])
    }

    @Test func `asking for surprise does not change the log-odds`() throws {
        var random = SplitMix64(state: 3)
        let weights = try #require(try Examples.weights(seed: 2))
        let descriptions = try (0..<40).map { _ in try Examples.description(&random) }
        let brick = try brick(weights, try best())
        let batch = Examples.batch(descriptions)
        #expect(brick.reader().logits(of: batch) == brick.reader(measuresSurprise: true).logits(of: batch))
        #expect(brick.reader().surprises(of: batch).allSatisfy { $0 == 0 })
    }

    @Test func `the surprise of a description is that of its now phrases`() throws {
        var random = SplitMix64(state: 3)
        let weights = try #require(try Examples.weights(seed: 2))
        let reader = try brick(weights, try best()).reader(measuresSurprise: true)
        for _ in 0..<10 {
            let tokens = try Examples.description(&random)
            let now = zip(tokens, reader.surprisesByPhrase(of: tokens)).filter {
                Kind(rawValue: $0.0.kind)?.isNow ?? false
            }
            let expected = now.reduce(0) { $0 + $1.1 }
            #expect(reader.surprises(of: Examples.batch([tokens])) == [expected])
        }
    }

    @Test func `reasons are what the log-odds lose without a phrase`() throws {
        var random = SplitMix64(state: 31)
        let weights = try #require(try Examples.weights(seed: 2))
        let brick = try brick(weights, try best())
        let tokens = try Examples.description(&random)
        let reasons = brick.reasons(for: tokens[...], limit: 3)
        #expect(!reasons.isEmpty && reasons.count <= 3)
        #expect(zip(reasons, reasons.dropFirst()).allSatisfy { $0.points >= $1.points })
        let first = try #require(reasons.first)
        let without = tokens.filter { $0 != first.token }
        let logits = brick.reader().logits(of: Examples.batch([tokens, without]))
        #expect(Float(logits[0] - logits[1]) == first.points)
    }

    @Test func `a file goes through the loader with golden bits and a scale of unusualness`() throws {
        var random = SplitMix64(state: 5)
        let weights = try #require(try Examples.weights(seed: 2))
        var model = try #require(try Examples.model(weights))
        model.tensors["unusualness.bits"] = Tensor([Double]([0, 1000]))
        model.tensors["unusualness.shares"] = Tensor([Double]([0, 1]))
        model.tensors["unusualness.rarity"] = Tensor(Examples.rarity(model.vocabulary))
        let descriptions = try (0..<3).map { _ in try Examples.description(&random) }
        let assessments = ModelLoader.assess(descriptions, with: try LanguageModel(model))
        #expect(assessments.allSatisfy { $0.unusualness > 0 && $0.unusualness < 1 })
        model.golden = GoldenVector(descriptions: descriptions, probabilities: assessments.map(\.probability))
        let brick = try ModelLoader.brick(ModelFile(decoding: model.encoded().encoded))
        #expect(brick.name == "language_model")
        model.golden.probabilities[1] = model.golden.probabilities[1].nextUp
        let changed = try ModelFile(decoding: model.encoded().encoded)
        #expect(throws: ModelFileError.self) { try ModelLoader.brick(changed) }
    }
}
