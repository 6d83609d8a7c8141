import Banking
import Descriptions

/// The language model as a brick: int8 engine, same bits on every CPU and in every batch.
///
/// The specification is `LanguageModelReference`; what is done here instead is int8 matrices, activations
/// rounded to 8 bits row by row, and a polynomial for GELU.
public struct LanguageModel: Brick {
    public let model: ModelFile
    public let weights: LanguageModelWeights
    /// The kernels that it runs on.
    public var kernels: KernelSet { packed.kernels }
    let packed: PackedLanguageModel
    /// From bits of surprise to a percentile; `nil` when the file has none or the model is not causal.
    let unusualness: SurpriseScale?

    public var name: String { "language_model" }

    /// Verifies and packs a model.
    /// - Parameter kernels: `nil` for `KernelSet.chosen()`.
    /// - Throws: `ModelFileError` when a tensor or setting is missing or does not fit the vocabulary.
    public init(_ model: ModelFile, kernels: KernelSet? = nil) throws(ModelFileError) {
        guard model.kind == .languageModel || model.kind == .credit else {
            throw LanguageModelWeights.fault(.foreign, "the file is a \(model.kind.rawValue)")
        }
        weights = try LanguageModelWeights(model)
        let chosen: KernelSet
        if let kernels { chosen = kernels } else { chosen = try KernelSet.chosen() }
        packed = PackedLanguageModel(weights, kernels: chosen)
        unusualness = try weights.shape.isCausal ? SurpriseScale(model) : nil
        self.model = model
    }

    public func makeReader(largestBatch: Int) -> any BrickReader {
        LanguageModelReader(
            packed, measuresSurprise: unusualness != nil, scale: unusualness, calibration: model.calibration)
    }

    public func makeJudge(largestBatch: Int) -> any BrickReader {
        LanguageModelReader(packed, measuresSurprise: false, calibration: model.calibration)
    }

    /// A reader with more to ask than a brick's.
    /// - Parameter measuresSurprise: whether `read` also foresees the *now* phrases.
    public func reader(measuresSurprise: Bool = false) -> LanguageModelReader {
        LanguageModelReader(
            packed, measuresSurprise: measuresSurprise && weights.shape.isCausal, scale: unusualness,
            calibration: model.calibration)
    }
}

/// From the surprise of a description in bits to the share of descriptions that surprise less.
///
/// Tensors `unusualness.bits` (strictly ascending) and `unusualness.shares` (ascending in [0, 1]), F64; and
/// `unusualness.usual`, F64, one per entry of the vocabulary: the mean surprise of its phrases in bits.
struct SurpriseScale: Sendable {
    let bits: [Double]
    let shares: [Double]
    /// By entry of the vocabulary; zeros when the file does not have it.
    let usual: [Double]

    /// - Returns: `nil` when the file has neither tensor.
    init?(_ model: ModelFile) throws(ModelFileError) {
        let bits = model.tensors["unusualness.bits"]
        let shares = model.tensors["unusualness.shares"]
        if bits == nil, shares == nil { return nil }
        guard let bits = bits?.doubles, let shares = shares?.doubles, bits.count == shares.count,
            bits.count >= 2,
            zip(bits, bits.dropFirst()).allSatisfy({ $0 < $1 }), bits.allSatisfy(\.isFinite),
            zip(shares, shares.dropFirst()).allSatisfy({ $0 <= $1 }), shares.allSatisfy((0...1).contains)
        else { throw LanguageModelWeights.fault(.missing, "the scale of unusualness is not in order") }
        let entries = model.vocabulary.entries.count
        usual = model.tensors["unusualness.usual"]?.doubles ?? [Double](repeating: 0, count: entries)
        guard usual.count == entries, usual.allSatisfy({ $0.magnitude <= 1e6 }) else {
            throw LanguageModelWeights.fault(
                .wrongShape, "unusualness.usual has \(usual.count) numbers, not \(entries)")
        }
        self.bits = bits
        self.shares = shares
    }

    /// Share in [0, 1], linear between the given ones.
    func share(_ surprise: Double) -> Double {
        guard surprise > bits[0] else { return shares[0] }
        guard surprise < bits[bits.count - 1] else { return shares[shares.count - 1] }
        var low = 0
        var high = bits.count - 1
        while high - low > 1 {
            let middle = (low + high) / 2
            if bits[middle] <= surprise { low = middle } else { high = middle }
        }
        return shares[low] + (surprise - bits[low]) / (bits[high] - bits[low]) * (shares[high] - shares[low])
    }
}
