import Banking

/// Something that is going to happen to an account; the balance decides at that moment how it ends.
struct PlannedEvent: Sendable {
    /// Whole seconds since 1970, UTC.
    var seconds: Int64
    var amountMinor: Int64
    var merchant: Int32 = -1
    var counterpart: UInt64 = 0
    var device: UInt64 = 0
    var direction = Direction.debit
    var channel: Channel
    var entryMode: EntryMode?
    /// Refused for these reasons whatever the balance.
    var errors: AuthorisationErrors = []
    /// When above 0, the amount is this share of what can be spent, `amountMinor` at least.
    var shareOfAvailable: Float = 0
    var usesCard = false
    /// Of a direct debit that came back: it is not presented a third time.
    var isRepresentation = false
    var scenario: FraudScenario?
    /// When the bank hears of the fraud; 0 for never.
    var reportSeconds: Int64 = 0

    /// A card payment in a shop or at a cash machine.
    static func inPerson(
        _ seconds: Int64, _ amountMinor: Int64, at merchant: Int32, _ mode: EntryMode, cash: Bool = false
    ) -> PlannedEvent {
        PlannedEvent(
            seconds: seconds, amountMinor: amountMinor, merchant: merchant, channel: cash ? .atm : .inStore,
            entryMode: mode, usesCard: true)
    }

    /// A card payment on the internet.
    static func online(
        _ seconds: Int64, _ amountMinor: Int64, at merchant: Int32, _ mode: EntryMode, device: UInt64
    ) -> PlannedEvent {
        PlannedEvent(
            seconds: seconds, amountMinor: amountMinor, merchant: merchant, device: device,
            channel: .online, entryMode: mode, usesCard: true)
    }

    /// A transfer that the customer (or who pretends to be) orders.
    static func transfer(
        _ seconds: Int64, _ amountMinor: Int64, to counterpart: UInt64, device: UInt64, mobile: Bool
    ) -> PlannedEvent {
        PlannedEvent(
            seconds: seconds, amountMinor: amountMinor, counterpart: counterpart, device: device,
            channel: mobile ? .mobile : .transfer)
    }

    /// Money that arrives.
    static func credit(_ seconds: Int64, _ amountMinor: Int64, from counterpart: UInt64) -> PlannedEvent {
        PlannedEvent(
            seconds: seconds, amountMinor: amountMinor, counterpart: counterpart, direction: .credit,
            channel: .transfer)
    }
}
