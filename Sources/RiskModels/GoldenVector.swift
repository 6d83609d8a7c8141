import Descriptions

/// A few descriptions and the exact bits of the probability that each must get.
public struct GoldenVector: Sendable, Equatable {
    public var descriptions: [[Token]] = []
    /// One per description.
    public var probabilities: [Double] = []

    public init() {}

    /// - Parameters:
    ///   - descriptions: at most 1,000, of at most 60 tokens.
    ///   - probabilities: what the brick gave for them, as many.
    public init(descriptions: [[Token]], probabilities: [Double]) {
        self.descriptions = descriptions
        self.probabilities = probabilities
    }

    /// Kinds are written as places in the vocabulary: a file outlives kinds that later come between.
    func add(to tensors: inout [String: Tensor], _ vocabulary: Vocabulary) {
        var starts: [UInt16] = [0]
        for description in descriptions {
            starts.append(UInt16(clamping: Int(starts[starts.count - 1]) + description.count))
        }
        let tokens = descriptions.joined()
        tensors["golden.starts"] = Tensor(starts)
        tensors["golden.kinds"] = Tensor(tokens.map { token in
            UInt16(clamping: vocabulary.entries.firstIndex { $0.kind.rawValue == token.kind } ?? Int.max)
        })
        tensors["golden.indices"] = Tensor(tokens.map(\.index))
        tensors["golden.weights"] = Tensor(tokens.map(\.weight))
        tensors["golden.probabilities"] = Tensor(probabilities)
    }

    /// Takes the golden vector out of a file's tensors.
    init(removingFrom tensors: inout [String: Tensor], _ vocabulary: Vocabulary) throws(ModelFileError) {
        guard let starts = tensors.removeValue(forKey: "golden.starts")?.integers16,
            let kinds = tensors.removeValue(forKey: "golden.kinds")?.integers16,
            let indices = tensors.removeValue(forKey: "golden.indices")?.integers16,
            let weights = tensors.removeValue(forKey: "golden.weights")?.floats,
            let probabilities = tensors.removeValue(forKey: "golden.probabilities")?.doubles
        else { throw ModelFile.fault(.missing, "the golden vector is missing") }
        guard !probabilities.isEmpty, starts.count == probabilities.count + 1, starts[0] == 0,
            Int(starts[starts.count - 1]) == kinds.count, kinds.count == indices.count,
            kinds.count == weights.count, zip(starts, starts.dropFirst()).allSatisfy({ $0 <= $1 }),
            weights.allSatisfy({ $0 >= 0 && $0 < 1 })
        else { throw ModelFile.fault(.missing, "the golden vector is not in order") }
        guard kinds.allSatisfy({ $0 < vocabulary.entries.count }) else {
            throw ModelFile.fault(.foreignVocabulary, "the golden vector says kinds that it does not have")
        }
        self.probabilities = probabilities
        descriptions = zip(starts, starts.dropFirst()).map { start, end in
            (Int(start)..<Int(end)).map { place in
                Token(
                    kind: vocabulary.entries[Int(kinds[place])].kind.rawValue, index: indices[place],
                    weight: weights[place])
            }
        }
    }

    /// Refuses tokens that the vocabulary does not have, before any brick is asked to read them.
    func check(against vocabulary: Vocabulary) throws(ModelFileError) {
        for token in descriptions.joined() {
            let count = Kind(rawValue: token.kind).map(vocabulary.count(of:)) ?? 0
            let last = token.weight > 0 ? Int(token.index) + 1 : Int(token.index)
            guard last < count else {
                throw ModelFileError(
                    .goldenMismatch, operation: "verify model",
                    cause: "the golden vector holds a token that the vocabulary does not have")
            }
        }
    }
}

extension ModelLoader {
    /// What a brick says about descriptions given as tokens, one at a time and all at once, must agree.
    public static func assess(_ descriptions: [[Token]], with brick: any Brick) -> [Assessment] {
        var batch = DescriptionBatch()
        for description in descriptions {
            for token in description { batch.append(token) }
            batch.endRow()
        }
        var assessments = [Assessment](repeating: Assessment(), count: descriptions.count)
        let rows = descriptions.indices.map { Int32(truncatingIfNeeded: $0) }
        let reader = brick.makeReader(largestBatch: max(1, descriptions.count))
        assessments.withUnsafeMutableBufferPointer { target in
            rows.withUnsafeBufferPointer { reader.read(batch, rows: $0, into: target) }
        }
        return assessments
    }

    /// Compares the bits of every golden description.
    static func verifyGolden(of brick: any Brick) throws(ModelFileError) {
        let golden = brick.model.golden
        try golden.check(against: brick.model.vocabulary)
        let found = assess(golden.descriptions, with: brick)
        for (place, assessment) in found.enumerated()
        where assessment.probability.bitPattern != golden.probabilities[place].bitPattern {
            throw ModelFileError(
                .goldenMismatch, operation: "verify model",
                cause: "golden description \(place) gives \(assessment.probability), "
                    + "the file says \(golden.probabilities[place])")
        }
    }
}
