import Banking

/// The score for people, 0…999: log-odds on a straight scale.
///
/// `score = 500 + 40·log2(p / (1 − p))`, rounded and clamped. 500 is "as likely fraud as not"; every 40
/// points double the odds. It grows with the probability and is fixed for ever: scores of different
/// models compare because their probabilities are calibrated.
public enum Score {
    /// Points per doubling of the odds.
    public static let pointsPerDoubling = 40.0

    /// - Parameter probability: in [0, 1]; 0 gives 0, 1 gives 999.
    @inlinable public static func ofProbability(_ probability: Double) -> Int16 {
        guard probability > 0 else { return 0 }
        guard probability < 1 else { return 999 }
        let points = 500 + self.points(logOdds: ExactMath.logit(probability))
        return Int16(min(999, max(0, points.rounded(.toNearestOrAwayFromZero))))
    }

    /// Score points that an amount of natural log-odds is worth.
    @inlinable public static func points(logOdds: Double) -> Double {
        logOdds * (40 / 0.693_147_180_559_945_3)
    }
}
