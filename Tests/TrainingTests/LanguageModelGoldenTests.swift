import Descriptions
import Foundation
import RiskModels
import Testing

@testable import Training

/// Against PyTorch's autograd in float64: `golden/language_model.py`.
@Suite struct LanguageModelGoldenTests {
    private struct Golden: Decodable {
        struct Gradient: Decodable {
            var tensor: String
            var norm: Double
            var sum: Double
            var step: Int
            var elements: [Double]
        }
        var seed: UInt64
        var width, layers, heads, queries: Int
        var isCausal: Bool
        var offset, judgingWeight, readingWeight: Float
        /// Per description and phrase: entry, index, weight.
        var descriptions: [[[Float]]]
        var labels: [UInt8]
        var logits: [Double]
        var judging, reading: Double
        var gradients: [Gradient]
    }

    private func golden() throws -> [Golden] {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "golden/language_model.json")
        return try JSONDecoder().decode([Golden].self, from: Data(contentsOf: file))
    }

    /// The weights that the script draws.
    private func weights(_ golden: Golden, _ shape: LanguageModelShape) -> LanguageModelWeights {
        var random = SeededRandom(state: golden.seed)
        var values: [Float] = []
        for part in shape.parts {
            let name = LanguageModelShape.name(of: part)
            let base: Float = name.hasSuffix("gain") || name.hasSuffix("gates") ? 1 : 0
            for _ in 0..<shape.count(of: part) {
                let draw = Double(random.next() >> 40) / 8_388_608 - 1
                values.append(base + Float(0.2 * draw))
            }
        }
        return LanguageModelWeights(shape: shape, values: values)
    }

    @Test func `losses, log-odds and all gradients are those of PyTorch`() throws {
        let cases = try golden()
        #expect(cases.count == 2)
        for golden in cases {
            let vocabulary = try SmallLesson.vocabulary()
            let shape = try #require(
                LanguageModelShape(
                    vocabulary: vocabulary, width: golden.width, layers: golden.layers, heads: golden.heads,
                    isCausal: golden.isCausal, queries: golden.queries))
            let descriptions = golden.descriptions.map { description in
                description.map {
                    Token(
                        kind: vocabulary.entries[Int($0[0])].kind.rawValue, index: UInt16($0[1]),
                        weight: $0[2])
                }
            }
            let matrix = TokenMatrix(
                descriptions: descriptions, labels: golden.labels, vocabulary: vocabulary)
            let memory = SmallLesson.memory(weights(golden, shape))
            let run = GradientRun(shape, threads: 1)
            var job = LanguageModelPass.Job()
            job.judging = golden.judgingWeight
            job.reading = golden.readingWeight
            job.logitOffset = golden.offset
            let examples = descriptions.indices.map { Int32($0) }
            let logits = run.logits(examples, of: matrix, weights: memory)
            let losses = run.run(examples, of: matrix, job: job, weights: memory)
            for (found, expected) in zip(logits, golden.logits) { #expect(abs(found - expected) < 1e-4) }
            #expect(abs(losses.judging - golden.judging) < 1e-4)
            #expect(abs(losses.reading - golden.reading) < 1e-3)
            #expect(golden.gradients.count == shape.parts.count)
            for (part, expected) in zip(shape.parts, golden.gradients) {
                #expect(LanguageModelShape.name(of: part) == expected.tensor)
                compare(run.gradient, shape.places[part] ?? 0..<0, expected)
            }
        }
    }

    private func compare(_ gradient: FloatMemory, _ place: Range<Int>, _ expected: Golden.Gradient) {
        let found = place.map { Double(gradient.base[$0]) }
        let norm = found.reduce(0) { $0 + $1 * $1 }.squareRoot()
        let tolerance = 1e-5 + 1e-4 * expected.norm
        #expect(abs(norm - expected.norm) < tolerance, "\(expected.tensor)")
        #expect(abs(found.reduce(0, +) - expected.sum) < 10 * tolerance, "\(expected.tensor)")
        for (index, element) in expected.elements.enumerated() {
            #expect(abs(found[index * expected.step] - element) < tolerance, "\(expected.tensor)")
        }
    }
}
