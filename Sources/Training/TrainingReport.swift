/// What a training did and found: for people, for `--json` and for the model card.
public struct TrainingReport: Codable, Sendable, Equatable {
    /// One setting that was tried; measured on the validation period.
    public struct Candidate: Codable, Sendable, Equatable {
        public var ridge: Double
        public var smoothness: Double
        public var pairs: Int
        public var averagePrecision: Double
    }

    public var candidates: [Candidate] = []
    public var chosen = Candidate(ridge: 0, smoothness: 0, pairs: 0, averagePrecision: 0)
    /// Kinds without points because their values moved away between training and validation.
    public var mutedKinds: [String] = []
    /// `first × second`, most promising first.
    public var pairs: [String] = []
    /// The selection model on the validation period, calibrated on the same period.
    public var validation = Evaluation()
    public var examples = 0
    public var frauds = 0
    public var modelSHA256 = ""

    public init() {}
}
