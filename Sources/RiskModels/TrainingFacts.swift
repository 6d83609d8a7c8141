/// Where a model comes from: enough to make it again.
public struct TrainingFacts: Codable, Sendable, Equatable {
    /// Name of the study.
    public var study = ""
    /// The command that reproduces the file.
    public var command = ""
    /// File name of the data, without its folder.
    public var dataName = ""
    /// Lower-case hexadecimal SHA-256 of the data file as it lay on disk.
    public var dataSHA256 = ""
    /// RFC 3339; the training period is [from, to).
    public var trainedFrom = ""
    public var trainedTo = ""
    public var seed: UInt64 = 0
    public var examples = 0
    public var frauds = 0
    /// What was chosen and measured, by name (`validation_average_precision`, `ridge`).
    public var figures: [String: Double] = [:]

    public init() {}
}
