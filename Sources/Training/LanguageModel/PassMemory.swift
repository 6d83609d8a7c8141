import RiskModels

/// One thread's numbers of a forward and backward pass over a stack of descriptions.
///
/// Rows of a stack: for each description its T phrases, then its Q queries.
final class PassMemory {
    /// What the way back needs of one layer.
    struct Layer {
        /// Input of the layer [rows, d], its norm and the norm's scale.
        let input, normed, scale: UnsafeMutablePointer<Float>
        /// [rows, 3d]; softmax weights of all heads of all descriptions; their mix of v [rows, d].
        let qkv, shares, mixed: UnsafeMutablePointer<Float>
        /// State between attention and MLP [rows, d], its norm and the norm's scale.
        let middle, normedMiddle, scaleMiddle: UnsafeMutablePointer<Float>
        /// [rows, 4d] before and after GELU.
        let up, active: UnsafeMutablePointer<Float>
    }

    /// Most rows of a stack.
    static let rows = 512
    /// Rows and queries of the longest description, rounded up to a vector.
    static let longest = (LanguageModelShape.longestDescription + 8 + 15) / 16 * 16

    let layers: [Layer]
    /// Output of the last layer [rows, d], its norm (the states) and the norm's scale.
    let last, states, scaleStates: UnsafeMutablePointer<Float>
    /// Gradients by the state [rows, d], a copy of them, and by the states after the final norm.
    let change, branch, stateChange: UnsafeMutablePointer<Float>
    /// Gradients [rows, 3d] and [rows, 4d].
    let qkvChange, activeChange: UnsafeMutablePointer<Float>
    /// A head's keys or values, transposed; the gradient of its shares.
    let turned, shareChange: UnsafeMutablePointer<Float>
    /// Reading: projection of the states and its gradient [rows, d]; one kind's rows, logits and gradients.
    let projected, projectedChange: UnsafeMutablePointer<Float>
    let foreseen, foreseenChange, logits: UnsafeMutablePointer<Float>
    private let memory: FloatMemory

    init(_ shape: LanguageModelShape) {
        let (d, rows, longest) = (shape.width, Self.rows, Self.longest)
        let widest = (shape.valueCounts.max() ?? 0) + 64
        let shareCount = shape.heads * rows * longest
        let perLayer = rows * (16 * d + 2) + shareCount
        let shared = rows * (16 * d + 1 + widest) + longest * (64 + longest)
        memory = FloatMemory(shape.layers * perLayer + shared)
        var next = memory.base
        func take(_ count: Int) -> UnsafeMutablePointer<Float> {
            defer { next += count }
            return next
        }
        layers = (0..<shape.layers).map { _ in
            Layer(
                input: take(rows * d), normed: take(rows * d), scale: take(rows), qkv: take(rows * 3 * d),
                shares: take(shareCount), mixed: take(rows * d), middle: take(rows * d),
                normedMiddle: take(rows * d), scaleMiddle: take(rows), up: take(rows * 4 * d),
                active: take(rows * 4 * d))
        }
        last = take(rows * d)
        states = take(rows * d)
        scaleStates = take(rows)
        change = take(rows * d)
        branch = take(rows * d)
        stateChange = take(rows * d)
        qkvChange = take(rows * 3 * d)
        activeChange = take(rows * 4 * d)
        turned = take(longest * 64)
        shareChange = take(longest * longest)
        projected = take(rows * d)
        projectedChange = take(rows * d)
        foreseen = take(rows * d)
        foreseenChange = take(rows * d)
        logits = take(rows * widest)
    }
}
