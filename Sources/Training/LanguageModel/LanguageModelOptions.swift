/// How a language model is trained. Everything that changes a bit of the result is here or in the study.
public struct LanguageModelOptions: Codable, Sendable, Equatable {
    public var width = 64
    public var layers = 2
    public var heads = 4
    public var isCausal = true
    /// Kinds of phrases that are read at most, the worthiest as a scorecard sees it; 0 for all.
    public var kinds = 0
    /// Judging heads; each has its own query token and loss, the log-odds are their mean.
    public var queries = 1
    /// Descriptions of one step.
    public var batch = 512
    /// Steps of reading without labels before judging begins.
    public var readingSteps = 300
    public var judgingSteps = 6_000
    /// Weight of the mean surprise (nats) beside the cross-entropy while judging.
    public var readingShare: Float = 0.02
    /// Largest step size of AdamW.
    public var learningRate: Float = 0.003
    /// Decoupled decay of matrices; gains, biases, embeddings and points have none.
    public var weightDecay: Float = 0.05
    /// Decoupled decay of the differences between neighbouring values of a numeric kind.
    public var smoothness: Float = 3
    /// Share of the steps over which the step size rises from 0; then it falls along a cosine to a twentieth.
    public var warmUpShare: Float = 0.05
    /// Longest gradient; a longer one is shortened to it.
    public var clipNorm: Float = 1
    /// What the average of the weights keeps of itself in a step.
    public var averageKeep: Float = 0.999
    public var dropout: Float = 0.2
    /// Share of the phrases that are left out at random while judging.
    public var phraseDropout: Float = 0.1
    /// Genuine examples per fraud in an epoch; the log-odds are corrected for those left out.
    public var genuinePerFraud = 100.0
    /// Largest share of a scorecard, fitted on the same examples, in the log-odds of the finished model; the
    /// validation period says whether it is all of it, half of it or none.
    public var scorecardShare: Float = 0.5
    /// Judging steps between two looks at the validation period, and looks without gain before the end.
    /// The step size falls until the end, and the best weights lie near it: a short patience loses them.
    public var evaluationInterval = 500
    public var patience = 12
    /// Genuine validation examples that are looked at; each then stands for several.
    public var validationGenuine = 30_000
    public var seed: UInt64 = 1
    /// Edges of a numeric kind at most, and depth of the tree on the labels that places some of them.
    public var edges = 40
    public var treeDepth = 4

    public init() {}
}
