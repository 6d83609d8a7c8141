import Banking
import CKernels
import RiskModels

/// Forward and backward over stacks of descriptions: what `LanguageModelShape` specifies and its derivatives.
///
/// One thread's object. The numbers depend on job and weights alone: the same bits on any CPU.
final class LanguageModelPass {
    /// One description in the stack.
    struct Place {
        /// Its example, and its tokens in the matrix.
        let example: Int
        let tokens: Range<Int>
        /// First of its rows in the stack; phrases and queries follow.
        let start: Int
        /// Its shares in each layer's memory: [heads][rows][`columns`].
        let shares: Int
        let columns: Int
        var phrases: Int { tokens.count }
    }

    /// What to compute for a list of examples.
    struct Job {
        /// Weight of one example's judging loss and of one phrase's reading loss; 0 leaves that loss out.
        var judging: Float = 0
        var reading: Float = 0
        /// Added to the log-odds inside the loss: −ln of the share of genuine examples that are kept, so that
        /// the log-odds themselves mean the full population.
        var logitOffset: Float = 0
        /// Share of a residual branch's numbers that are dropped, in 65,536ths, and what chooses them.
        var dropout: UInt32 = 0
        var key: UInt64 = 0
    }

    /// Sums over the examples of a run.
    struct Losses {
        /// Cross-entropy in nats over the examples, and surprise in nats over the phrases.
        var judging = 0.0
        var reading = 0.0
        var phrases = 0
    }

    let shape: LanguageModelShape
    let places: ModelPlaces
    let kernels: TrainingKernels
    let memory: PassMemory
    var stack: [Place] = []
    var rowCount = 0
    /// Phrases of the stack by kind entry: (row before it or −1, place of the token).
    var byEntry: [[(before: Int, token: Int)]]
    var readingStart: [Float]
    var readingStartChange: [Float]

    init(_ shape: LanguageModelShape, kernels: TrainingKernels = .best) {
        self.shape = shape
        self.kernels = kernels
        places = ModelPlaces(shape)
        memory = PassMemory(shape)
        byEntry = Array(repeating: [], count: shape.valueCounts.count)
        readingStart = Array(repeating: 0, count: shape.width)
        readingStartChange = readingStart
    }

    /// Runs all examples, stack after stack.
    /// - Parameters:
    ///   - examples: rows of `matrix`.
    ///   - packed: of the same weights.
    ///   - gradient: added to; `nil` for a forward pass alone.
    ///   - logit: receives the log-odds of each example (by place in `examples`).
    func run(
        _ examples: ArraySlice<Int32>, of matrix: TokenMatrix, job: Job, weights: UnsafePointer<Float>,
        packed: PackedMatrices, gradient: UnsafeMutablePointer<Float>?,
        logit: (Int, Float) -> Void = { _, _ in }
    ) -> Losses {
        var losses = Losses()
        var next = examples.startIndex
        var current = job
        while next < examples.endIndex {
            let first = next
            clear()
            while next < examples.endIndex, push(Int(examples[next]), of: matrix) { next += 1 }
            current.key = job.key &+ UInt64(first) &* 0x9e37_79b9_7f4a_7c15
            forward(matrix, current, weights, packed)
            if gradient != nil { memory.stateChange.update(repeating: 0, count: rowCount * shape.width) }
            judge(matrix, current, weights, gradient, first, &losses, logit)
            if current.reading > 0 {
                read(matrix, current, weights, packed, gradient, &losses)
            }
            if let gradient { backward(matrix, current, weights, packed, gradient) }
        }
        return losses
    }

    private func clear() {
        stack.removeAll(keepingCapacity: true)
        rowCount = 0
    }

    /// Puts an example on the stack; false when it has no room. An empty stack has room for any.
    private func push(_ example: Int, of matrix: TokenMatrix) -> Bool {
        let first = matrix.starts[example]
        let count = min(matrix.starts[example + 1] - first, LanguageModelShape.longestDescription)
        let rows = count + shape.queries
        guard rowCount + rows <= PassMemory.rows else { return false }
        let shares =
            stack.last.map { $0.shares + shape.heads * ($0.phrases + shape.queries) * $0.columns } ?? 0
        stack.append(
            Place(
                example: example, tokens: first..<first + count, start: rowCount, shares: shares,
                columns: (rows + 15) / 16 * 16))
        rowCount += rows
        return true
    }

    // MARK: Judging

    /// Log-odds and their loss; its gradient goes to heads, points and `stateChange`.
    private func judge(
        _ matrix: TokenMatrix, _ job: Job, _ weights: UnsafePointer<Float>,
        _ gradient: UnsafeMutablePointer<Float>?, _ first: Int, _ losses: inout Losses,
        _ logit: (Int, Float) -> Void
    ) {
        let d = shape.width
        for (index, place) in stack.enumerated() {
            var points: Float = 0
            for token in place.tokens {
                let low = places.points + Int(matrix.places[token])
                let weight = matrix.weights[token]
                points += (1 - weight) * weights[low] + (weight > 0 ? weight * weights[low + 1] : 0)
            }
            let label: Float = matrix.labels[place.example] == 1 ? 1 : 0
            let state = memory.states + (place.start + place.phrases) * d
            var sum: Float = 0
            var pointsChange: Float = 0
            for query in 0..<shape.queries {
                let head = weights + places.judgingWeight + query * d
                let score =
                    dot(head, state + query * d, d) + weights[places.judgingBias + query]
                sum += score
                let odds = Double(score + points + job.logitOffset)
                // ln(1 + e^−|z|) + max(z, 0) − y·z
                let loss =
                    ExactMath.log(1 + ExactMath.exp(-abs(odds))) + max(odds, 0) - Double(label) * odds
                losses.judging += loss / Double(shape.queries)
                guard job.judging > 0, let gradient else { continue }
                let change =
                    (Float(ExactMath.sigmoid(odds)) - label) * job.judging / Float(shape.queries)
                pointsChange += change
                add(state + query * d, times: change, to: gradient + places.judgingWeight + query * d, d)
                gradient[places.judgingBias + query] += change
                let row = place.start + place.phrases + query
                add(head, times: change, to: memory.stateChange + row * d, d)
            }
            logit(first + index, sum / Float(shape.queries) + points)
            guard job.judging > 0, let gradient else { continue }
            for token in place.tokens {
                let low = places.points + Int(matrix.places[token])
                let weight = matrix.weights[token]
                gradient[low] += (1 - weight) * pointsChange
                if weight > 0 { gradient[low + 1] += weight * pointsChange }
            }
        }
    }

    // MARK: Parts

    /// Σ a·b in sixteen partial sums.
    @inline(__always)
    func dot(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ count: Int) -> Float {
        var sums = SIMD16<Float>()
        for i in stride(from: 0, to: count, by: 16) {
            for lane in 0..<16 { sums[lane] += a[i + lane] * b[i + lane] }
        }
        var total: Float = 0
        for lane in 0..<16 { total += sums[lane] }
        return total
    }

    /// y += factor · x.
    @inline(__always)
    func add(
        _ x: UnsafePointer<Float>, times factor: Float, to y: UnsafeMutablePointer<Float>, _ count: Int
    ) {
        for i in 0..<count { y[i] += factor * x[i] }
    }
}
