import Banking

/// What Intake accepts at most.
public struct IntakeLimits: Sendable {
    /// What happens to a transaction or merchant identifier that contains a card number.
    public enum CardLikeIdentifier: String, CaseIterable, Sendable {
        /// Rejection `card_number_in_identifier`.
        case reject
        /// The identifier becomes `p:` and 30 hexadecimal digits of its keyed digest.
        case replace
    }

    /// Longest record in bytes.
    public var recordBytes = 1 << 20
    /// Deepest nesting of objects and arrays, at most 64.
    public var depth = 16
    /// How much later than its arrival a transaction may claim to be.
    public var futureSeconds: Int64 = 86_400
    /// Longest account, card, counterpart or device identifier in bytes.
    public var identifierBytes = 128
    /// A mapping's `card_like_identifiers` overrides it.
    public var cardLikeIdentifiers = CardLikeIdentifier.reject

    /// The earliest moment taken: 1990-01-01.
    public static let earliest = Timestamp(seconds: 631_152_000)
    /// Largest amount or balance in the minor unit, so that sums over 900 of them cannot overflow.
    public static let largestAmountMinor: Int64 = 10_000_000_000_000_000

    public init() {}
}
