extension Metrics {
    /// Average precision where every genuine example stands for several.
    /// - Parameter genuineWeight: how many, at least 1.
    /// - Returns: NaN without any fraud.
    static func averagePrecision(_ scores: [Double], _ labels: [UInt8], genuineWeight: Double) -> Double {
        let frauds = labels.reduce(0) { $0 + Int($1) }
        guard frauds > 0 else { return .nan }
        let order = scores.indices.sorted { scores[$0] > scores[$1] }
        var (place, hits, genuine, total) = (0, 0, 0, 0.0)
        while place < order.count {
            let score = scores[order[place]]
            var newHits = 0
            while place < order.count, scores[order[place]] == score {
                if labels[order[place]] == 1 { newHits += 1 } else { genuine += 1 }
                place += 1
            }
            hits += newHits
            let precision = Double(hits) / (Double(hits) + Double(genuine) * genuineWeight)
            total += Double(newHits) / Double(frauds) * precision
        }
        return total
    }
}
