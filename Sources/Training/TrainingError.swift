/// Why a training or an evaluation could not be done. Never carries customer data.
public struct TrainingError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: String, Sendable {
        case badStudy = "study_malformed"
        case unreadableData = "data_unreadable"
        /// A period without examples, without fraud, or without anything but fraud.
        case nothingToLearn = "nothing_to_learn"
        case badModel = "model_refused"
        case unwritable = "report_unwritable"
    }

    public var code: Code
    public var operation: String
    public var cause: String
    /// Only files that could not be read or written may be tried again.
    public var isRetriable: Bool { code == .unreadableData || code == .unwritable }

    public init(_ code: Code, operation: String, cause: String) {
        self.code = code
        self.operation = operation
        self.cause = cause
    }

    public var description: String { "\(operation): \(cause) [\(code.rawValue)]" }
}
