/// The fraud stories. The raw value is the scenario number of the labels; 0 means no story.
public enum FraudScenario: UInt8, CaseIterable, Sendable {
    /// Small probes at odd online merchants within the hour, some refused; then large purchases.
    case cardTesting = 1
    /// A device never seen before sends a small transfer, waits, then drains the account.
    case accountTakeover = 2
    /// A terminal copies cards for some days; each copy is used by magnetic stripe in another city.
    case skimmedTerminal = 3
    /// The card number is used online for days, for some times the customer's usual amounts.
    case cardNotPresentSpree = 4
    /// Unknown payers send money that leaves again within hours: the account belongs to a mule.
    case muleTransfers = 5
    /// The customer, on the own device, is talked into a large transfer to a new beneficiary.
    case authorisedPushPayment = 6

    /// Stable name for reports.
    public var name: String {
        switch self {
        case .cardTesting: "card_testing"
        case .accountTakeover: "account_takeover"
        case .skimmedTerminal: "skimmed_terminal"
        case .cardNotPresentSpree: "card_not_present_spree"
        case .muleTransfers: "mule_transfers"
        case .authorisedPushPayment: "authorised_push_payment"
        }
    }

    /// Stories per account and day at intensity 1. A skimmed terminal's stories begin at the terminal.
    var ratePerDay: Double {
        switch self {
        case .cardTesting: 0.000_35
        case .accountTakeover: 0.000_35
        case .skimmedTerminal: 0
        case .cardNotPresentSpree: 0.000_25
        case .muleTransfers: 0.000_5
        case .authorisedPushPayment: 0.000_7
        }
    }

    /// Median days from the first fraud to the report (log-normal, σ = 1: one in ten takes 3.6 times that).
    var medianReportDays: Double {
        switch self {
        case .cardTesting: 2
        case .accountTakeover: 1.5
        case .skimmedTerminal: 3
        case .cardNotPresentSpree: 6
        case .muleTransfers: 9
        case .authorisedPushPayment: 5
        }
    }

    /// Whether a report blocks the card.
    var usesCard: Bool {
        self == .cardTesting || self == .skimmedTerminal || self == .cardNotPresentSpree
    }
}
