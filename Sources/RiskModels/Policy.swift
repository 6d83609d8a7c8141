import Banking

/// From a probability to a band, from a band to what is asked of the bank.
public struct Policy: Sendable, Equatable {
    /// Where a band begins.
    public enum Limit: Sendable, Equatable {
        /// At a calibrated probability in [0, 1].
        case probability(Double)
        /// Where the model's validation period had this many transactions a day at or above.
        case alertsPerDay(Double)
    }

    /// Beginnings of elevated, high and critical. A later one never begins below an earlier one.
    public var elevated: Limit
    public var high: Limit
    public var critical: Limit
    /// What each band asks for.
    public var outcomes: Outcomes
    /// The lowest band that makes an alert.
    public var alertsFrom: Decision.Band
    /// Percentile of surprise, in [0, 1], from which on a transaction is looked at whatever its band; `nil`
    /// never.
    public var unusualFrom: Float?
    /// What must hold besides, in the language of rules without lists; empty: nothing. A model that has read
    /// settled accounts finds whatever a new one does unusual.
    public var unusualWhen = ""

    /// One outcome per band.
    public struct Outcomes: Sendable, Equatable {
        public var normal = Decision.Outcome.approve
        public var elevated = Decision.Outcome.approve
        public var high = Decision.Outcome.review
        public var critical = Decision.Outcome.decline

        public init() {}

        @inlinable public subscript(band: Decision.Band) -> Decision.Outcome {
            switch band {
            case .normal: normal
            case .elevated: elevated
            case .high: high
            case .critical: critical
            }
        }
    }

    public init(
        elevated: Limit = .probability(0.05), high: Limit = .probability(0.25),
        critical: Limit = .probability(0.75), outcomes: Outcomes = Outcomes(),
        alertsFrom: Decision.Band = .high, unusualFrom: Float? = nil, unusualWhen: String = ""
    ) {
        self.elevated = elevated
        self.high = high
        self.critical = critical
        self.outcomes = outcomes
        self.alertsFrom = alertsFrom
        self.unusualFrom = unusualFrom
        self.unusualWhen = unusualWhen
    }

    /// The probabilities at which the bands of one brick begin.
    public func thresholds(for distribution: ScoreDistribution) -> BandThresholds {
        func probability(_ limit: Limit) -> Double {
            switch limit {
            case .probability(let value): value
            case .alertsPerDay(let count): distribution.threshold(alertsPerDay: count)
            }
        }
        let low = probability(elevated)
        let middle = max(low, probability(high))
        return BandThresholds(elevated: low, high: middle, critical: max(middle, probability(critical)))
    }
}

/// Beginnings of the bands of one brick as probabilities, ascending.
public struct BandThresholds: Sendable, Equatable {
    public var elevated: Double
    public var high: Double
    public var critical: Double

    public init(elevated: Double, high: Double, critical: Double) {
        self.elevated = elevated
        self.high = high
        self.critical = critical
    }

    /// Where a band begins; `nil` for the lowest, which has no beginning.
    public func beginning(of band: Decision.Band) -> Double? {
        switch band {
        case .normal: nil
        case .elevated: elevated
        case .high: high
        case .critical: critical
        }
    }

    @inlinable public func band(_ probability: Double) -> Decision.Band {
        if probability >= critical { return .critical }
        if probability >= high { return .high }
        return probability >= elevated ? .elevated : .normal
    }
}
