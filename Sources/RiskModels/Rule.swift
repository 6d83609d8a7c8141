import Banking

/// One line of the policy floor: what must hold, what it asks for and why.
public struct Rule: Sendable, Equatable {
    /// Stable name on rows and metrics.
    public var name: String
    /// The condition as written (`amount > 5000 and merchant_country in [KP, IR]`).
    public var condition: String
    /// The band is at least this; `nil` leaves it.
    public var band: Decision.Band?
    /// The outcome is at least this; `nil` leaves what the band asks for.
    public var outcome: Decision.Outcome?
    /// What analysts read.
    public var reason: String
    public var reasonFrench: String

    public init(
        name: String, condition: String, band: Decision.Band? = nil, outcome: Decision.Outcome? = nil,
        reason: String = "", reasonFrench: String = ""
    ) {
        self.name = name
        self.condition = condition
        self.band = band
        self.outcome = outcome
        self.reason = reason
        self.reasonFrench = reasonFrench.isEmpty ? reason : reasonFrench
    }
}
