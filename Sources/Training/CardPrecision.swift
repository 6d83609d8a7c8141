import Banking

/// Of the most suspicious accounts of a day, how many really suffered fraud that day.
///
/// Per day every account has its highest score; the `limit` highest are looked at. Accounts found with fraud
/// are known from then on and left out on the following days. The figure is the mean over the days
/// (*Reproducible Machine Learning for Credit Card Fraud Detection*, chapter 4, card precision top-k).
public enum CardPrecision {
    /// - Parameters:
    ///   - limit: accounts looked at per day; also the divisor.
    /// - Returns: NaN without any day. Equal scores are ordered by account, so the figure never wavers.
    public static func atLimit(
        _ limit: Int, scores: [Double], labels: [UInt8], accounts: [Pseudonym], times: [Timestamp]
    ) -> Double {
        var byDay: [Int64: [Int]] = [:]
        for row in scores.indices { byDay[times[row].day, default: []].append(row) }
        guard !byDay.isEmpty, limit > 0 else { return .nan }
        var known: Set<Pseudonym> = []
        var total = 0.0
        for day in byDay.keys.sorted() {
            var best: [Pseudonym: (score: Double, isFraud: Bool)] = [:]
            for row in byDay[day] ?? [] where !known.contains(accounts[row]) {
                let old = best[accounts[row]]
                best[accounts[row]] = (
                    max(old?.score ?? scores[row], scores[row]), (old?.isFraud ?? false) || labels[row] == 1
                )
            }
            let top = best.sorted { ($0.value.score, $1.key) > ($1.value.score, $0.key) }.prefix(limit)
            let found = top.filter(\.value.isFraud).map(\.key)
            known.formUnion(found)
            total += Double(found.count) / Double(limit)
        }
        return total / Double(byDay.count)
    }
}
