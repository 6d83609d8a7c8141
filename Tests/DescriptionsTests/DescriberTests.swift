import Banking
import History
import Testing

@testable import Descriptions

@Suite struct DescriberTests {
    private let edges: [Float] = [0, 1, 2.5, 10, 220, Float(220).nextUp, 300]

    private func describer(_ edges: [Float]) throws -> Describer {
        Describer(vocabulary: try Vocabulary(entries: [.init(kind: .amount, values: .edges(edges))]))
    }

    private func token(_ describer: Describer, _ value: Float) -> Token? {
        var row = FactRow()
        row[number: .amount] = value
        return describer.tokens(row).first
    }

    @Test func `a value lies between its two edges by its weight`() throws {
        let describer = try describer(edges)
        #expect(token(describer, 4) == Token(kind: Kind.amount.rawValue, index: 2, weight: 1.5 / 7.5))
        #expect(token(describer, 2.5) == Token(kind: Kind.amount.rawValue, index: 2, weight: 0))
    }

    @Test(arguments: [-5, -Float.infinity, 0])
    func `a value up to the first edge is the first edge`(value: Float) throws {
        #expect(token(try describer(edges), value) == Token(kind: Kind.amount.rawValue, index: 0, weight: 0))
    }

    @Test(arguments: [300, 301, Float.greatestFiniteMagnitude, Float.infinity])
    func `a value from the last edge on is the last edge`(value: Float) throws {
        #expect(token(try describer(edges), value) == Token(kind: Kind.amount.rawValue, index: 6, weight: 0))
    }

    @Test func `two neighbouring edges make a jump`() throws {
        let describer = try describer(edges)
        #expect(token(describer, 220)?.index == 4)
        #expect(token(describer, Float(220).nextUp)?.index == 5)
        #expect(token(describer, 220)?.weight == 0)
    }

    @Test(arguments: [2, 3, 17, 31, 32, 33, 63, 64])
    func `numbers are read back from their tokens for any count of edges`(count: Int) throws {
        let seed = UInt64(count) &* 7919
        var generator = SeededGenerator(seed: seed)
        var edges: Set<Float> = []
        while edges.count < count { edges.insert(generator.unit() * 1000 - 300) }
        let sorted = edges.sorted()
        let describer = try describer(sorted)
        for _ in 0..<500 {
            let value = generator.unit() * 1100 - 350
            let found = try #require(token(describer, value))
            let number = try #require(describer.vocabulary.number(of: found))
            let expected = min(max(value, sorted[0]), sorted[count - 1])
            #expect((number - expected).magnitude <= 1e-4, "seed \(seed), value \(value), token \(found)")
            #expect(found.weight >= 0 && found.weight < 1)
            #expect(Int(found.index) == (sorted.lastIndex { $0 <= expected } ?? 0) || found.weight == 0)
        }
    }

    @Test func `the encoding is continuous and rises with the value`() throws {
        let describer = try describer([0, 1, 1.5, 4, 100])
        var previous: Float = -1
        var value: Float = -1
        while value < 101 {
            let found = try #require(token(describer, value))
            let place = Float(found.index) + found.weight
            #expect(place >= previous && place - max(previous, 0) < 0.11, "at \(value)")
            previous = place
            value += 0.05
        }
    }

    @Test func `absent facts are left out and the rest keeps its order`() throws {
        let vocabulary = try VocabularyLearner().learn(from: Examples.table(rows: 500, seed: 1))
        let describer = Describer(vocabulary: vocabulary)
        #expect(describer.tokens(FactRow()).isEmpty)
        var row = FactRow()
        row[number: .count1h] = 3
        row[number: .amount] = 12
        row[code: .weekday] = 2
        #expect(describer.tokens(row).map(\.kind) == [Kind.count1h, .amount, .weekday].map(\.rawValue))
    }

    @Test func `a missing fact is said where the vocabulary says so`() throws {
        for saysMissing in [true, false] {
            let values = Vocabulary.Values.categories(codes: [3, 9], buckets: 4, saysMissing: saysMissing)
            let vocabulary = try Vocabulary(entries: [.init(kind: .channel, values: values)])
            let describer = Describer(vocabulary: vocabulary)
            #expect(describer.tokens(FactRow()).map(\.index) == (saysMissing ? [0] : []))
        }
    }

    @Test func `frequent codes have their own place and others share stable buckets`() throws {
        let codes: [UInt32] = [5411, 5812, 1, 4_294_967_295, 77]
        let values = Vocabulary.Values.categories(codes: codes, buckets: 8, saysMissing: false)
        let describer = Describer(
            vocabulary: try Vocabulary(entries: [.init(kind: .merchantCategory, values: values)]))
        func place(_ code: UInt32) -> Int? {
            var row = FactRow()
            row[code: .merchantCategory] = code
            return describer.tokens(row).first.map { Int($0.index) }
        }
        for (index, code) in codes.enumerated() { #expect(place(code) == index + 1) }
        // Golden: a change of the hash would silently scramble shipped models.
        #expect([2, 3, 4, 5999, 7995].map { place($0) } == [7, 10, 7, 6, 12])
        var used: Set<Int> = []
        for code in UInt32(1000)..<2000 { used.insert(place(code) ?? -1) }
        #expect(used == Set(6...13))
    }

    @Test func `batches after the largest allocate nothing more`() throws {
        let vocabulary = try VocabularyLearner().learn(from: Examples.table(rows: 500, seed: 2))
        let describer = Describer(vocabulary: vocabulary)
        var generator = SeededGenerator(seed: 3)
        let rows = (0..<64).map { _ in Examples.randomRow(&generator) }
        var batch = DescriptionBatch()
        var address: UnsafeRawPointer?
        for round in 0..<20 {
            batch.removeAll()
            for _ in 0..<20 { for row in rows { describer.describe(row, into: &batch) } }
            let now = batch.withTokens { tokens, _ in UnsafeRawPointer(tokens.baseAddress) }
            if round > 0 { #expect(now == address) }
            address = now
        }
        #expect(batch.count == 1280)
    }

    @Test func `rows of a batch are the descriptions one by one`() throws {
        let vocabulary = try VocabularyLearner().learn(from: Examples.table(rows: 500, seed: 4))
        let describer = Describer(vocabulary: vocabulary)
        var generator = SeededGenerator(seed: 5)
        let rows = (0..<50).map { _ in Examples.randomRow(&generator) } + [FactRow(), Examples.fullRow()]
        var batch = DescriptionBatch()
        for row in rows { describer.describe(row, into: &batch) }
        #expect(batch.count == rows.count)
        for (index, row) in rows.enumerated() {
            #expect(Array(batch.tokens[batch.row(index)]) == describer.tokens(row))
        }
        #expect(batch.tokenCount == batch.row(rows.count - 1).upperBound)
    }

    @Test func `no text of a merchant makes tokens of another kind`() throws {
        var generator = SeededGenerator(seed: 6)
        let vocabulary = try VocabularyLearner().learn(from: Examples.table(rows: 500, seed: 6))
        let describer = Describer(vocabulary: vocabulary)
        for _ in 0..<500 {
            var row = FactRow()
            for fact in Kind.merchantWord.allFacts {
                row[code: fact] = UInt32(truncatingIfNeeded: generator.next()) | 1
            }
            let tokens = describer.tokens(row)
            #expect(tokens.count == 6)
            #expect(tokens.allSatisfy { $0.kind == Kind.merchantWord.rawValue })
            let places = vocabulary.count(of: .merchantWord)
            #expect(tokens.allSatisfy { $0.weight == 0 && Int($0.index) < places })
        }
    }
}
