import Banking

/// Measures of a ranking and of probabilities. Inputs are parallel: scores, and labels of 1 or 0.
public enum Metrics {
    /// Σ (Rₙ − Rₙ₋₁)·Pₙ over the distinct scores, highest first (scikit-learn's `average_precision_score`).
    /// - Returns: NaN without any fraud.
    public static func averagePrecision(_ scores: [Double], _ labels: [UInt8]) -> Double {
        let frauds = labels.reduce(0) { $0 + Int($1) }
        guard frauds > 0 else { return .nan }
        var total = 0.0
        forEachTie(scores, labels) { seen, hits, newHits in
            total += Double(newHits) / Double(frauds) * Double(hits) / Double(seen)
        }
        return total
    }

    /// Probability that a fraud scores above a genuine transaction, ties half (`roc_auc_score`).
    /// - Returns: NaN without both kinds.
    public static func areaUnderROC(_ scores: [Double], _ labels: [UInt8]) -> Double {
        let frauds = labels.reduce(0) { $0 + Int($1) }
        let genuine = labels.count - frauds
        guard frauds > 0, genuine > 0 else { return .nan }
        var (total, lastSeen, lastHits) = (0.0, 0, 0)
        forEachTie(scores, labels) { seen, hits, newHits in
            let newMisses = seen - lastSeen - newHits
            total += Double(newMisses) * (Double(lastHits) + Double(newHits) / 2)
            (lastSeen, lastHits) = (seen, hits)
        }
        return total / (Double(frauds) * Double(genuine))
    }

    /// Precision and recall at every distinct score, highest first.
    public static func precisionRecall(
        _ scores: [Double], _ labels: [UInt8]
    ) -> [(precision: Double, recall: Double)] {
        let frauds = max(1, labels.reduce(0) { $0 + Int($1) })
        var result: [(precision: Double, recall: Double)] = []
        forEachTie(scores, labels) { seen, hits, _ in
            result.append((Double(hits) / Double(seen), Double(hits) / Double(frauds)))
        }
        return result
    }

    /// Mean of (p − y)².
    public static func brierScore(_ probabilities: [Double], _ labels: [UInt8]) -> Double {
        guard !labels.isEmpty else { return .nan }
        var total = 0.0
        for (probability, label) in zip(probabilities, labels) {
            total += (probability - Double(label)) * (probability - Double(label))
        }
        return total / Double(labels.count)
    }

    /// Mean of −ln of the probability of what happened; probabilities kept 10⁻¹⁵ from 0 and 1.
    public static func logLoss(_ probabilities: [Double], _ labels: [UInt8]) -> Double {
        guard !labels.isEmpty else { return .nan }
        var total = 0.0
        for (probability, label) in zip(probabilities, labels) {
            let kept = min(max(probability, 1e-15), 1 - 1e-15)
            total -= ExactMath.log(label == 1 ? kept : 1 - kept)
        }
        return total / Double(labels.count)
    }

    /// One line of a calibration table.
    public struct CalibrationBin: Codable, Sendable, Equatable {
        public var count: Int
        public var meanProbability: Double
        public var fraudShare: Double
    }

    /// Forecast against outcome, in bins by probability.
    /// - Parameter edges: upper ends of the bins but the last, ascending.
    public static func calibrationTable(
        _ probabilities: [Double], _ labels: [UInt8],
        edges: [Double] = [0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
    ) -> [CalibrationBin] {
        var sums = [(count: Int, probability: Double, frauds: Int)](
            repeating: (0, 0, 0), count: edges.count + 1)
        for (probability, label) in zip(probabilities, labels) {
            let bin = edges.firstIndex { probability < $0 } ?? edges.count
            sums[bin].count += 1
            sums[bin].probability += probability
            sums[bin].frauds += Int(label)
        }
        return sums.filter { $0.count > 0 }.map {
            CalibrationBin(
                count: $0.count, meanProbability: $0.probability / Double($0.count),
                fraudShare: Double($0.frauds) / Double($0.count))
        }
    }

    /// Walks the distinct scores from the highest: examples seen, frauds among them, frauds new in this tie.
    private static func forEachTie(
        _ scores: [Double], _ labels: [UInt8], _ body: (_ seen: Int, _ hits: Int, _ newHits: Int) -> Void
    ) {
        let order = scores.indices.sorted { scores[$0] > scores[$1] }
        var (place, hits) = (0, 0)
        while place < order.count {
            let score = scores[order[place]]
            var newHits = 0
            while place < order.count, scores[order[place]] == score {
                newHits += Int(labels[order[place]])
                place += 1
            }
            hits += newHits
            body(place, hits, newHits)
        }
    }
}
