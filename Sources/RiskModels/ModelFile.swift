import Descriptions
import History

/// Everything that one brick needs, in one safetensors file: see `ModelFile+Coding`.
public struct ModelFile: Sendable {
    public enum Kind: String, Sendable, CaseIterable {
        case scorecard
        case languageModel = "language_model"
        case credit
    }

    /// Name for people (`handbook-h2`).
    public var name: String
    public var kind: Kind
    public var vocabulary: Vocabulary
    /// The weights by name; which ones there must be is the brick's matter.
    public var tensors: [String: Tensor]
    public var calibration: Calibration
    public var distribution: ScoreDistribution
    /// How the history has to be kept for the facts to mean what they meant in training.
    public var history: HistoryConfiguration
    public var training: TrainingFacts
    /// Descriptions with the bits that they must score to; empty only while a model is being made.
    public var golden: GoldenVector
    /// Settings of the brick by name (layers, heads); strings as in the file.
    public var settings: [String: String]
    /// Lower-case hexadecimal SHA-256 of the file that this was read from or written to; empty before.
    public internal(set) var sha256: String

    public init(
        name: String, kind: Kind, vocabulary: Vocabulary, tensors: [String: Tensor],
        calibration: Calibration, distribution: ScoreDistribution,
        history: HistoryConfiguration = HistoryConfiguration(), training: TrainingFacts = TrainingFacts(),
        golden: GoldenVector = GoldenVector(), settings: [String: String] = [:]
    ) {
        self.name = name
        self.kind = kind
        self.vocabulary = vocabulary
        self.tensors = tensors
        self.calibration = calibration
        self.distribution = distribution
        self.history = history
        self.training = training
        self.golden = golden
        self.settings = settings
        sha256 = ""
    }
}
