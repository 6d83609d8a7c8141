import Descriptions

/// The architecture of a language model as data: sizes, and where each parameter lies.
///
/// A pre-norm transformer over phrases. One description has T phrases and is followed by Q query tokens:
///
///     x[t]   = kinds[entry] + (1−w)·values[row] + w·values[row + 1]             t < T, [d]
///     x[T+q] = queries[q]                                                        q < Q, [d]
///     each layer:
///       qkv  = qkvWeight · norm(x, attentionGain) + qkvBias     [T+Q, 3d]: q, k, v; heads side by side
///       x   += outputWeight · attention(qkv) + outputBias                        [T+Q, d]
///       x   += downWeight · gelu(upWeight · norm(x, mlpGain) + upBias) + downBias   up: [T+Q, 4d]
///     s      = norm(x, finalGain)                                                [T+Q, d]
///
/// `norm(x, g) = g · x / √(mean(x²) + ε)`; `gelu` is the tanh form; attention is softmax(q·k / √(d/heads))·v
/// per head. Phrase t looks at the phrases j ≤ t (causal) or at all phrases; a query looks at all phrases and
/// at itself, never at another query, so the phrases' states do not depend on what is asked.
///
/// Judging (log-odds of fraud): `mean over q of (judgingWeight[q]·s[T+q] + judgingBias[q])
/// + Σ_t ((1−w)·points[row] + w·points[row + 1]) + Σ_pairs points(first, second)`. Points and pairs are those
/// of a scorecard (`LanguageModelWeights.join`), or zero and none.
///
/// Reading (causal models only): phrase t of kind entry e is foreseen from the state before it, s[t−1], or
/// from `readingStart` for t = 0:
///
///     r    = gates[e] ⊙ (readingWeight · s[t−1])                                 [d]
///     l[v] = values[offset(e) + v]·r + readingBias[offset(e) + v]                v < count(e), a softmax
///     surprise = −(1−w)·log₂ p[index] − w·log₂ p[index + 1]                      bits; the loss is its mean
public struct LanguageModelShape: Sendable, Equatable {
    /// Width of a state (d): a multiple of 64, 64 to 256.
    public let width: Int
    /// Number of layers, 1 to 8.
    public let layers: Int
    /// Attention heads; `width / heads` is 16, 32 or 64.
    public let heads: Int
    /// Whether a phrase looks only at phrases before it.
    public let isCausal: Bool
    /// Judging query tokens, each with its own head (1 to 8); the log-odds is their mean.
    public let queries: Int
    /// Places of each kind that is said, in the vocabulary's order of entries.
    public let valueCounts: [Int]
    /// First row of each entry in `values` and `points`; as many as entries.
    public let rowOffsets: [Int]
    /// Place in the vocabulary's entries by raw value of the kind (256 of them); −1 for kinds not said.
    public let entryPlaces: [Int]

    /// Sum of `valueCounts`.
    public var rowCount: Int { valueCounts.reduce(0, +) }
    /// Width of the hidden layer of the MLP.
    public var hiddenWidth: Int { 4 * width }
    /// Width of a head.
    public var headWidth: Int { width / heads }
    /// ε of the norm.
    public static let normEpsilon: Float = 1e-6
    /// Most phrases of one description: every fact said once stays below it.
    public static let longestDescription = 120
    public static let widths = [64, 128, 192, 256]

    /// - Returns: `nil` when a size is not one that the engine serves.
    public init?(
        vocabulary: Vocabulary, width: Int, layers: Int, heads: Int, isCausal: Bool = true, queries: Int = 1
    ) {
        guard Self.widths.contains(width), (1...8).contains(layers), (1...8).contains(queries),
            heads > 0, width % heads == 0, [16, 32, 64].contains(width / heads)
        else { return nil }
        self.width = width
        self.layers = layers
        self.heads = heads
        self.isCausal = isCausal
        self.queries = queries
        valueCounts = vocabulary.entries.map(\.values.count)
        rowOffsets = vocabulary.entries.map { Int(vocabulary.rowOffsets[Int($0.kind.rawValue)]) }
        var places = [Int](repeating: -1, count: 256)
        for (place, entry) in vocabulary.entries.enumerated() { places[Int(entry.kind.rawValue)] = place }
        entryPlaces = places
    }
}

extension LanguageModelShape {
    /// One tensor of the model.
    public enum Part: Hashable, Sendable {
        case kinds, values, queries
        case attentionGain(Int)
        case qkvWeight(Int)
        case qkvBias(Int)
        case outputWeight(Int)
        case outputBias(Int)
        case mlpGain(Int)
        case upWeight(Int)
        case upBias(Int)
        case downWeight(Int)
        case downBias(Int)
        case finalGain
        case judgingWeight, judgingBias, points
        case readingStart, readingWeight, readingGates, readingBias
    }

    /// All tensors in the order in which they lie in `LanguageModelWeights.values`.
    public var parts: [Part] {
        [.kinds, .values, .queries]
            + (0..<layers).flatMap { layer -> [Part] in
                [
                    .attentionGain(layer), .qkvWeight(layer), .qkvBias(layer), .outputWeight(layer),
                    .outputBias(layer), .mlpGain(layer), .upWeight(layer), .upBias(layer),
                    .downWeight(layer),
                    .downBias(layer),
                ]
            } + [
                .finalGain, .judgingWeight, .judgingBias, .points, .readingStart, .readingWeight,
                .readingGates,
                .readingBias,
            ]
    }

    /// Row-major shape of a tensor; matrices are [outputs, inputs].
    public func dimensions(of part: Part) -> [Int] {
        switch part {
        case .kinds, .readingGates: [valueCounts.count, width]
        case .values: [rowCount, width]
        case .queries, .judgingWeight: [queries, width]
        case .attentionGain, .mlpGain, .finalGain, .outputBias, .downBias, .readingStart: [width]
        case .qkvWeight: [3 * width, width]
        case .qkvBias: [3 * width]
        case .outputWeight, .readingWeight: [width, width]
        case .upWeight: [hiddenWidth, width]
        case .upBias: [hiddenWidth]
        case .downWeight: [width, hiddenWidth]
        case .judgingBias: [queries]
        case .points, .readingBias: [rowCount]
        }
    }

    /// Number of elements of a tensor.
    public func count(of part: Part) -> Int { dimensions(of: part).reduce(1, *) }

    /// Number of parameters.
    public var parameterCount: Int { parts.reduce(0) { $0 + count(of: $1) } }

    /// Where each tensor lies in `LanguageModelWeights.values`.
    public var places: [Part: Range<Int>] {
        var start = 0
        var result: [Part: Range<Int>] = [:]
        for part in parts {
            result[part] = start..<start + count(of: part)
            start += count(of: part)
        }
        return result
    }

    /// Name of a tensor in a model file.
    public static func name(of part: Part) -> String {
        switch part {
        case .kinds: "embedding.kinds"
        case .values: "embedding.values"
        case .queries: "embedding.queries"
        case .attentionGain(let layer): "layers.\(layer).attention.norm.gain"
        case .qkvWeight(let layer): "layers.\(layer).attention.qkv.weight"
        case .qkvBias(let layer): "layers.\(layer).attention.qkv.bias"
        case .outputWeight(let layer): "layers.\(layer).attention.output.weight"
        case .outputBias(let layer): "layers.\(layer).attention.output.bias"
        case .mlpGain(let layer): "layers.\(layer).mlp.norm.gain"
        case .upWeight(let layer): "layers.\(layer).mlp.up.weight"
        case .upBias(let layer): "layers.\(layer).mlp.up.bias"
        case .downWeight(let layer): "layers.\(layer).mlp.down.weight"
        case .downBias(let layer): "layers.\(layer).mlp.down.bias"
        case .finalGain: "final.norm.gain"
        case .judgingWeight: "judging.weight"
        case .judgingBias: "judging.bias"
        case .points: "judging.points"
        case .readingStart: "reading.start"
        case .readingWeight: "reading.weight"
        case .readingGates: "reading.gates"
        case .readingBias: "reading.bias"
        }
    }
}
