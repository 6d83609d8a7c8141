import Banking
import Descriptions

/// Additive points per phrase: logistic regression over the tokens of a description.
///
///     logit = intercept + Σ_tokens lerp(points[kind], index, weight)
///                       + Σ_pairs bilinear(table[pair], coordinate(first), coordinate(second))
///
/// A pair lets two kinds speak together ("6 times the usual amount" at a terminal "with 40 % fraud"): a
/// small grid whose coordinates are piecewise linear in the places of each kind. Sums run in Double in the
/// order of the tokens, then of the pairs, so the bits do not depend on batch, thread or CPU.
public struct Scorecard: Brick {
    public let model: ModelFile
    /// The points, for reports.
    public let weights: ScorecardWeights
    /// Row of the points table where each kind starts, by raw value of the kind.
    let offsets: [Int32]
    /// The points and one more row, so that `index + 1` can be read without a branch.
    let points: [Float]
    let pairs: [ScorecardWeights.Pair]

    public var name: String { "scorecard" }

    /// - Throws: `ModelFileError` when a tensor is missing or does not fit the vocabulary.
    public init(_ model: ModelFile) throws(ModelFileError) {
        guard model.kind == .scorecard else {
            throw ModelFileError(
                .foreign, operation: "check scorecard", cause: "the file is a \(model.kind.rawValue)")
        }
        weights = try ScorecardWeights(tensors: model.tensors, vocabulary: model.vocabulary)
        self.model = model
        offsets = model.vocabulary.rowOffsets
        points = weights.points + [0]
        pairs = weights.pairs
    }

    public func makeReader(largestBatch: Int) -> any BrickReader { ScorecardReader(self) }

    /// The sum of one description, in log-odds.
    /// - Parameters:
    ///   - tokens: one description.
    ///   - places: working memory, one entry per kind.
    func logit(
        _ tokens: UnsafeBufferPointer<Token>, places: UnsafeMutableBufferPointer<Float>
    ) -> Double {
        if !pairs.isEmpty { places.update(repeating: -1) }
        var sum = weights.intercept
        points.withUnsafeBufferPointer { points in
            offsets.withUnsafeBufferPointer { offsets in
                for token in tokens {
                    let row = Int(offsets[Int(token.kind)]) + Int(token.index)
                    let low = Double(points[row])
                    sum += low + Double(token.weight) * (Double(points[row + 1]) - low)
                    places[Int(token.kind)] = Float(token.index) + token.weight
                }
            }
        }
        return pairs.added(to: sum, at: places)
    }

    /// Main points and half of each pair (the Shapley value of a pair), less the average of the kind.
    public func pointsAboveUsual(of tokens: ArraySlice<Token>) -> [Double]? {
        zip(tokens, contributions(of: tokens)).map { $1 - Double(weights.means[Int($0.kind)]) }
    }

    /// Log-odds of each token: together with the intercept they add up to the logit.
    public func contributions(of tokens: ArraySlice<Token>) -> [Double] {
        var result: [Double] = []
        for token in tokens {
            let row = Int(offsets[Int(token.kind)]) + Int(token.index)
            let low = Double(points[row])
            result.append(low + Double(token.weight) * (Double(points[row + 1]) - low))
        }
        for pair in pairs {
            guard let first = tokens.lastIndex(where: { $0.kind == pair.first.rawValue }),
                let second = tokens.lastIndex(where: { $0.kind == pair.second.rawValue })
            else { continue }
            let together = pair.points(tokens[first].place, tokens[second].place)
            result[first - tokens.startIndex] += together / 2
            result[second - tokens.startIndex] += together / 2
        }
        return result
    }
}

extension Token {
    /// Index and weight as one coordinate.
    var place: Float { Float(index) + weight }
}

/// One thread's working memory for a scorecard: a place per kind.
final class ScorecardReader: BrickReader {
    private let scorecard: Scorecard
    private let places: UnsafeMutableBufferPointer<Float>

    init(_ scorecard: Scorecard) {
        self.scorecard = scorecard
        // Any raw value a token can carry.
        places = .allocate(capacity: 256)
        places.initialize(repeating: -1)
    }

    deinit { places.deallocate() }

    func read(
        _ batch: borrowing DescriptionBatch, rows: UnsafeBufferPointer<Int32>,
        into assessments: UnsafeMutableBufferPointer<Assessment>
    ) {
        let calibration = scorecard.model.calibration
        batch.tokens.withUnsafeBufferPointer { tokens in
            for row in rows {
                let description = UnsafeBufferPointer(rebasing: tokens[batch.row(Int(row))])
                let logit = scorecard.logit(description, places: places)
                assessments[Int(row)] = Assessment(
                    probability: calibration.probability(logit), logit: logit)
            }
        }
    }
}
