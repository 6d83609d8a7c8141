import Descriptions

/// How much rarer each phrase is in history than phrases of its kind usually are: learned without labels.
///
/// A phrase at a place of its kind's values has −log₂ of the share of history's phrases of that kind that
/// stand there, less the mean of that over history (the entropy of the kind), in bits. What is above 0,
/// summed over a description, is its unusualness: the histogram-based outlier score (Goldstein, Dengel 2012)
/// over the places of the vocabulary, with what is usual left out.
public struct Rarity: Sendable {
    /// Bits above the usual by row of the vocabulary, and one 0 behind.
    public let bits: [Float]
    private let offsets: [Int32]
    private let counts: [Int32]

    /// - Parameter bits: one per row of the vocabulary, and one behind; `nil` for another number of them.
    public init?(bits: [Float], vocabulary: Vocabulary) {
        guard bits.count == vocabulary.rowCount + 1 else { return nil }
        self.bits = bits
        offsets = vocabulary.rowOffsets
        var counts = [Int32](repeating: 0, count: offsets.count)
        for entry in vocabulary.entries {
            counts[Int(entry.kind.rawValue)] = Int32(truncatingIfNeeded: entry.values.count)
        }
        self.counts = counts
    }

    /// Bits of one phrase above the usual of its kind: negative for what is said more often.
    public func excess(of token: Token) -> Float {
        let kind = Int(token.kind)
        guard kind < offsets.count, offsets[kind] >= 0 else { return 0 }
        let low = Int(offsets[kind]) + min(Int(token.index), Int(counts[kind]) - 1)
        return bits[low] + token.weight * (bits[low + 1] - bits[low])
    }

    /// Unusualness of a description in bits: what its phrases have above the usual, summed.
    public func excess(of tokens: some Sequence<Token>) -> Float {
        tokens.reduce(0) { $0 + max(0, excess(of: $1)) }
    }
}

/// From the unusualness of a description in bits to the share of descriptions that are less unusual.
///
/// Tensors `unusualness.bits` (strictly ascending) and `unusualness.shares` (ascending in [0, 1]), F64; and
/// `unusualness.rarity`, F32, one number per row of the vocabulary and one behind.
struct UnusualnessScale: Sendable {
    let rarity: Rarity
    let bits: [Double]
    let shares: [Double]

    /// - Returns: `nil` when the file has none of the tensors.
    init?(_ model: ModelFile) throws(ModelFileError) {
        let bits = model.tensors["unusualness.bits"]
        let shares = model.tensors["unusualness.shares"]
        let rarity = model.tensors["unusualness.rarity"]
        if bits == nil, shares == nil, rarity == nil { return nil }
        guard let bits = bits?.doubles, let shares = shares?.doubles, bits.count == shares.count,
            bits.count >= 2,
            zip(bits, bits.dropFirst()).allSatisfy({ $0 < $1 }), bits.allSatisfy(\.isFinite),
            zip(shares, shares.dropFirst()).allSatisfy({ $0 <= $1 }), shares.allSatisfy((0...1).contains)
        else { throw LanguageModelWeights.fault(.missing, "the scale of unusualness is not in order") }
        guard let rarity = rarity?.floats else {
            throw LanguageModelWeights.fault(
                .missing, "unusualness.rarity is missing: train the model again with this program")
        }
        guard rarity.allSatisfy({ $0.magnitude <= 1e6 }),
            let rarity = Rarity(bits: rarity, vocabulary: model.vocabulary)
        else {
            throw LanguageModelWeights.fault(
                .wrongShape,
                "unusualness.rarity has \(rarity.count) numbers, not "
                    + "\(model.vocabulary.rowCount + 1) of at most a million bits")
        }
        self.rarity = rarity
        self.bits = bits
        self.shares = shares
    }

    /// Share in [0, 1], linear between the given ones.
    func share(_ excess: Double) -> Double {
        guard excess > bits[0] else { return shares[0] }
        guard excess < bits[bits.count - 1] else { return shares[shares.count - 1] }
        var low = 0
        var high = bits.count - 1
        while high - low > 1 {
            let middle = (low + high) / 2
            if bits[middle] <= excess { low = middle } else { high = middle }
        }
        return shares[low] + (excess - bits[low]) / (bits[high] - bits[low]) * (shares[high] - shares[low])
    }
}
