/// What the history is told once and keeps for its life; it is part of the saved state.
public struct HistoryConfiguration: Sendable, Codable, Equatable {
    /// Confirmed-fraud windows end this long before the transaction, in seconds (0 … 9 days: counterparts
    /// remember 39 days, and the longest window takes 30).
    ///
    /// The bank needs about this long to find out; a window that ended later would count frauds among
    /// transactions whose outcome nobody knows yet. A label is never used before its own `knownAt` either.
    public var labelDelaySeconds: Int64
    /// An hour of a counterpart's activity is sealed this long after its end, in seconds (0 … 3600).
    ///
    /// Partitions that lag behind each other by less than this give the same facts in any interleaving.
    public var sealGraceSeconds: Int64

    /// - Parameters: see the properties; values outside their range are brought to its ends.
    public init(labelDelaySeconds: Int64 = 7 * 86_400, sealGraceSeconds: Int64 = 300) {
        self.labelDelaySeconds = min(max(labelDelaySeconds, 0), 9 * 86_400)
        self.sealGraceSeconds = min(max(sealGraceSeconds, 0), 3600)
    }
}

/// An operating fault of the history. Its text names no customer.
public struct HistoryError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// The bytes are no saved history, are cut, or fail their checksum.
        case damagedState = "damaged_state"
        /// The bytes were saved by another version of the state's layout.
        case unknownVersion = "unknown_version"
    }
    public let code: Code
    public let operation: String
    public let cause: String
    /// Reading the same bytes again gives the same fault.
    public var isRetriable: Bool { false }
    public var description: String { "history: \(operation): \(code.rawValue): \(cause)" }
}
