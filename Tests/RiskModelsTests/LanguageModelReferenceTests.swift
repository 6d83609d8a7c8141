import Descriptions
import Testing

@testable import RiskModels

@Suite struct LanguageModelReferenceTests {
    private func reference(isCausal: Bool, queries: Int = 1) throws -> LanguageModelReference {
        LanguageModelReference(
            try #require(
                try LanguageModelExamples.weights(isCausal: isCausal, queries: queries, seed: 3)))
    }

    private func description() throws -> [Token] {
        var random = SplitMix64(state: 17)
        return try LanguageModelExamples.description(&random)
    }

    @Test func `a causal phrase does not see the phrases behind it`() throws {
        let tokens = try description()
        let reference = try reference(isCausal: true)
        let whole = reference.read(tokens[...])
        let shorter = reference.read(tokens.dropLast())
        for place in 0..<tokens.count - 1 { #expect(whole.states[place] == shorter.states[place]) }
        #expect(whole.logit != shorter.logit)
        #expect(whole.surprises.dropLast() == shorter.surprises[...])
    }

    @Test func `a phrase that looks both ways sees all phrases`() throws {
        let tokens = try description()
        let reference = try reference(isCausal: false)
        let whole = reference.read(tokens[...])
        let shorter = reference.read(tokens.dropLast())
        #expect(whole.states[0] != shorter.states[0])
    }

    @Test(arguments: [true, false])
    func `queries see the phrases and not each other`(isCausal: Bool) throws {
        let tokens = try description()
        var weights = try #require(
            try LanguageModelExamples.weights(isCausal: isCausal, queries: 3, seed: 5))
        let before = LanguageModelReference(weights).read(tokens[...])
        let place = try #require(weights.shape.places[.queries])
        weights.values[place.lowerBound] += 1
        let after = LanguageModelReference(weights).read(tokens[...])
        #expect(before.states[..<tokens.count] == after.states[..<tokens.count])
        #expect(before.states[tokens.count] != after.states[tokens.count])
        #expect(before.states[(tokens.count + 1)...] == after.states[(tokens.count + 1)...])
    }

    @Test func `without preference every value surprises by the logarithm of their number`() throws {
        var weights = try #require(try LanguageModelExamples.weights(seed: 5))
        for part in [LanguageModelShape.Part.readingWeight, .readingStart, .readingBias] {
            for place in try #require(weights.shape.places[part]) { weights.values[place] = 0 }
        }
        // usualAmount: 7 values; amount: 27.
        let tokens = [
            Token(kind: Kind.usualAmount.rawValue, index: 2, weight: 0.5),
            Token(kind: Kind.amount.rawValue, index: 0, weight: 0),
        ]
        let counts = tokens.map { weights.shape.valueCounts[weights.shape.entryPlaces[Int($0.kind)]] }
        let surprises = LanguageModelReference(weights).read(tokens[...]).surprises
        for (surprise, count) in zip(surprises, counts) {
            #expect(abs(Double(surprise) - log2(Double(count))) < 1e-5)
        }
    }

    @Test func `the surprise between two values is the mean of theirs by weight`() throws {
        let reference = try reference(isCausal: true)
        func surprise(_ index: UInt16, _ weight: Float) -> Float {
            let tokens = [
                Token(kind: Kind.usualAmount.rawValue, index: 2, weight: 0),
                Token(kind: Kind.amount.rawValue, index: index, weight: weight),
            ]
            return reference.read(tokens[...]).surprises[1]
        }
        let expected = 0.75 * surprise(4, 0) + 0.25 * surprise(5, 0)
        #expect(abs(surprise(4, 0.25) - expected) < 1e-5)
    }

    @Test func `GELU is the tanh form`() {
        for (x, y) in [(Float(0), Float(0)), (1, 0.841_192), (-1, -0.158_808), (3, 2.996_363), (-10, 0)] {
            #expect(abs(LanguageModelReference.gelu(x) - y) < 1e-6)
        }
    }

    /// For expectations only.
    private func log2(_ x: Double) -> Double {
        var (whole, rest) = (0.0, x)
        while rest >= 2 { (whole, rest) = (whole + 1, rest / 2) }
        var digit = 0.5
        for _ in 0..<40 {
            rest *= rest
            if rest >= 2 { (whole, rest) = (whole + digit, rest / 2) }
            digit /= 2
        }
        return whole
    }
}
