/// An operating fault of Intake: a key file, a mapping file or a data file that cannot be used.
///
/// Bad records are `Rejection`s, never errors. No text of a record stands in here.
public struct IntakeError: Error, CustomStringConvertible, Sendable {
    public enum Code: String, Sendable {
        case keyFileUnreadable = "key_file_unreadable"
        case keyFileReadableByOthers = "key_file_readable_by_others"
        case keyFileMalformed = "key_file_malformed"
        case mappingUnreadable = "mapping_unreadable"
        case mappingInvalid = "mapping_invalid"
        case fileUnreadable = "file_unreadable"
        /// The file ends in the middle of a gzip stream. What came before was delivered.
        case fileTruncated = "file_truncated"
        /// The gzip stream is damaged. What came before was delivered.
        case fileCorrupt = "file_corrupt"
        /// The CSV header lacks a column that the mapping names.
        case headerLacksColumn = "header_lacks_column"
        /// The CSV header is empty, repeats a name or is no UTF-8.
        case headerInvalid = "header_invalid"
    }

    public let code: Code
    /// What was being done, with the file's path.
    public let operation: String
    /// What went wrong and what to do.
    public let cause: String
    /// Whether the same call can succeed later without anyone changing anything.
    public var isRetriable: Bool { false }

    public init(_ code: Code, operation: String, cause: String) {
        self.code = code
        self.operation = operation
        self.cause = cause
    }

    public var description: String { "\(operation): \(cause) (\(code.rawValue))" }
}
