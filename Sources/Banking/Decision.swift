/// What was decided about one transaction: one per scored record, a plain value.
public struct Decision: Sendable {
    /// What the policy asks the bank to do. The raw values are the ones in topics and tables.
    public enum Outcome: String, CaseIterable, Sendable {
        case approve, review, decline
    }

    /// The score in words, for people. The raw values are the ones in topics and tables.
    public enum Band: String, CaseIterable, Sendable {
        case normal, elevated, high, critical
    }

    public var transactionID = FixedText<64>()
    public var account = Pseudonym.none
    public var effectiveAt = Timestamp.distantPast
    /// Calibrated probability of fraud in [0, 1].
    public var probability = 0.0
    /// The same for people: 0…999.
    public var score: Int16 = 0
    public var outcome = Outcome.approve
    /// Name of the brick that decided (`rules`, `scorecard`, …).
    public var decidedBy = FixedText<16>()
    /// Lower-case hexadecimal SHA-256 of the model file; empty when no model took part.
    public var modelSHA256 = FixedText<64>()
    public var position: SourcePosition

    public init(position: SourcePosition) { self.position = position }
}
