/// Why a pipeline stopped before its source ended.
public struct PipelineError: Error, Sendable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// More records were rejected than the limit allows.
        case poisoned
        /// The source cannot go on (offset outside the log, authentication, broker away at the start).
        case source
        /// The file cannot be read on.
        case unreadable
        /// Another instance has taken the partitions over.
        case fenced
        /// The database refuses for a reason that waiting does not mend.
        case delivery
        /// The drain deadline passed while rows were still waiting; they are derived again at the next start.
        case drainDeadline
    }

    public let code: Code
    public let operation: String
    public let cause: String
    /// Starting again may help without changing anything.
    public var isRetriable: Bool { code == .source || code == .drainDeadline }

    public init(code: Code, operation: String, cause: String) {
        self.code = code
        self.operation = operation
        self.cause = cause
    }

    public var description: String { "\(operation): \(cause) (\(code.rawValue))" }
}
