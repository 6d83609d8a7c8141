/// A record that could not become a transaction: where it stands and why, never its payload.
public struct DeadLetter: Sendable {
    public var position: SourcePosition
    public var rejection: Rejection
    /// Size of the record in bytes as it arrived.
    public var recordSize: Int
    /// Lower-case hexadecimal SHA-256 of the record with card numbers masked: finds it again without
    /// keeping it.
    public var recordSHA256: String
    public var receivedAt: Timestamp

    public init(
        position: SourcePosition, rejection: Rejection, recordSize: Int, recordSHA256: String,
        receivedAt: Timestamp
    ) {
        self.position = position
        self.rejection = rejection
        self.recordSize = recordSize
        self.recordSHA256 = recordSHA256
        self.receivedAt = receivedAt
    }
}
