import CKernels
import Descriptions

/// A language model as the kernels read it: int8 matrices in their blocks, tables in float32.
///
/// Made once when a model is loaded; the same weights give the same bytes on every CPU. Gains of a norm are
/// multiplied into the matrix that follows it, log₂e / √(head width) into the queries (powers are of 2),
/// kinds are added to their values, gates multiplied into the values that a phrase is foreseen with.
///
/// Two products are done here instead of for each description. The first layer's queries, keys and values
/// are a matrix times a normed embedding: the matrix is multiplied into the table. The last layer's keys and
/// values are read by few queries: `asking` and `answering` bring the query to the states instead.
final class PackedLanguageModel: @unchecked Sendable {
    // SAFETY: written in init only; `memory` owns all that the pointers lead to.

    /// One layer.
    struct Layer {
        /// [3d, d]
        let qkv: ck_matrix
        /// [d, d]
        let output: ck_matrix
        /// [4d, d]
        let up: ck_matrix
        /// [d, 4d]
        let down: ck_matrix
    }

    /// What one kind's values are foreseen with.
    struct Foresight {
        /// [d, stride]: gated values, one column each.
        let values: UnsafePointer<Float>
        /// [stride]; −10³⁰ behind the last value.
        let bias: UnsafePointer<Float>
        let stride: Int32
    }

    let shape: LanguageModelShape
    let kernels: KernelSet
    let layers: [Layer]
    /// [rows + 1 + Q + 1, d]: kind + value; a row of zeros, so that the next one can always be read; the
    /// queries; a row of zeros.
    let table: UnsafePointer<Float>
    /// [as many rows, 3d]: the first layer's queries, keys and values without norm and bias; `nil` for one
    /// layer.
    let projected: UnsafePointer<Float>?
    /// [d, d], row h·width + i: what head h of the last layer's keys is made with, as the query sees it.
    let asking: UnsafePointer<Float>
    /// [d, d], column h·width + i: what head h of the last layer's values is made with; and [d] their bias.
    let answering: UnsafePointer<Float>
    let answeringBias: UnsafePointer<Float>
    /// First row of the queries in the table.
    let queryRow: Int
    /// [rows + 1]
    let points: UnsafePointer<Float>
    let pairs: [ScorecardWeights.Pair]
    let finalGain: UnsafePointer<Float>
    /// [Q, d] and [Q]
    let judgingWeight: UnsafePointer<Float>
    let judgingBias: UnsafePointer<Float>
    /// [d, d], with the final gain in it.
    let reading: ck_matrix
    /// [d]: what the first phrase is foreseen with.
    let readingStart: UnsafePointer<Float>
    /// By entry of the vocabulary.
    let foresights: [Foresight]
    private let memory: AlignedMemory

    init(_ weights: LanguageModelWeights, kernels: KernelSet) {
        let memory = AlignedMemory()
        let shape = weights.shape
        let d = shape.width
        self.memory = memory
        self.shape = shape
        self.kernels = kernels
        func matrix(
            _ part: LanguageModelShape.Part, bias: LanguageModelShape.Part?, gain: LanguageModelShape.Part?,
            isPositive: Bool = false
        ) -> ck_matrix {
            FoldedMatrix(weights, part, bias: bias, gain: gain).packed(isPositive: isPositive, memory)
        }
        layers = (0..<shape.layers).map { layer in
            Layer(
                qkv: matrix(.qkvWeight(layer), bias: .qkvBias(layer), gain: .attentionGain(layer)),
                output: matrix(.outputWeight(layer), bias: .outputBias(layer), gain: nil),
                up: matrix(.upWeight(layer), bias: .upBias(layer), gain: .mlpGain(layer)),
                down: matrix(.downWeight(layer), bias: .downBias(layer), gain: nil, isPositive: true))
        }
        reading = matrix(.readingWeight, bias: nil, gain: .finalGain)
        table = Self.table(weights, memory)
        let first = FoldedMatrix(weights, .qkvWeight(0), bias: .qkvBias(0), gain: .attentionGain(0))
        projected =
            shape.layers > 1
            ? Self.projected(table, rows: shape.rowCount + shape.queries + 2, first, kernels, memory) : nil
        let end = shape.layers - 1
        let last = FoldedMatrix(weights, .qkvWeight(end), bias: .qkvBias(end), gain: .attentionGain(end))
        asking = UnsafePointer(memory.copy(last.weight[d * d..<2 * d * d]))
        let transposed = (0..<d * d).map { last.weight[(2 * d + $0 % d) * d + $0 / d] }
        answering = UnsafePointer(memory.copy(transposed))
        answeringBias = UnsafePointer(memory.copy(last.bias[(2 * d)...]))
        queryRow = shape.rowCount + 1
        points = UnsafePointer(memory.copy(Array(weights[.points]) + [0]))
        pairs = weights.pairs
        finalGain = UnsafePointer(memory.copy(weights[.finalGain]))
        judgingWeight = UnsafePointer(memory.copy(weights[.judgingWeight]))
        judgingBias = UnsafePointer(memory.copy(weights[.judgingBias]))
        let start = memory.copy(weights[.readingStart])
        let readingRows = memory.copy(weights[.readingWeight])
        let foreseen = memory.take(d, of: Float.self)
        // The scalar twin, so that the bits are the set's own whichever it is.
        for i in 0..<d { foreseen[i] = ck_table_scalar.dot_f32(readingRows + i * d, start, Int32(d)) }
        readingStart = UnsafePointer(foreseen)
        foresights = shape.valueCounts.indices.map { Self.foresight(of: $0, weights, memory) }
    }

    /// weight · table row for every row [rows, outputs].
    private static func projected(
        _ table: UnsafePointer<Float>, rows: Int, _ matrix: FoldedMatrix, _ kernels: KernelSet,
        _ memory: AlignedMemory
    ) -> UnsafePointer<Float> {
        let (n, k) = (matrix.outputs, matrix.inputs)
        let result = memory.take(rows * n, of: Float.self)
        let columns = memory.copy((0..<n * k).map { matrix.weight[$0 % n * k + $0 / n] })
        kernels.table.pointee.product_f32(
            table, Int32(rows), Int32(k), columns, Int32(n), Int32(k), Int32(n), nil, result, Int32(n))
        return UnsafePointer(result)
    }

    private static func table(_ weights: LanguageModelWeights, _ memory: AlignedMemory) -> UnsafePointer<
        Float
    > {
        let shape = weights.shape
        let d = shape.width
        let kinds = Array(weights[.kinds])
        let values = Array(weights[.values])
        let table = memory.take((shape.rowCount + shape.queries + 2) * d, of: Float.self)
        for (entry, first) in shape.rowOffsets.enumerated() {
            for row in first..<first + shape.valueCounts[entry] {
                for i in 0..<d { table[row * d + i] = kinds[entry * d + i] + values[row * d + i] }
            }
        }
        for (place, value) in weights[.queries].enumerated() {
            table[(shape.rowCount + 1) * d + place] = value
        }
        return UnsafePointer(table)
    }

    private static func foresight(
        of entry: Int, _ weights: LanguageModelWeights, _ memory: AlignedMemory
    ) -> Foresight {
        let shape = weights.shape
        let d = shape.width
        let first = shape.rowOffsets[entry]
        let count = shape.valueCounts[entry]
        let stride = (count + 15) / 16 * 16
        let gates = Array(weights[.readingGates])
        let values = weights[.values]
        let biases = weights[.readingBias]
        let columns = memory.take(d * stride, of: Float.self)
        let bias = memory.take(stride, of: Float.self)
        for place in 0..<stride {
            bias[place] = place < count ? biases[biases.startIndex + first + place] : -1e30
            guard place < count else { continue }
            for i in 0..<d {
                columns[i * stride + place] =
                    gates[entry * d + i] * values[values.startIndex + (first + place) * d + i]
            }
        }
        return Foresight(values: columns, bias: bias, stride: Int32(stride))
    }
}
