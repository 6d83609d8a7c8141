/// What one brick of a cascade says about one transaction: a plain value, 32 bytes.
public struct Assessment: Sendable, Equatable {
    /// Calibrated probability of fraud in [0, 1].
    public var probability: Double
    /// The brick's own sum before calibration, in log-odds.
    public var logit: Double
    /// Share of history whose descriptions are less rare, 0 to 1; NaN when no language model read it.
    public var unusualness: Float
    /// Place of the brick in its cascade that gave `probability`.
    public var decidedBy: UInt8

    @inlinable public init(
        probability: Double = 0, logit: Double = 0, unusualness: Float = .nan, decidedBy: UInt8 = 0
    ) {
        self.probability = probability
        self.logit = logit
        self.unusualness = unusualness
        self.decidedBy = decidedBy
    }
}
