import Banking
import Descriptions
import RiskModels

/// Finds the kinds that have something to say together that neither says alone.
///
/// After a fit of what is known so far, the residuals of the examples are added up in a coarse grid for every
/// two kinds; the gain of a pair is what one Newton step in each cell would take off the loss, ½·Σ G²/(H + λ)
/// (the ranking of Lou et al. 2013, "Accurate intelligible models with pairwise interactions"), less what it
/// would take off for nothing: chance alone gives G² a mean of H, so a pair of many cells looks good.
struct PairFinder {
    /// Grid size of numeric kinds, 2…64.
    var gridSize = 12
    /// Added to every cell's curvature: a cell of few examples promises little.
    var shrinkage = 4.0
    /// Kinds that are never paired.
    var muted: Set<Kind> = []

    /// A pair with an empty grid.
    /// - Parameters:
    ///   - mass: how much each place of the vocabulary matters (curvature of the examples there).
    func pair(
        _ first: Kind, _ second: Kind, vocabulary: Vocabulary, mass: [Double]
    ) -> ScorecardWeights.Pair {
        let (firstCoordinates, firstSize) = coordinates(of: first, vocabulary, mass)
        let (secondCoordinates, secondSize) = coordinates(of: second, vocabulary, mass)
        return ScorecardWeights.Pair(
            first: first, second: second, firstCoordinates: firstCoordinates,
            secondCoordinates: secondCoordinates, firstSize: firstSize, secondSize: secondSize,
            points: [Float](repeating: 0, count: firstSize * secondSize))
    }

    /// Where the examples that are still undecided lie: p·(1 − p) per place of the vocabulary.
    func mass(_ matrix: TokenMatrix, logits: [Double]) -> [Double] {
        var mass = [Double](repeating: 0, count: matrix.vocabulary.rowCount + 1)
        for row in 0..<matrix.count {
            let curvature = matrix.curvature(of: row, logit: logits[row])
            for element in matrix.starts[row]..<matrix.starts[row + 1] {
                let part = curvature * Double(matrix.weights[element])
                mass[Int(matrix.places[element])] += curvature - part
                mass[Int(matrix.places[element]) + 1] += part
            }
        }
        return mass
    }

    /// The most promising pairs, best first.
    /// - Parameters:
    ///   - logits: of every example of `matrix` after the fit so far.
    ///   - taken: pairs that are already there.
    func find(
        _ count: Int, in matrix: TokenMatrix, logits: [Double], taken: [ScorecardWeights.Pair]
    ) -> [ScorecardWeights.Pair] {
        let mass = mass(matrix, logits: logits)
        let kinds = matrix.vocabulary.entries.map(\.kind).filter {
            $0 != .merchantWord && !muted.contains($0)
        }
        let columns = kinds.map { kind in bins(of: kind, matrix, mass) }
        let (slopes, curvatures) = residuals(matrix, logits)
        var found: [(gain: Double, first: Int, second: Int)] = []
        for first in kinds.indices {
            for second in kinds.indices where second > first {
                if taken.contains(where: { $0.first == kinds[first] && $0.second == kinds[second] }) {
                    continue
                }
                let gain = gain(columns[first], columns[second], slopes, curvatures)
                found.append((gain, first, second))
            }
        }
        found.sort { ($0.gain, $1.first, $1.second) > ($1.gain, $0.first, $0.second) }
        // One pair per kind and round: facts that say nearly the same would only repeat each other.
        var used: [Int: Int] = [:]
        var result: [ScorecardWeights.Pair] = []
        for candidate in found where result.count < count {
            guard used[candidate.first, default: 0] < 2, used[candidate.second, default: 0] < 2 else {
                continue
            }
            used[candidate.first, default: 0] += 1
            used[candidate.second, default: 0] += 1
            result.append(
                pair(
                    kinds[candidate.first], kinds[candidate.second], vocabulary: matrix.vocabulary,
                    mass: mass))
        }
        return result
    }

    private func residuals(_ matrix: TokenMatrix, _ logits: [Double]) -> (
        slopes: [Double], curvatures: [Double]
    ) {
        var slopes: [Double] = []
        var curvatures: [Double] = []
        for row in 0..<matrix.count {
            let probability = ExactMath.sigmoid(logits[row])
            let weight = matrix.weight(of: row)
            slopes.append(weight * (Double(matrix.labels[row]) - probability))
            curvatures.append(weight * probability * (1 - probability))
        }
        return (slopes, curvatures)
    }

    private func gain(_ first: [UInt8], _ second: [UInt8], _ slopes: [Double], _ curvatures: [Double])
        -> Double
    {
        var slope = [Double](repeating: 0, count: 64 * 64)
        var curvature = slope
        for row in first.indices where first[row] != 255 && second[row] != 255 {
            let cell = Int(first[row]) * 64 + Int(second[row])
            slope[cell] += slopes[row]
            curvature[cell] += curvatures[row]
        }
        var total = 0.0
        for cell in slope.indices where curvature[cell] > 0 {
            total += 0.5 * (slope[cell] * slope[cell] - curvature[cell]) / (curvature[cell] + shrinkage)
        }
        return total
    }

    /// The nearest grid line of each example; 255 where the kind is not said.
    private func bins(of kind: Kind, _ matrix: TokenMatrix, _ mass: [Double]) -> [UInt8] {
        let (grid, _) = coordinates(of: kind, matrix.vocabulary, mass)
        return matrix.coordinates(of: kind).map { place in
            guard place >= 0 else { return 255 }
            let index = min(Int(place), grid.count - 1)
            let next = min(index + 1, grid.count - 1)
            let coordinate = grid[index] + (place - Float(index)) * (grid[next] - grid[index])
            return UInt8(min(63, max(0, coordinate.rounded())))
        }
    }

    /// Grid coordinate of each place: numbers keep their order, categories share the last line when rare.
    private func coordinates(
        of kind: Kind, _ vocabulary: Vocabulary, _ mass: [Double]
    ) -> (coordinates: [Float], size: Int) {
        let count = vocabulary.count(of: kind)
        let offset = Int(max(0, vocabulary.rowOffsets[Int(kind.rawValue)]))
        let size = max(2, min(gridSize, count))
        guard count > size else { return ((0..<count).map(Float.init), size) }
        let masses = (0..<count).map { mass[offset + $0] }
        guard kind.form == .number else {
            let ranked = masses.indices.sorted { (masses[$0], $1) > (masses[$1], $0) }
            var result = [Float](repeating: Float(size - 1), count: count)
            for (line, place) in ranked.prefix(size - 1).enumerated() { result[place] = Float(line) }
            return (result, size)
        }
        return (Self.lines(masses, size: size), size)
    }

    /// Lines at places that cut the mass into equal parts, the first and the last place always among them.
    private static func lines(_ masses: [Double], size: Int) -> [Float] {
        let last = masses.count - 1
        let total = masses.reduce(0, +)
        var nodes = [0]
        var reached = 0.0
        for place in 0..<last {
            reached += masses[place]
            let left = size - 1 - nodes.count
            guard place > (nodes.last ?? 0), left > 0 else { continue }
            if reached >= total * Double(nodes.count) / Double(size - 1) || last - place <= left {
                nodes.append(place)
            }
        }
        nodes.append(last)
        var result = [Float](repeating: 0, count: masses.count)
        for (line, (start, end)) in zip(nodes, nodes.dropFirst()).enumerated() {
            for place in start...end {
                result[place] = Float(line) + Float(place - start) / Float(end - start)
            }
        }
        return result
    }
}
