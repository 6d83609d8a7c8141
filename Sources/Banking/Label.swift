/// What the bank found out about a transaction, and when it knew.
public struct Label: Sendable {
    public enum Outcome: UInt8, Sendable {
        case genuine = 0
        case fraud = 1
    }

    public var transactionID = FixedText<64>()
    /// Same digest as `Transaction.idHash`.
    public var transactionIDHash: UInt64 = 0
    public var account = Pseudonym.none
    /// Same choice as `Transaction.counterpart`.
    public var counterpart = Pseudonym.none
    /// Event time of the labelled transaction.
    public var effectiveAt = Timestamp.distantPast
    /// When the bank knew the outcome; a fact may use the label only at or after this moment.
    public var knownAt = Timestamp.distantPast
    public var outcome = Outcome.genuine
    /// The amount of the labelled transaction, without sign; `nil` where the record does not say it.
    public var amount: Money?
    /// Ground-truth scenario number of simulated data, 0 where there is none. For reports, never a fact.
    public var scenario: UInt8 = 0

    @inlinable public init() {}
}
