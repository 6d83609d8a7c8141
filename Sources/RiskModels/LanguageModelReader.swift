import Banking
import CKernels
import Descriptions

/// One thread's working memory for a language model.
///
/// Descriptions are read in stacks: the rows (phrases, then queries) of as many descriptions as fit lie one
/// behind the other without padding and share the matrix products; attention is per description. A stack fits
/// the second-level cache whatever the batch. No row's numbers depend on its neighbours, so stacks can be cut
/// anywhere.
public final class LanguageModelReader: BrickReader {
    /// One description in the stack.
    struct Place {
        /// Its row in the batch.
        var row: Int
        /// Its first token in the batch.
        var firstToken: Int
        /// Phrases read (T).
        var phrases: Int
        /// The first of them that are not on the stack: another description shares them (`Origin`).
        var shared = 0
        /// Its first row in the stack.
        var start: Int
        /// First of its phrases, from 0, whose follower is foreseen; T when none is.
        var firstWanted: Int
        /// Where that phrase lies among the wanted ones.
        var wantedStart: Int
        /// Phrases from there on that are computed: those that have a follower; where phrases look at those
        /// behind them, the last one too, so that it is seen.
        var wanted: Int
    }

    let packed: PackedLanguageModel
    let table: UnsafePointer<ck_table>
    let memory = AlignedMemory()
    let stack: Stack
    private let scale: UnusualnessScale?
    let measuresSurprise: Bool
    let calibration: Calibration
    /// Made when the first variants of a description are read.
    var origin: Origin?
    /// The description on the stack is the one that `origin` shall keep.
    var isRemembering = false
    /// Which phrases are foreseen, by raw value of the kind.
    private var isForeseen: [Bool]
    /// Index and weight of each kind that is said, by raw value, for pairs; −1 for the others.
    private let said: UnsafeMutableBufferPointer<Float>

    /// Rows of a stack: small enough for the cache, large enough to use the weights many times.
    static let stackRows = 256

    init(
        _ packed: PackedLanguageModel, measuresSurprise: Bool, scale: UnusualnessScale? = nil,
        calibration: Calibration = .identity
    ) {
        self.packed = packed
        table = packed.kernels.table
        stack = Stack(packed.shape, rows: Self.stackRows, memory)
        self.scale = scale
        self.measuresSurprise = measuresSurprise
        self.calibration = calibration
        said = UnsafeMutableBufferPointer(start: memory.take(256, of: Float.self), count: 256)
        isForeseen = (0..<256).map { raw in
            measuresSurprise && (Kind(rawValue: UInt8(raw))?.isNow ?? false)
        }
    }

    public func read(
        _ batch: borrowing DescriptionBatch, rows: UnsafeBufferPointer<Int32>,
        into assessments: UnsafeMutableBufferPointer<Assessment>
    ) {
        each(of: rows.count, in: batch, row: { Int(rows[$0]) }) { row, logit, _ in
            assessments[row] = Assessment(probability: calibration.probability(logit), logit: logit)
        }
        guard let scale else { return }
        batch.withTokens { tokens, starts in
            for row in rows {
                let row = Int(row)
                let said = tokens[Int(starts[row])..<Int(starts[row + 1])]
                assessments[row].unusualness = Float(scale.share(Double(scale.rarity.excess(of: said))))
            }
        }
    }

    /// Log-odds of every description, for calibration and evaluation.
    public func logits(of batch: borrowing DescriptionBatch) -> [Double] {
        var result = [Double](repeating: 0, count: batch.count)
        each(of: batch.count, in: batch, row: { $0 }) { row, logit, _ in result[row] = logit }
        return result
    }

    /// Surprise of the *now* phrases of every description in bits; 0 for a reader that does not measure it.
    public func surprises(of batch: borrowing DescriptionBatch) -> [Double] {
        var result = [Double](repeating: 0, count: batch.count)
        each(of: batch.count, in: batch, row: { $0 }) { row, _, surprise in result[row] = surprise }
        return result
    }

    /// Hands on every description: its row, log-odds, and surprise in bits. Allocates nothing.
    func read(_ batch: borrowing DescriptionBatch, _ body: (Int, Double, Double) -> Void) {
        each(of: batch.count, in: batch, row: { $0 }, body)
    }

    /// Surprise of every phrase of one description in bits, the others than *now* included.
    public func surprisesByPhrase(of tokens: some Sequence<Token>) -> [Double] {
        var batch = DescriptionBatch()
        for token in tokens { batch.append(token) }
        batch.endRow()
        let kept = isForeseen
        isForeseen = [Bool](repeating: true, count: 256)
        defer { isForeseen = kept }
        let count = min(batch.tokenCount, LanguageModelShape.longestDescription)
        each(of: 1, in: batch, row: { $0 }) { _, _, _ in }
        return (0..<count).map { stack.surprises[$0] }
    }

    /// Bits above the usual of its kind by which each phrase is rare.
    public func surprises(of tokens: ArraySlice<Token>) -> [Double] {
        guard let scale else { return [] }
        return tokens.map { Double(scale.rarity.excess(of: $0)) }
    }

    // MARK: Stacks

    /// Reads `count` descriptions and hands each on: its row in the batch, log-odds, surprise in bits.
    @inline(__always)
    private func each(
        of count: Int, in batch: borrowing DescriptionBatch, row: (Int) -> Int,
        _ body: (Int, Double, Double) -> Void
    ) {
        batch.withTokens { tokens, starts in
            var next = 0
            while next < count {
                stack.clear()
                while next < count {
                    let place = row(next)
                    let range = Int(starts[place])..<Int(starts[place + 1])
                    guard
                        push(UnsafeBufferPointer(rebasing: tokens[range]), from: range.lowerBound, row: place)
                    else { break }
                    next += 1
                }
                forward()
                for index in 0..<stack.count {
                    let place = stack.places[index]
                    body(place.row, judge(index), foresee(place, tokens))
                }
            }
        }
    }

    /// Puts a description on the stack; false when it has no room. An empty stack has room for any.
    /// - Parameters:
    ///   - first: its first token in the batch.
    ///   - row: its row in the batch.
    ///   - shared: first phrases that are left to `origin`.
    func push(
        _ tokens: UnsafeBufferPointer<Token>, from first: Int, row: Int, shared: Int = 0
    ) -> Bool {
        let shape = packed.shape
        let phrases = min(tokens.count, LanguageModelShape.longestDescription)
        let rows = phrases - shared + shape.queries
        guard stack.rows + rows <= Self.stackRows else { return false }
        var firstWanted = phrases
        var points: Float = 0
        if !packed.pairs.isEmpty { said.update(repeating: -1) }
        for place in 0..<phrases {
            let token = tokens[place]
            let low = packed.row(of: token)
            if place >= shared {
                stack.tableRows[stack.rows + place - shared] = Int32(truncatingIfNeeded: low)
                stack.weights[stack.rows + place - shared] = token.weight
            }
            points += packed.points[low] + token.weight * (packed.points[low + 1] - packed.points[low])
            said[Int(token.kind)] = token.place
            if isForeseen[Int(token.kind)], firstWanted == phrases { firstWanted = max(0, place - 1) }
        }
        for query in 0..<shape.queries {
            let place = stack.rows + phrases - shared + query
            stack.tableRows[place] = Int32(truncatingIfNeeded: packed.queryRow + query)
            stack.weights[place] = 0
        }
        stack.points[stack.count] = Float(packed.pairs.added(to: Double(points), at: said))
        stack.add(
            Place(
                row: row, firstToken: first, phrases: phrases, shared: shared, start: stack.rows,
                firstWanted: firstWanted, wantedStart: stack.wanted,
                wanted: max(0, phrases - firstWanted - (shape.isCausal ? 1 : 0))),
            rows: rows)
        return true
    }

    /// Log-odds of a description whose states are ready.
    func judge(_ index: Int) -> Double {
        let shape = packed.shape
        let d = shape.width
        table.pointee.norm_f32(
            stack.judgedStates + index * shape.queries * d, Int32(shape.queries), Int32(d), Int32(d),
            packed.finalGain, LanguageModelShape.normEpsilon, stack.judged)
        var sum: Float = 0
        for query in 0..<shape.queries {
            let score = table.pointee.dot_f32(
                stack.judged + query * d, packed.judgingWeight + query * d, Int32(d))
            sum += score + packed.judgingBias[query]
        }
        return Double(sum / Float(shape.queries) + stack.points[index])
    }

    /// Surprise of the foreseen phrases, summed, in bits; each one's is left in `stack.surprises`.
    private func foresee(_ place: Place, _ tokens: UnsafeBufferPointer<Token>) -> Double {
        guard place.firstWanted < place.phrases else { return 0 }
        var sum = 0.0
        for phrase in 0..<place.phrases {
            let token = tokens[place.firstToken + phrase]
            guard isForeseen[Int(token.kind)] else { continue }
            let foresight = packed.foresights[packed.entry(of: token)]
            let before =
                phrase == 0
                ? packed.readingStart
                : UnsafePointer(
                    stack.foreseen + (place.wantedStart + phrase - 1 - place.firstWanted) * packed.shape.width
                )
            table.pointee.softmax_f32(
                foresight.values, foresight.stride, before, Int32(packed.shape.width), foresight.bias,
                stack.logits, stack.softmax)
            let index = min(Int(token.index), Int(foresight.stride) - 1)
            var said = Double(stack.logits[index])
            if token.weight > 0 {
                // Behind the last value lies at least the next vector of the memory.
                said += Double(token.weight) * (Double(stack.logits[index + 1]) - said)
            }
            let nats = ExactMath.log(Double(stack.softmax[1])) + Double(stack.softmax[0]) - said
            stack.surprises[phrase] = nats * LanguageModelReference.bitsPerNat
            sum += stack.surprises[phrase]
        }
        return sum
    }

    /// Whether any phrase of the stack is foreseen.
    var isForeseeing: Bool { stack.wanted > 0 }
}
