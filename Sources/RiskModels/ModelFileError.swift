/// Why a model file is refused or could not be read or written. Never carries customer data.
public struct ModelFileError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// The operating system refused to read or write.
        case unreadable = "model_unreadable"
        case unwritable = "model_unwritable"
        /// Shorter or longer than its header says.
        case truncated = "model_truncated"
        /// The header is not what safetensors says it is.
        case malformedHeader = "model_malformed_header"
        case unknownType = "model_unknown_type"
        /// Offsets overlap, leave holes, or do not fit the shape.
        case badLayout = "model_bad_layout"
        /// The content does not have the SHA-256 that the file states.
        case damaged = "model_damaged"
        /// A NaN or an infinity among the numbers.
        case notFinite = "model_not_finite"
        /// A tensor has another shape than the vocabulary asks for.
        case wrongShape = "model_wrong_shape"
        /// The vocabulary in the file is not the one that its numbers were made for.
        case foreignVocabulary = "model_foreign_vocabulary"
        /// A tensor or an entry of the metadata is absent or cannot be understood.
        case missing = "model_missing_part"
        /// Written for another version of the phrases, or another kind of model.
        case foreign = "model_foreign"
        /// The stored descriptions do not give the stored bits.
        case goldenMismatch = "model_golden_mismatch"
    }

    public var code: Code
    /// What was being done (`read model`, `write model`, `check scorecard`).
    public var operation: String
    /// What was wrong, for people: names tensors, offsets and files.
    public var cause: String
    /// Only the operating system's refusals may pass.
    public var isRetriable: Bool { code == .unreadable || code == .unwritable }

    public init(_ code: Code, operation: String, cause: String) {
        self.code = code
        self.operation = operation
        self.cause = cause
    }

    public var description: String { "\(operation): \(cause) [\(code.rawValue)]" }
}
