import Banking
import Descriptions

/// Finds kinds whose values moved away between training and validation: what was learned from them would be
/// read at places that the training never saw (the age of accounts in a history that has just begun).
///
/// The measure is the population stability index over the places of the vocabulary,
/// Σ (q − p)·ln(q / p); above 0.25 is commonly called a significant shift, above 1 little overlaps.
struct DriftFilter {
    var largestIndex = 1.0

    /// Stability index of each kind that the vocabulary says, 0 = unmoved.
    func indices(training: TokenMatrix, validation: TokenMatrix) -> [(kind: Kind, index: Double)] {
        let before = shares(training)
        let after = shares(validation)
        var base = 0
        return training.vocabulary.entries.map { entry in
            defer { base += entry.values.count }
            var total = 0.0
            for place in base..<base + entry.values.count {
                let (p, q) = (before[place] + 1e-4, after[place] + 1e-4)
                total += (q - p) * ExactMath.log(q / p)
            }
            return (entry.kind, total)
        }
    }

    /// The kinds to leave out.
    func muted(training: TokenMatrix, validation: TokenMatrix) -> Set<Kind> {
        Set(
            indices(training: training, validation: validation).filter { $0.index > largestIndex }.map(
                \.kind))
    }

    /// Share of the examples at each place, halfway ones to both sides.
    private func shares(_ matrix: TokenMatrix) -> [Double] {
        var sums = [Double](repeating: 0, count: matrix.vocabulary.rowCount + 1)
        for (place, weight) in zip(matrix.places, matrix.weights) {
            sums[Int(place)] += 1 - Double(weight)
            sums[Int(place) + 1] += Double(weight)
        }
        return sums.map { $0 / Double(max(1, matrix.count)) }
    }
}
