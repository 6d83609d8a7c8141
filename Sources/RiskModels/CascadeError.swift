/// Why a cascade file is refused.
public struct CascadeError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: String, Sendable {
        case unreadable = "cascade_unreadable"
        case malformed = "cascade_malformed"
        case noBrick = "cascade_no_brick"
        case foreignVocabulary = "cascade_foreign_vocabulary"
        /// The facts of two bricks, or of a cascade and the running service, mean different things.
        case foreignHistory = "cascade_foreign_history"
        case badModel = "cascade_bad_model"
        case badRule = "cascade_bad_rule"
        case badPolicy = "cascade_bad_policy"
    }

    public var code: Code
    public var operation = "load cascade"
    /// What was wrong, with file, line and column where there are any.
    public var cause: String
    /// Only a file that could not be read may be tried again.
    public var isRetriable: Bool { code == .unreadable }

    public init(_ code: Code, cause: String) {
        self.code = code
        self.cause = cause
    }

    public var description: String { "\(operation): \(cause) [\(code.rawValue)]" }
}
