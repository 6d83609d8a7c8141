import Banking

/// From a brick's sum to a probability: strictly increasing, so a ranking never changes.
///
/// Calibrated log-odds are piecewise linear in the logit between knots (isotonic regression, or Platt's
/// straight line with two knots); the first and last slope continue outside.
/// The probability is the sigmoid of the calibrated log-odds.
public struct Calibration: Sendable, Equatable {
    /// Logits, strictly ascending, at least two.
    public let logits: [Double]
    /// Calibrated log-odds at the knots, strictly ascending, as many.
    public let logOdds: [Double]

    /// The probability is the sigmoid of the logit itself.
    public static let identity = Calibration(uncheckedLogits: [-1, 1], logOdds: [-1, 1])

    /// - Returns: `nil` unless both are finite, strictly ascending, equally long and at least two.
    public init?(logits: [Double], logOdds: [Double]) {
        guard logits.count == logOdds.count, logits.count >= 2,
            zip(logits, logits.dropFirst()).allSatisfy({ $0 < $1 }),
            zip(logOdds, logOdds.dropFirst()).allSatisfy({ $0 < $1 }),
            (logits + logOdds).allSatisfy(\.isFinite)
        else { return nil }
        self.init(uncheckedLogits: logits, logOdds: logOdds)
    }

    private init(uncheckedLogits logits: [Double], logOdds: [Double]) {
        self.logits = logits
        self.logOdds = logOdds
    }

    /// Probability in [0, 1] of a finite logit.
    @inlinable public func probability(_ logit: Double) -> Double {
        var low = 0
        var high = logits.count - 1
        while high - low > 1 {
            let middle = (low + high) / 2
            if logits[middle] <= logit { low = middle } else { high = middle }
        }
        let slope = (logOdds[high] - logOdds[low]) / (logits[high] - logits[low])
        return ExactMath.sigmoid(logOdds[low] + slope * (logit - logits[low]))
    }
}
