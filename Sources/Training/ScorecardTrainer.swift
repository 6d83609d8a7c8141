import Banking
import Descriptions
import RiskModels

/// Fits the points of a scorecard: main points first, then pairs of kinds in rounds where the
/// residuals ask for them.
///
/// Deterministic: the same examples give the same weights bit for bit, for any number of threads.
struct ScorecardTrainer {
    var strengths = LogisticProblem.Strengths(
        ridge: 0.3, smoothness: 10, pairRidge: 3, pairSmoothness: 10)
    /// Genuine examples are thinned to about this many; each then stands for several.
    var largestGenuineCount = 250_000
    var pairsPerRound = 6
    var finder = PairFinder()
    var optimiser = LimitedMemoryBFGS()
    /// Kinds that get no points (`DriftFilter`).
    var muted: Set<Kind> = []

    /// A fit in the optimiser's own layout.
    struct Fit {
        var parameters: [Double]
        var pairs: [ScorecardWeights.Pair]
        /// The matrix that it was fitted on, with its logits.
        var problem: LogisticProblem
    }

    /// The examples of a fit: all frauds and every n-th genuine transaction, in order.
    func matrix(facts: FactTable, rows: [Int], vocabulary: Vocabulary) -> TokenMatrix {
        let genuineCount = rows.reduce(0) { $0 + (facts.labels[$1] == 1 ? 0 : 1) }
        let stride = max(1, (genuineCount + largestGenuineCount - 1) / largestGenuineCount)
        var (seen, taken): (Int, [Int]) = (0, [])
        for row in rows {
            guard facts.labels[row] != 1 else {
                taken.append(row)
                continue
            }
            if seen % stride == 0 { taken.append(row) }
            seen += 1
        }
        let weight = Double(genuineCount) / Double(max(1, (genuineCount + stride - 1) / stride))
        return TokenMatrix(
            facts: facts, rows: taken, vocabulary: vocabulary, genuineWeight: weight, muted: muted)
    }

    /// Fits main points and given pairs.
    /// - Parameter start: an earlier fit on the same vocabulary; its pairs must be the first of `pairs`.
    func fit(
        _ matrix: TokenMatrix, pairs: [ScorecardWeights.Pair] = [], start: Fit? = nil,
        progress: (String) -> Void = { _ in }
    ) -> Fit {
        let kinds = Set(pairs.flatMap { [$0.first, $0.second] })
        var coordinates: [Kind: [Float]] = [:]
        for kind in kinds { coordinates[kind] = matrix.coordinates(of: kind) }
        let matrices = pairs.map { pair in
            PairMatrix(pair, first: coordinates[pair.first] ?? [], second: coordinates[pair.second] ?? [])
        }
        let problem = LogisticProblem(
            matrix: matrix, pairs: pairs, pairMatrices: matrices, strengths: strengths)
        let frauds = matrix.labels.reduce(0.0) { $0 + Double($1) }
        let genuine = (Double(matrix.count) - frauds) * matrix.genuineWeight
        let prior = (frauds + 0.5) / (frauds + genuine + 1)
        var first = [Double](repeating: 0, count: problem.parameterCount)
        first[0] = ExactMath.logit(prior)
        if let start {
            for (place, value) in start.parameters.enumerated() where place < first.count {
                first[place] = value
            }
        }
        let found = optimiser.minimise(
            from: first, curvature: problem.curvature(prior: prior),
            progress: { iteration, loss in
                if iteration % 20 == 0 { progress("step \(iteration), loss \(loss / (frauds + genuine))") }
            },
            problem.loss)
        return Fit(parameters: found.point, pairs: pairs, problem: problem)
    }

    /// Adds the most promising pairs, round by round.
    func fitPairs(
        _ matrix: TokenMatrix, rounds: Int, main: Fit, progress: (String) -> Void = { _ in }
    ) -> [Fit] {
        var fits = [main]
        for round in 0..<rounds {
            let last = fits[fits.count - 1]
            let found = finder.find(
                pairsPerRound, in: matrix, logits: last.problem.logits(last.parameters), taken: last.pairs)
            guard !found.isEmpty else { break }
            let names = found.map { "\($0.first.name) × \($0.second.name)" }.joined(separator: ", ")
            progress("round \(round + 1): \(names)")
            fits.append(fit(matrix, pairs: last.pairs + found, start: last, progress: progress))
        }
        return fits
    }

    /// The same pairs of kinds on another vocabulary: grids laid anew where the examples now lie.
    func pairs(like pairs: [ScorecardWeights.Pair], main: Fit) -> [ScorecardWeights.Pair] {
        let matrix = main.problem.matrix
        let mass = finder.mass(matrix, logits: main.problem.logits(main.parameters))
        return pairs.filter {
            matrix.vocabulary.count(of: $0.first) > 0 && matrix.vocabulary.count(of: $0.second) > 0
        }.map { finder.pair($0.first, $0.second, vocabulary: matrix.vocabulary, mass: mass) }
    }

    /// Points of the model file from a fit, with the average of each kind where it is said.
    func weights(of fit: Fit) -> ScorecardWeights {
        let vocabulary = fit.problem.matrix.vocabulary
        let points = fit.parameters[1..<1 + vocabulary.rowCount].map { Float($0) }
        var pairs = fit.pairs
        var base = fit.problem.pairStart
        for place in pairs.indices {
            let count = pairs[place].points.count
            pairs[place].points = fit.parameters[base..<base + count].map { Float($0) }
            base += count
        }
        return ScorecardWeights(
            intercept: fit.parameters[0], points: Array(points), means: [Float](repeating: 0, count: 256),
            pairs: pairs)
    }
}

extension ScorecardTrainer.Fit {
    /// The log-odds of other examples on the same vocabulary.
    func logits(of matrix: TokenMatrix) -> [Double] {
        let kinds = Set(pairs.flatMap { [$0.first, $0.second] })
        var coordinates: [Kind: [Float]] = [:]
        for kind in kinds { coordinates[kind] = matrix.coordinates(of: kind) }
        let matrices = pairs.map { pair in
            PairMatrix(pair, first: coordinates[pair.first] ?? [], second: coordinates[pair.second] ?? [])
        }
        let problem = LogisticProblem(
            matrix: matrix, pairs: pairs, pairMatrices: matrices, strengths: problem.strengths)
        return problem.logits(parameters)
    }
}
