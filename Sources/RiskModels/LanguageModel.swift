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
    /// What is rare, and how much of it is unusual; `nil` when the file does not say.
    let unusualness: UnusualnessScale?

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
        unusualness = try UnusualnessScale(model)
        self.model = model
    }

    public func makeReader(largestBatch: Int) -> any BrickReader { reader() }

    /// A reader with more to ask than a brick's.
    /// - Parameter measuresSurprise: whether `read` also foresees the *now* phrases.
    public func reader(measuresSurprise: Bool = false) -> LanguageModelReader {
        LanguageModelReader(
            packed, measuresSurprise: measuresSurprise && weights.shape.isCausal, scale: unusualness,
            calibration: model.calibration)
    }
}
