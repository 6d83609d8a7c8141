import Banking

/// A shallow decision tree of one number on the training labels: where the share of fraud changes most.
///
/// Greedy, by information gain. Only boundaries between values of different outcome are tried, where the
/// optimum always lies (Fayyad & Irani 1992). A split must be far from chance (likelihood-ratio test).
struct SplitTree {
    /// Number of splits on any path; at most 2^depth − 1 splits in all.
    let depth: Int
    /// Rows on each side of a split at least.
    var smallestLeaf = 20
    /// 2·ln of the likelihood ratio at least: about one chance in 10⁵ for one split, so that a search
    /// over thousands of positions still rarely finds what is not there.
    var smallestStatistic = 20.0

    init(depth: Int) { self.depth = depth }

    struct Split: Equatable {
        /// Largest value on the left side.
        let below: Float
        /// Smallest value on the right side.
        let above: Float
        /// 2·ln of the likelihood ratio.
        let statistic: Double
    }

    /// Splits by falling statistic, ties by value.
    func splits(of columns: NumberColumns) -> [Split] {
        guard depth > 0, !columns.frauds.isEmpty, !columns.genuine.isEmpty else { return [] }
        let groups = Self.groups(of: columns)
        var found: [Split] = []
        var open: [(range: Range<Int>, depth: Int)] = [(groups.indices, 0)]
        while let node = open.popLast() {
            guard node.depth < depth, let best = bestSplit(groups, node.range) else { continue }
            let left = groups[best.boundary - 1].value
            found.append(Split(below: left, above: groups[best.boundary].value, statistic: best.statistic))
            open.append((node.range.lowerBound..<best.boundary, node.depth + 1))
            open.append((best.boundary..<node.range.upperBound, node.depth + 1))
        }
        return found.sorted { ($0.statistic, $1.below) > ($1.statistic, $0.below) }
    }

    /// All rows of one value.
    private struct Group {
        let value: Float
        var rows = 0
        var frauds = 0.0
        var genuine = 0.0
        var isMixed: Bool { frauds > 0 && genuine > 0 }
    }

    private static func groups(of columns: NumberColumns) -> [Group] {
        let frauds = SortedValues(columns.frauds).sorted
        let genuine = SortedValues(columns.genuine).sorted
        let weight = Double(columns.genuineStride)
        var groups: [Group] = []
        var (f, g) = (0, 0)
        while f < frauds.count || g < genuine.count {
            let takesFraud = g == genuine.count || (f < frauds.count && frauds[f] <= genuine[g])
            let value = takesFraud ? frauds[f] : genuine[g]
            if groups.last?.value != value { groups.append(Group(value: value)) }
            groups[groups.count - 1].rows += 1
            if takesFraud {
                groups[groups.count - 1].frauds += 1
                f += 1
            } else {
                groups[groups.count - 1].genuine += weight
                g += 1
            }
        }
        return groups
    }

    private func bestSplit(_ groups: [Group], _ range: Range<Int>) -> (boundary: Int, statistic: Double)? {
        var (rows, frauds, genuine) = (0, 0.0, 0.0)
        for group in groups[range] {
            rows += group.rows
            frauds += group.frauds
            genuine += group.genuine
        }
        guard frauds > 0, genuine > 0, rows >= 2 * smallestLeaf else { return nil }
        let whole = Self.logLikelihood(frauds, genuine)
        var best: (boundary: Int, statistic: Double)?
        var (leftRows, leftFrauds, leftGenuine) = (0, 0.0, 0.0)
        for boundary in range.dropFirst() {
            let before = groups[boundary - 1]
            leftRows += before.rows
            leftFrauds += before.frauds
            leftGenuine += before.genuine
            let after = groups[boundary]
            let isBoundary = before.isMixed || after.isMixed || (before.frauds > 0) != (after.frauds > 0)
            guard isBoundary, leftRows >= smallestLeaf, rows - leftRows >= smallestLeaf else { continue }
            let split = Self.logLikelihood(leftFrauds, leftGenuine)
                + Self.logLikelihood(frauds - leftFrauds, genuine - leftGenuine)
            let statistic = 2 * (split - whole)
            if statistic >= smallestStatistic, statistic > best?.statistic ?? 0 {
                best = (boundary, statistic)
            }
        }
        return best
    }

    /// ln of the likelihood of a leaf that says its own share of fraud.
    private static func logLikelihood(_ frauds: Double, _ genuine: Double) -> Double {
        let total = frauds + genuine
        var sum = 0.0
        if frauds > 0 { sum += frauds * ExactMath.log(frauds / total) }
        if genuine > 0 { sum += genuine * ExactMath.log(genuine / total) }
        return sum
    }
}
