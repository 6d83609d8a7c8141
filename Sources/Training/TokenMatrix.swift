import Banking
import Descriptions
import RiskModels

/// The descriptions of many examples as rows of a sparse matrix, laid out for the optimiser.
///
/// One element is a place in the points table and the weight towards the next place: 8 bytes.
struct TokenMatrix {
    /// Place in the points table (`rowOffsets[kind] + index`).
    private(set) var places: [UInt32] = []
    private(set) var weights: [Float] = []
    /// Row `r` is `starts[r] ..< starts[r + 1]`.
    private(set) var starts: [Int] = [0]
    /// 1 fraud, 0 genuine.
    private(set) var labels: [UInt8] = []
    let vocabulary: Vocabulary
    /// How many genuine examples each one stands for, where only every n-th was taken.
    let genuineWeight: Double

    var count: Int { labels.count }

    /// How many examples of history one row stands for.
    @inline(__always) func weight(of row: Int) -> Double { labels[row] == 1 ? 1 : genuineWeight }

    /// Curvature of the loss along the log-odds of a row: p·(1 − p), once for each that it stands for.
    func curvature(of row: Int, logit: Double) -> Double {
        let probability = ExactMath.sigmoid(logit)
        return probability * (1 - probability) * weight(of: row)
    }

    /// - Parameters:
    ///   - facts: all examples.
    ///   - rows: the ones to take, in this order.
    ///   - muted: kinds that are left out.
    init(
        facts: FactTable, rows: [Int], vocabulary: Vocabulary, genuineWeight: Double = 1,
        muted: Set<Kind> = []
    ) {
        let silent = Set(muted.map(\.rawValue))
        self.genuineWeight = genuineWeight
        self.vocabulary = vocabulary
        let describer = Describer(vocabulary: vocabulary)
        var batch = DescriptionBatch()
        labels.reserveCapacity(rows.count)
        starts.reserveCapacity(rows.count + 1)
        for row in rows {
            batch.removeAll()
            describer.describe(facts[row], into: &batch)
            for token in batch.tokens where !silent.contains(token.kind) {
                let offset = vocabulary.rowOffsets[Int(token.kind)]
                places.append(UInt32(truncatingIfNeeded: Int(offset) + Int(token.index)))
                weights.append(token.weight)
            }
            starts.append(places.count)
            labels.append(facts.labels[row] == 1 ? 1 : 0)
        }
    }

    /// Descriptions that are said already.
    /// - Parameter labels: 1 fraud, 0 genuine; one per description.
    init(descriptions: [[Token]], labels: [UInt8], vocabulary: Vocabulary) {
        self.vocabulary = vocabulary
        genuineWeight = 1
        self.labels = labels
        for description in descriptions {
            for token in description {
                let offset = Int(vocabulary.rowOffsets[Int(token.kind)])
                places.append(UInt32(truncatingIfNeeded: offset + Int(token.index)))
                weights.append(token.weight)
            }
            starts.append(places.count)
        }
    }

    /// Some rows of it, in the given order, each standing for itself.
    func taking(_ rows: [Int]) -> TokenMatrix { TokenMatrix(self, rows: rows) }

    private init(_ other: TokenMatrix, rows: [Int], keeping isKept: () -> Bool = { true }) {
        vocabulary = other.vocabulary
        genuineWeight = 1
        for row in rows {
            let range = other.starts[row]..<other.starts[row + 1]
            for element in range where isKept() {
                places.append(other.places[element])
                weights.append(other.weights[element])
            }
            starts.append(places.count)
            labels.append(other.labels[row])
        }
    }

    /// Some rows of it, with a share of their phrases left out at random.
    /// - Parameters:
    ///   - share: probability that a phrase is left out, 0 to 1.
    ///   - key: decides which.
    func taking(_ rows: [Int32], without share: Float, key: UInt64) -> TokenMatrix {
        var random = SeededRandom(state: key)
        let limit = UInt64(max(0, min(0.9, share)) * 65_536)
        return TokenMatrix(self, rows: rows.map { Int($0) }) { random.next() >> 48 >= limit }
    }

    /// For each row the coordinate of one kind in its vocabulary (index + weight); −1 where it is not said.
    func coordinates(of kind: Kind) -> [Float] {
        let offset = UInt32(truncatingIfNeeded: max(0, vocabulary.rowOffsets[Int(kind.rawValue)]))
        let end = offset + UInt32(truncatingIfNeeded: vocabulary.count(of: kind))
        var result = [Float](repeating: -1, count: count)
        for row in 0..<count {
            for element in starts[row]..<starts[row + 1]
            where places[element] >= offset && places[element] < end {
                result[row] = Float(places[element] - offset) + weights[element]
            }
        }
        return result
    }
}

/// The part of each example that two kinds say together, dense: 12 bytes per example and pair.
struct PairMatrix {
    /// Marks an example in which one of the two is not said.
    static let absent = UInt32.max

    /// Upper left corner in the grid.
    private(set) var corners: [UInt32] = []
    private(set) var along: [Float] = []
    private(set) var across: [Float] = []
    let rowSize: Int
    let pointCount: Int

    init(_ pair: ScorecardWeights.Pair, first: [Float], second: [Float]) {
        rowSize = pair.secondSize
        pointCount = pair.firstSize * pair.secondSize
        corners.reserveCapacity(first.count)
        along.reserveCapacity(first.count)
        across.reserveCapacity(first.count)
        for (a, b) in zip(first, second) {
            guard a >= 0, b >= 0 else {
                corners.append(Self.absent)
                along.append(0)
                across.append(0)
                continue
            }
            let corner = pair.corners(a, b)
            corners.append(UInt32(truncatingIfNeeded: corner.corner))
            along.append(Float(corner.along))
            across.append(Float(corner.across))
        }
    }
}
