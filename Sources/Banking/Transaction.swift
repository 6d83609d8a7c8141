/// Which way the money moves, seen from the account.
public enum Direction: UInt8, CaseIterable, Sendable {
    case debit = 1
    case credit
}

/// The way a transaction is made. The raw names are the canonical JSON values.
public enum Channel: UInt8, CaseIterable, Sendable {
    case online = 1, inStore, atm, transfer, directDebit, mobile, phone, branch

    /// The value in canonical JSON.
    public var name: String {
        switch self {
        case .online: "online"
        case .inStore: "in_store"
        case .atm: "atm"
        case .transfer: "transfer"
        case .directDebit: "direct_debit"
        case .mobile: "mobile"
        case .phone: "phone"
        case .branch: "branch"
        }
    }
}

/// How the card or the order was entered. The raw names are the canonical JSON values.
public enum EntryMode: UInt8, CaseIterable, Sendable {
    case chip = 1, contactless, stripe, manual, wallet, stored

    /// The value in canonical JSON.
    public var name: String {
        switch self {
        case .chip: "chip"
        case .contactless: "contactless"
        case .stripe: "stripe"
        case .manual: "manual"
        case .wallet: "wallet"
        case .stored: "stored"
        }
    }
}

/// Errors that the authorisation system reported with the transaction.
public struct AuthorisationErrors: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let badPIN = AuthorisationErrors(rawValue: 1)
    public static let badSecurityCode = AuthorisationErrors(rawValue: 2)
    public static let badExpiry = AuthorisationErrors(rawValue: 4)
    public static let badAddress = AuthorisationErrors(rawValue: 8)
    public static let insufficientFunds = AuthorisationErrors(rawValue: 16)
    public static let limitExceeded = AuthorisationErrors(rawValue: 32)
    public static let technical = AuthorisationErrors(rawValue: 64)
    public static let other = AuthorisationErrors(rawValue: 128)

    /// Canonical JSON value of each single error.
    public static let names: [(name: String, error: AuthorisationErrors)] = [
        ("bad_pin", .badPIN), ("bad_security_code", .badSecurityCode), ("bad_expiry", .badExpiry),
        ("bad_address", .badAddress), ("insufficient_funds", .insufficientFunds),
        ("limit_exceeded", .limitExceeded), ("technical", .technical), ("other", .other),
    ]
}

/// A place on the globe in degrees; NaN where it is not known.
public struct Position: Sendable {
    public var latitude: Float
    public var longitude: Float

    @inlinable public init(latitude: Float, longitude: Float) {
        self.latitude = latitude
        self.longitude = longitude
    }
    @inlinable public static var unknown: Position { Position(latitude: .nan, longitude: .nan) }
    @inlinable public var isKnown: Bool { !latitude.isNaN && !longitude.isNaN }
}

/// Where the money goes when it goes to a shop: all parts optional.
public struct Merchant: Sendable {
    /// The bank's or the scheme's identifier of merchant or terminal; empty when the record named none.
    public var id = FixedText<32>()
    /// Unkeyed 128-bit digest of `id`, the key of its history; `.none` when `id` is empty.
    public var key = Pseudonym.none
    public var name = FixedText<40>()
    public var city = FixedText<24>()
    /// ISO 18245 merchant category code; 0 when unknown.
    public var categoryCode: UInt16 = 0
    /// ISO 3166-1 alpha-2 code packed by `packText`; 0 when unknown.
    public var country: UInt16 = 0
    public var position = Position.unknown

    @inlinable public init() {}
}

/// One valid transaction: a plain value without references, about 350 bytes.
public struct Transaction: Sendable {
    /// The bank's identifier, 1 to 64 bytes.
    public var id = FixedText<64>()
    /// Unkeyed 64-bit digest of `id`.
    public var idHash: UInt64 = 0
    public var account = Pseudonym.none
    public var card = Pseudonym.none
    public var effectiveAt = Timestamp.distantPast
    public var observedAt = Timestamp.distantPast
    /// Never negative: `direction` says which way it moves.
    public var amount = Money(amountMinor: 0, currency: Currency(packed: 0))
    public var direction = Direction.debit
    /// `nil` when the record named none.
    public var channel: Channel?
    public var entryMode: EntryMode?
    public var authorisationErrors: AuthorisationErrors = []
    public var merchant = Merchant()
    /// Beneficiary or payer account; `.none` when the record named none.
    public var counterpartAccount = Pseudonym.none
    public var device = Pseudonym.none
    /// Account balance after this transaction in the minor unit of `amount`'s currency.
    public var balanceAfterMinor: Int64?
    /// When the account was opened; `nil` when unknown.
    public var accountOpenedAt: Timestamp?

    @inlinable public init() {}

    /// The party whose history counts: the counterpart account, otherwise the merchant, otherwise `.none`.
    @inlinable public var counterpart: Pseudonym {
        counterpartAccount.isNone ? merchant.key : counterpartAccount
    }
}
