import Banking
import History

/// Learns the vocabulary from the history that a model is trained on. Deterministic.
public struct VocabularyLearner: Sendable {
    /// Edges of a numeric kind at most: 2 to 64.
    public var largestEdgeCount = 40
    /// Up to this many distinct values, each value is its own edge and nothing is lost.
    public var largestDistinctCount = 32
    /// Codes with a place of their own per category at most.
    public var largestCodeCount = 46
    /// Places that share the remaining codes by hash.
    public var bucketCount = 16
    /// Depth of the tree on the training labels that places edges; 0 for none.
    public var treeDepth = 4
    /// Values looked at per kind for quantiles, and genuine rows per kind for the tree, at most.
    public var sampleSize = 200_000
    /// A code or a missing fact rarer than this many rows gets no place of its own.
    public var smallestCodeCount = 20

    public init() {}

    /// - Parameter table: facts of the training period; rows of unknown label shape the quantiles, the
    ///   others the tree also.
    /// - Throws: `DescriptionsError` when nothing in the table varies.
    public func learn(from table: FactTable) throws(DescriptionsError) -> Vocabulary {
        let sample = Sample(table: table, size: sampleSize)
        var entries: [Vocabulary.Entry] = []
        for kind in Kind.allCases {
            switch kind.form {
            case .number:
                let edges = learnEdges(sample.columns(of: kind.fact, in: table))
                if edges.count >= 2 { entries.append(.init(kind: kind, values: .edges(edges))) }
            case .category:
                if let values = learnCategories(kind, table) {
                    entries.append(.init(kind: kind, values: values))
                }
            }
        }
        guard !entries.isEmpty else {
            throw DescriptionsError(
                code: "nothing_to_learn", operation: "learning a vocabulary",
                cause: "no fact varies in the \(table.count) rows given")
        }
        return try Vocabulary(entries: entries)
    }

    /// Edges of one numeric kind from its values. Empty when fewer than two values are distinct.
    public func learnEdges(_ columns: NumberColumns) -> [Float] {
        let values = SortedValues(columns.values)
        guard let lowest = values.sorted.first, let highest = values.sorted.last, lowest < highest
        else { return [] }
        let cap = min(max(largestEdgeCount, 2), Vocabulary.largestEdgeCount)
        if let distinct = values.distinct(atMost: min(largestDistinctCount, cap)) { return distinct }

        let tree = SplitTree(depth: treeDepth).splits(of: columns)
        let smallestGap = Self.usefulGap(values)
        var edges = EdgeSet(cap: cap, smallestGap: smallestGap)
        edges.insert(values.quantile(0.001))
        edges.insert(values.quantile(0.999))
        // A split between two neighbouring values becomes two edges, so that the encoding can jump there:
        // an eighth of the edges' number of them; the next eighth gets one edge each, quantiles the rest.
        for split in tree.prefix(max(cap / 8, 1)) { edges.insertPair(split.below, split.above) }
        for split in tree.dropFirst(cap / 8).prefix(cap / 8) { edges.insert(split.above) }
        for share in [0.99, 0.995, 0.01] { edges.insert(values.quantile(share)) }
        let offMode = SortedValues(sorted: values.withoutMode())
        for rank in 1..<32 {
            let share = Self.evenlySpread(rank)
            edges.insert(values.quantile(share))
            if offMode.sorted.count * 10 < values.sorted.count * 9 { edges.insert(offMode.quantile(share)) }
        }
        edges.insert(lowest)
        return edges.sorted.count >= 2 ? edges.sorted : [lowest, highest]
    }

    /// Edges closer than this say the same: a 2,000th of the range in which 98 % of the values lie.
    private static func usefulGap(_ values: SortedValues) -> Float {
        let gap = (values.quantile(0.99) - values.quantile(0.01)) / 2000
        return gap.isFinite && gap > 0 ? gap : 0
    }

    /// 1/2, 1/4, 3/4, 1/8, 5/8 …: any prefix covers the unit interval evenly (van der Corput's sequence).
    static func evenlySpread(_ rank: Int) -> Double {
        var (rest, share, step) = (rank, 0.0, 0.5)
        while rest > 0 {
            if rest & 1 == 1 { share += step }
            rest >>= 1
            step /= 2
        }
        return share
    }

    /// Codes by their share of all rows plus their share of the frauds: rare but telling codes get a place.
    private func learnCategories(_ kind: Kind, _ table: FactTable) -> Vocabulary.Values? {
        var counts: [UInt32: (all: Int, frauds: Int)] = [:]
        for fact in kind.allFacts {
            let slot = Int(fact.rawValue)
            for row in 0..<table.count {
                let code = table.bits(row: row, slot: slot)
                counts[code, default: (0, 0)].all += 1
                if table.labels[row] == 1 { counts[code, default: (0, 0)].frauds += 1 }
            }
        }
        let missing = counts.removeValue(forKey: 0)?.all ?? 0
        let present = table.count * kind.allFacts.count - missing
        let saysMissing = Self.canBeMissed.contains(kind) && min(missing, present) >= smallestCodeCount
        guard counts.count >= 2 || saysMissing || (kind != .merchantWord && !counts.isEmpty && missing > 0)
        else { return nil }
        let allFrauds = max(counts.values.reduce(0) { $0 + $1.frauds }, 1)
        let ranked = counts.filter { $0.value.all >= smallestCodeCount }
            .map { code, count in
                let share = Double(count.all) / Double(max(present, 1))
                return (code: code, weight: share + Double(count.frauds) / Double(allFrauds))
            }
            .sorted { ($0.weight, $1.code) > ($1.weight, $0.code) }
        let codes = ranked.prefix(largestCodeCount).map(\.code)
        return .categories(codes: codes, buckets: max(bucketCount, 1), saysMissing: saysMissing)
    }

    /// Facts of the record itself whose absence, among records that carry them, tells something.
    private static let canBeMissed: Set<Kind> = [
        .currency, .direction, .channel, .entryMode, .merchantCategory, .merchantCountry,
    ]
}

/// Values of one numeric fact as the learner reads them: absent ones left out.
public struct NumberColumns: Sendable {
    /// A sample of all rows, in any order.
    public var values: [Float]
    /// All frauds of the training part.
    public var frauds: [Float]
    /// Every `genuineStride`-th genuine row of the training part.
    public var genuine: [Float]
    public var genuineStride: Int

    public init(values: [Float], frauds: [Float] = [], genuine: [Float] = [], genuineStride: Int = 1) {
        self.values = values
        self.frauds = frauds
        self.genuine = genuine
        self.genuineStride = genuineStride
    }
}

/// The rows that are looked at: every k-th for quantiles, all frauds and every k-th genuine row for the tree.
private struct Sample {
    let rows: [Int]
    let frauds: [Int]
    let genuine: [Int]
    let genuineStride: Int

    init(table: FactTable, size: Int) {
        let size = max(size, 1)
        rows = Array(stride(from: 0, to: table.count, by: table.count / size + 1))
        frauds = table.labels.indices.filter { table.labels[$0] == 1 }
        let allGenuine = table.labels.indices.filter { table.labels[$0] == 0 }
        let step = allGenuine.count / size + 1
        genuine = stride(from: 0, to: allGenuine.count, by: step).map { allGenuine[$0] }
        genuineStride = step
    }

    func columns(of fact: Fact, in table: FactTable) -> NumberColumns {
        let slot = Int(fact.rawValue)
        func pick(_ rows: [Int]) -> [Float] {
            var picked: [Float] = []
            picked.reserveCapacity(rows.count)
            for row in rows {
                let value = Float(bitPattern: table.bits(row: row, slot: slot))
                if value.isFinite { picked.append(value) }
            }
            return picked
        }
        return NumberColumns(
            values: pick(rows), frauds: pick(frauds), genuine: pick(genuine), genuineStride: genuineStride)
    }
}
