import Descriptions
import RiskModels

/// Chooses the kinds that are worth reading, on the training period alone: a scorecard with pairs is fitted,
/// the tenth of the kinds that it would miss least is left out, and what remains is fitted again, until few
/// enough are left. Facts that repeat each other share their points, so one goes and the other inherits them.
struct KindSelector {
    /// Kinds to keep at most.
    var count: Int

    /// The kinds to leave out, those that are muted already among them.
    func muted(
        _ facts: FactTable, rows: [Int], vocabulary: Vocabulary, muted: Set<Kind>
    ) -> Set<Kind> {
        var (trainer, muted) = (ScorecardTrainer(), muted)
        var kept = vocabulary.entries.map(\.kind).filter { !muted.contains($0) }
        while kept.count > max(1, count) {
            trainer.muted = muted
            trainer.finder.muted = muted
            let matrix = trainer.matrix(facts: facts, rows: rows, vocabulary: vocabulary)
            let fits = trainer.fitPairs(matrix, rounds: 1, main: trainer.fit(matrix))
            let worths = fits[fits.count - 1].worths
            let leaving = kept.sorted { (worths[$0] ?? 0, $1.rawValue) < (worths[$1] ?? 0, $0.rawValue) }
                .prefix(max(1, min(kept.count - count, kept.count / 10)))
            muted.formUnion(leaving)
            kept.removeAll(where: muted.contains)
        }
        return muted
    }
}

extension ScorecardTrainer.Fit {
    /// What each kind is worth: how much the loss would rise, to second order, if all that it says, alone and
    /// in pairs, were replaced by a constant. ½·Σ h·(c − c̄)², h the curvature of an example, c the points.
    var worths: [Kind: Double] {
        let matrix = problem.matrix
        let entries = matrix.vocabulary.entries
        var entryOfPlace: [Int] = []
        for (index, entry) in entries.enumerated() {
            entryOfPlace += [Int](repeating: index, count: entry.values.count)
        }
        let pairEntries = pairs.map { pair in
            (entries.firstIndex { $0.kind == pair.first }, entries.firstIndex { $0.kind == pair.second })
        }
        let logits = problem.logits(parameters)
        var all = 0.0
        var sums = [Double](repeating: 0, count: entries.count)
        var (squares, points) = (sums, sums)
        parameters.withUnsafeBufferPointer { parameters in
            for row in 0..<matrix.count {
                let curvature = matrix.curvature(of: row, logit: logits[row])
                all += curvature
                for index in points.indices { points[index] = 0 }
                for element in matrix.starts[row]..<matrix.starts[row + 1] {
                    let entry = entryOfPlace[Int(matrix.places[element])]
                    points[entry] += problem.points(of: element, parameters)
                }
                problem.eachPair(row, parameters) { pair, value in
                    if let first = pairEntries[pair].0 { points[first] += value }
                    if let second = pairEntries[pair].1 { points[second] += value }
                }
                for (index, value) in points.enumerated() where value != 0 {
                    sums[index] += curvature * value
                    squares[index] += curvature * value * value
                }
            }
        }
        var result: [Kind: Double] = [:]
        for (index, entry) in entries.enumerated() {
            result[entry.kind] = 0.5 * (squares[index] - sums[index] * sums[index] / max(all, 1e-300))
        }
        return result
    }
}
