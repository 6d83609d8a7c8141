import Descriptions
import Testing

@testable import RiskModels

@Suite struct PhraseChangeTests {
    typealias Examples = LanguageModelExamples

    @Test func `variants that share what was read score the same bits as each one read alone`() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed \(seed)")
        var random = SplitMix64(state: seed)
        for (layers, isCausal, queries) in [(1, true, 1), (2, true, 4), (3, true, 2), (2, false, 1)] {
            let weights = try #require(
                try Examples.weights(
                    layers: layers, isCausal: isCausal, queries: queries, seed: random.next()))
            let brick = try LanguageModel(#require(try Examples.model(weights)))
            // One reader for all descriptions: what it kept of the last one must not leak into the next.
            let reader = brick.makeReader(largestBatch: PhraseChange.lot)
            for _ in 0..<6 {
                let tokens = try Examples.description(&random)
                let changes = try Self.changes(of: tokens, &random)
                let together = reader.assess(changes, of: tokens[...])
                #expect(together.count == changes.count)
                for (change, assessment) in zip(changes, together) {
                    let alone = ModelLoader.assess([change.applied(to: tokens[...])], with: brick)[0]
                    #expect(
                        assessment.logit.bitPattern == alone.logit.bitPattern,
                        "\(layers) layers, causal \(isCausal), \(queries) queries: \(change)")
                    #expect(assessment.probability.bitPattern == alone.probability.bitPattern)
                }
            }
        }
    }

    /// None, every phrase left out, and every phrase replaced by another of its kind; more than a lot.
    private static func changes(
        of tokens: [Token], _ random: inout SplitMix64
    ) throws -> [PhraseChange] {
        var changes: [PhraseChange] = [.none] + tokens.indices.map { .leaveOut($0) }
        while changes.count <= PhraseChange.lot + 7 {
            let others = try Examples.description(&random)
            for (place, token) in tokens.enumerated() {
                guard let other = others.first(where: { $0.kind == token.kind }) else { continue }
                changes.append(.replace(place, by: other))
            }
        }
        return changes
    }

    @Test func `a change says what stands before it`() {
        let tokens = (0..<3).map { Token(kind: UInt8($0), index: 0, weight: 0) }
        let other = Token(kind: 1, index: 1, weight: 0)
        #expect(PhraseChange.none.applied(to: tokens[...]) == tokens)
        #expect(PhraseChange.leaveOut(1).applied(to: tokens[...]) == [tokens[0], tokens[2]])
        #expect(PhraseChange.replace(1, by: other).applied(to: tokens[...]) == [tokens[0], other, tokens[2]])
        #expect(PhraseChange.none.shared(of: 3) == 3)
        #expect(PhraseChange.leaveOut(1).shared(of: 3) == 1)
        #expect(PhraseChange.replace(2, by: other).shared(of: 3) == 2)
    }
}
