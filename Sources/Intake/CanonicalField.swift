/// The closed list of names a record is read by. The raw text is the canonical JSON name.
///
/// `merchant_…` names may also stand inside a `merchant` object (`merchant.name`).
public enum CanonicalField: Int, CaseIterable, Sendable {
    case transactionID, accountID, effectiveAt, amount, currency
    case cardNumber, direction, channel, entryMode
    case merchantID, merchantName, merchantCategoryCode, merchantCity, merchantCountry
    case merchantLatitude, merchantLongitude
    case counterpartAccountID, deviceID, balanceAfter, authorisationErrors, accountOpenedAt, observedAt
    /// Only in labels.
    case outcome, knownAt, scenario

    /// The canonical JSON name.
    public var name: String {
        switch self {
        case .transactionID: "transaction_id"
        case .accountID: "account_id"
        case .effectiveAt: "effective_at"
        case .amount: "amount"
        case .currency: "currency"
        case .cardNumber: "card_number"
        case .direction: "direction"
        case .channel: "channel"
        case .entryMode: "entry_mode"
        case .merchantID: "merchant_id"
        case .merchantName: "merchant_name"
        case .merchantCategoryCode: "merchant_category_code"
        case .merchantCity: "merchant_city"
        case .merchantCountry: "merchant_country"
        case .merchantLatitude: "merchant_latitude"
        case .merchantLongitude: "merchant_longitude"
        case .counterpartAccountID: "counterpart_account_id"
        case .deviceID: "device_id"
        case .balanceAfter: "balance_after"
        case .authorisationErrors: "authorisation_errors"
        case .accountOpenedAt: "account_opened_at"
        case .observedAt: "observed_at"
        case .outcome: "outcome"
        case .knownAt: "known_at"
        case .scenario: "scenario"
        }
    }

    /// The part after `merchant_`, or `nil` for a field that is not the merchant's.
    var nameInsideMerchant: String? {
        let prefix = "merchant_"
        return name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : nil
    }

    /// - Parameter name: a canonical name, also in the dotted form `merchant.name`.
    public init?(name: String) {
        let flat = name.hasPrefix("merchant.") ? "merchant_" + name.dropFirst("merchant.".count) : name
        guard let field = Self.allCases.first(where: { $0.name == flat }) else { return nil }
        self = field
    }

    /// Fields without which there is no transaction.
    static let requiredOfTransactions: [CanonicalField] = [
        .transactionID, .accountID, .effectiveAt, .amount, .currency,
    ]
    /// Fields that a transaction may have.
    static let ofTransactions = allCases.filter { $0.rawValue < CanonicalField.outcome.rawValue }
    /// Fields that a label may have.
    static let ofLabels: [CanonicalField] = [
        .transactionID, .accountID, .merchantID, .counterpartAccountID, .effectiveAt, .amount, .currency,
        .outcome, .knownAt, .scenario,
    ]
}
