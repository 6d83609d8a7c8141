import Banking
import Descriptions
import Dispatch
import RiskModels

/// Penalised logistic regression over tokens and pairs: the loss and its gradient.
///
/// Parameters, in order: intercept; one per place of the vocabulary; one that is never used (so that
/// `place + 1` can be read); the grids of the pairs, one behind the other.
///
///     loss = Σ w·(log(1 + e^z) − y·z) + ½·Σ ridge·β² + ½·Σ smoothness·(β[k+1] − β[k])²
///
/// The examples are cut into a fixed number of chunks; each chunk adds up alone and the chunks are added
/// in order, so the bits are the same for any number of threads.
struct LogisticProblem {
    let matrix: TokenMatrix
    let pairs: [ScorecardWeights.Pair]
    let pairMatrices: [PairMatrix]
    let strengths: Strengths
    /// Places that hold their right neighbour, and how much of the smoothness applies.
    let bonds: [(place: Int, share: Double)]

    init(
        matrix: TokenMatrix, pairs: [ScorecardWeights.Pair], pairMatrices: [PairMatrix],
        strengths: Strengths
    ) {
        self.matrix = matrix
        self.pairs = pairs
        self.pairMatrices = pairMatrices
        self.strengths = strengths
        bonds = Self.bonds(of: matrix.vocabulary)
    }

    /// Two edges much closer than is usual for their kind mark a jump that the vocabulary's tree has found:
    /// there the points may jump as well.
    private static func bonds(of vocabulary: Vocabulary) -> [(place: Int, share: Double)] {
        var result: [(place: Int, share: Double)] = []
        var base = 0
        for entry in vocabulary.entries {
            if case .edges(let edges) = entry.values {
                let gaps = zip(edges, edges.dropFirst()).map { Double($1) - Double($0) }
                let usual = gaps.sorted()[gaps.count / 2]
                for (place, gap) in gaps.enumerated() {
                    result.append((base + place, min(1, 5 * gap / usual)))
                }
            }
            base += entry.values.count
        }
        return result
    }

    /// How strongly points are held back.
    struct Strengths: Codable, Sendable, Equatable {
        /// Pull of every point towards 0.
        var ridge: Double
        /// Pull of neighbouring places of a number towards each other.
        var smoothness: Double
        /// The same for the grids of the pairs.
        var pairRidge: Double
        var pairSmoothness: Double
    }

    static let chunkCount = 32

    var pairStart: Int { matrix.vocabulary.rowCount + 2 }
    var parameterCount: Int { pairStart + pairs.reduce(0) { $0 + $1.points.count } }

    /// Loss at `parameters`; `gradient` is overwritten.
    func loss(_ parameters: [Double], gradient: inout [Double]) -> Double {
        let width = parameterCount
        var sums = [Double](repeating: 0, count: Self.chunkCount * (width + 1))
        let count = matrix.count
        sums.withUnsafeMutableBufferPointer { sums in
            // SAFETY: each chunk writes only its own slice; concurrentPerform ends before the scope.
            nonisolated(unsafe) let sums = sums
            parameters.withUnsafeBufferPointer { parameters in
                nonisolated(unsafe) let parameters = parameters
                DispatchQueue.concurrentPerform(iterations: Self.chunkCount) { chunk in
                    let rows = chunk * count / Self.chunkCount..<(chunk + 1) * count / Self.chunkCount
                    let slice = UnsafeMutableBufferPointer(
                        rebasing: sums[chunk * (width + 1)..<(chunk + 1) * (width + 1)])
                    slice[width] = add(rows, parameters, into: slice)
                }
            }
        }
        var total = 0.0
        gradient = [Double](repeating: 0, count: width)
        for chunk in 0..<Self.chunkCount {
            let base = chunk * (width + 1)
            for place in 0..<width { gradient[place] += sums[base + place] }
            total += sums[base + width]
        }
        return total + penalty(parameters, gradient: &gradient)
    }

    /// Loss of some examples; their part of the gradient is added to `gradient`.
    private func add(
        _ rows: Range<Int>, _ parameters: UnsafeBufferPointer<Double>,
        into gradient: UnsafeMutableBufferPointer<Double>
    ) -> Double {
        var total = 0.0
        matrix.places.withUnsafeBufferPointer { places in
            matrix.weights.withUnsafeBufferPointer { weights in
                for row in rows {
                    let elements = matrix.starts[row]..<matrix.starts[row + 1]
                    var z = parameters[0]
                    for element in elements {
                        let place = Int(places[element]) + 1
                        let low = parameters[place]
                        z += low + Double(weights[element]) * (parameters[place + 1] - low)
                    }
                    z += pairSum(row, parameters)
                    let label = Double(matrix.labels[row])
                    let small = ExactMath.exp(-abs(z))
                    let weight = matrix.weight(of: row)
                    total += weight * (ExactMath.log(1 + small) + max(z, 0) - label * z)
                    let slope = weight * ((z >= 0 ? 1 / (1 + small) : small / (1 + small)) - label)
                    gradient[0] += slope
                    for element in elements {
                        let place = Int(places[element]) + 1
                        let part = slope * Double(weights[element])
                        gradient[place] += slope - part
                        gradient[place + 1] += part
                    }
                    addPairs(row, slope, into: gradient)
                }
            }
        }
        return total
    }

    private func pairSum(_ row: Int, _ parameters: UnsafeBufferPointer<Double>) -> Double {
        var sum = 0.0
        eachPair(row, parameters) { _, value in sum += value }
        return sum
    }

    /// Hands on what each pair that is said adds to the log-odds of an example.
    @inline(__always)
    func eachPair(
        _ row: Int, _ parameters: UnsafeBufferPointer<Double>, _ body: (Int, Double) -> Void
    ) {
        var base = pairStart
        for (index, pair) in pairMatrices.enumerated() {
            let corner = pair.corners[row]
            if corner != PairMatrix.absent {
                let top = base + Int(corner)
                let bottom = top + pair.rowSize
                let across = Double(pair.across[row])
                let above = parameters[top] + across * (parameters[top + 1] - parameters[top])
                let below = parameters[bottom] + across * (parameters[bottom + 1] - parameters[bottom])
                body(index, above + Double(pair.along[row]) * (below - above))
            }
            base += pair.pointCount
        }
    }

    private func addPairs(_ row: Int, _ slope: Double, into gradient: UnsafeMutableBufferPointer<Double>) {
        var base = pairStart
        for pair in pairMatrices {
            let corner = pair.corners[row]
            if corner != PairMatrix.absent {
                let top = base + Int(corner)
                let bottom = top + pair.rowSize
                let across = Double(pair.across[row])
                let below = slope * Double(pair.along[row])
                let above = slope - below
                gradient[top] += above * (1 - across)
                gradient[top + 1] += above * across
                gradient[bottom] += below * (1 - across)
                gradient[bottom + 1] += below * across
            }
            base += pair.pointCount
        }
    }

    // MARK: Penalty

    private func penalty(_ parameters: [Double], gradient: inout [Double]) -> Double {
        var total = 0.0
        func ridge(_ range: Range<Int>, _ strength: Double) {
            for place in range {
                total += 0.5 * strength * parameters[place] * parameters[place]
                gradient[place] += strength * parameters[place]
            }
        }
        func bind(_ left: Int, _ right: Int, _ strength: Double) {
            let difference = parameters[right] - parameters[left]
            total += 0.5 * strength * difference * difference
            gradient[right] += strength * difference
            gradient[left] -= strength * difference
        }
        ridge(1..<pairStart - 1, strengths.ridge)
        for (place, share) in bonds where share > 0 {
            bind(place + 1, place + 2, strengths.smoothness * share)
        }
        var base = pairStart
        for pair in pairs {
            ridge(base..<base + pair.points.count, strengths.pairRidge)
            for row in 0..<pair.firstSize {
                for column in 0..<pair.secondSize {
                    let place = base + row * pair.secondSize + column
                    if column + 1 < pair.secondSize, pair.second.form == .number {
                        bind(place, place + 1, strengths.pairSmoothness)
                    }
                    if row + 1 < pair.firstSize, pair.first.form == .number {
                        bind(place, place + pair.secondSize, strengths.pairSmoothness)
                    }
                }
            }
            base += pair.points.count
        }
        return total
    }

    /// Diagonal of the Hessian where every example has the probability `prior`: scales the first steps.
    func curvature(prior: Double) -> [Double] {
        var result = [Double](repeating: 0, count: parameterCount)
        let variance = max(prior * (1 - prior), 1e-6) * matrix.genuineWeight
        result[0] = variance * Double(matrix.count)
        for (place, weight) in zip(matrix.places, matrix.weights) {
            let share = Double(weight)
            result[Int(place) + 1] += variance * (1 - share) * (1 - share)
            result[Int(place) + 2] += variance * share * share
        }
        for place in 1..<pairStart { result[place] += strengths.ridge + 2 * strengths.smoothness }
        var base = pairStart
        for pair in pairMatrices {
            for row in 0..<pair.corners.count where pair.corners[row] != PairMatrix.absent {
                let (a, b) = (Double(pair.along[row]), Double(pair.across[row]))
                let top = base + Int(pair.corners[row])
                result[top] += variance * (1 - a) * (1 - a) * (1 - b) * (1 - b)
                result[top + 1] += variance * (1 - a) * (1 - a) * b * b
                result[top + pair.rowSize] += variance * a * a * (1 - b) * (1 - b)
                result[top + pair.rowSize + 1] += variance * a * a * b * b
            }
            for place in base..<base + pair.pointCount {
                result[place] += strengths.pairRidge + 4 * strengths.pairSmoothness
            }
            base += pair.pointCount
        }
        return result
    }

    /// The log-odds of every example.
    func logits(_ parameters: [Double]) -> [Double] {
        var result = [Double](repeating: 0, count: matrix.count)
        let count = matrix.count
        result.withUnsafeMutableBufferPointer { result in
            // SAFETY: each chunk writes only its own rows; concurrentPerform ends before the scope.
            nonisolated(unsafe) let result = result
            parameters.withUnsafeBufferPointer { parameters in
                nonisolated(unsafe) let parameters = parameters
                DispatchQueue.concurrentPerform(iterations: Self.chunkCount) { chunk in
                    for row in chunk * count / Self.chunkCount..<(chunk + 1) * count / Self.chunkCount {
                        result[row] = logit(row, parameters)
                    }
                }
            }
        }
        return result
    }

    private func logit(_ row: Int, _ parameters: UnsafeBufferPointer<Double>) -> Double {
        var z = parameters[0]
        for element in matrix.starts[row]..<matrix.starts[row + 1] {
            z += points(of: element, parameters)
        }
        return z + pairSum(row, parameters)
    }

    /// What one phrase of the matrix adds to the log-odds by itself.
    @inline(__always)
    func points(of element: Int, _ parameters: UnsafeBufferPointer<Double>) -> Double {
        let place = Int(matrix.places[element]) + 1
        let low = parameters[place]
        return low + Double(matrix.weights[element]) * (parameters[place + 1] - low)
    }
}
