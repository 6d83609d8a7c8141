/// How often a model gave at least a certain probability on its validation period: what turns an alert
/// budget into a threshold.
public struct ScoreDistribution: Sendable, Equatable {
    /// Mean number of transactions a day in the validation period.
    public let transactionsPerDay: Double
    /// Share of transactions, strictly ascending in (0, 1].
    public let shares: [Double]
    /// The probability that this share reaches or passes, descending, as many.
    public let probabilities: [Double]

    /// - Returns: `nil` unless the numbers are ordered as said, finite and at least one.
    public init?(transactionsPerDay: Double, shares: [Double], probabilities: [Double]) {
        guard transactionsPerDay > 0, transactionsPerDay.isFinite, !shares.isEmpty,
            shares.count == probabilities.count,
            (shares + probabilities).allSatisfy({ $0 >= 0 && $0 <= 1 }),
            zip(shares, shares.dropFirst()).allSatisfy({ $0 < $1 }),
            zip(probabilities, probabilities.dropFirst()).allSatisfy({ $0 >= $1 })
        else { return nil }
        self.transactionsPerDay = transactionsPerDay
        self.shares = shares
        self.probabilities = probabilities
    }

    /// From the probabilities of a whole period: every one of the first 64 ranks, then 12 ranks per doubling.
    /// - Parameters:
    ///   - probabilities: of every transaction, in any order; at least one.
    ///   - days: length of the period.
    public init?(of probabilities: [Double], days: Double) {
        guard !probabilities.isEmpty, days > 0 else { return nil }
        let sorted = probabilities.sorted(by: >)
        var ranks: [Int] = []
        var rank = 1
        while rank < sorted.count {
            ranks.append(rank)
            rank = max(rank + 1, rank + rank / 17)
        }
        ranks.append(sorted.count)
        self.init(
            transactionsPerDay: Double(sorted.count) / days,
            shares: ranks.map { Double($0) / Double(sorted.count) },
            probabilities: ranks.map { sorted[$0 - 1] })
    }

    /// The lowest probability that keeps within a budget, as measured on the validation period.
    /// - Parameter alertsPerDay: mean number of alerts a day, more than 0.
    public func threshold(alertsPerDay: Double) -> Double {
        let share = alertsPerDay / transactionsPerDay
        guard let above = shares.firstIndex(where: { $0 >= share }) else {
            return probabilities[shares.count - 1]
        }
        guard above > 0 else { return probabilities[0] }
        let part = (share - shares[above - 1]) / (shares[above] - shares[above - 1])
        return probabilities[above] + (1 - part) * (probabilities[above - 1] - probabilities[above])
    }

    /// Mean number of alerts a day that a threshold gave on the validation period.
    public func alertsPerDay(threshold: Double) -> Double {
        let reached = probabilities.lastIndex { $0 >= threshold }
        return reached.map { shares[$0] * transactionsPerDay } ?? 0
    }
}
