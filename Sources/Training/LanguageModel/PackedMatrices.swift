import RiskModels

/// The matrices as the products of a pass read them, packed anew after each step.
///
/// Forward products read Wᵀ [inputs, outputs] in blocks of 64 columns; the value tables are transposed per
/// kind, their columns padded to a multiple of 64 with zeros.
final class PackedMatrices {
    struct Layer {
        let qkv, output, up, down: Int
        /// The down matrix itself [d, 4d] in blocks of 64 columns, for the way back.
        let downBack: Int
    }

    let shape: LanguageModelShape
    let places: ModelPlaces
    let layers: [Layer]
    let reading: Int
    /// Start of each kind's transposed values, and its padded number of columns.
    let values: [(start: Int, padded: Int)]
    /// Start of each kind's reading bias, padded with −10³⁰.
    let biases: [Int]
    let memory: FloatMemory

    init(_ shape: LanguageModelShape, _ places: ModelPlaces) {
        self.shape = shape
        self.places = places
        let d = shape.width
        var next = 0
        func take(_ count: Int) -> Int {
            defer { next += count }
            return next
        }
        layers = (0..<shape.layers).map { _ in
            Layer(
                qkv: take(3 * d * d), output: take(d * d), up: take(4 * d * d), down: take(4 * d * d),
                downBack: take(4 * d * d))
        }
        reading = take(d * d)
        values = shape.valueCounts.map { count in
            let padded = (count + 63) / 64 * 64
            return (take(padded * d), padded)
        }
        biases = shape.valueCounts.map { take(($0 + 63) / 64 * 64) }
        memory = FloatMemory(next)
    }

    func pack(_ weights: UnsafePointer<Float>) {
        let d = shape.width
        for (place, layer) in zip(places.layers, layers) {
            transpose(weights + place.qkvWeight, outputs: 3 * d, inputs: d, to: layer.qkv)
            transpose(weights + place.outputWeight, outputs: d, inputs: d, to: layer.output)
            transpose(weights + place.upWeight, outputs: 4 * d, inputs: d, to: layer.up)
            transpose(weights + place.downWeight, outputs: d, inputs: 4 * d, to: layer.down)
            for row in 0..<d {
                for block in 0..<4 * d / 64 {
                    let source = weights + place.downWeight + row * 4 * d + block * 64
                    (memory.base + layer.downBack + (block * d + row) * 64).update(from: source, count: 64)
                }
            }
        }
        transpose(weights + places.readingWeight, outputs: d, inputs: d, to: reading)
        for entry in shape.valueCounts.indices {
            let (offset, count) = (shape.rowOffsets[entry], shape.valueCounts[entry])
            let table = weights + places.values + offset * d
            transpose(table, outputs: count, inputs: d, to: values[entry].start)
            let bias = memory.base + biases[entry]
            for column in 0..<values[entry].padded {
                bias[column] = column < count ? weights[places.readingBias + offset + column] : -1e30
            }
        }
    }

    /// W [outputs, inputs] → Wᵀ in blocks of 64 outputs; columns beyond the outputs stay zero.
    private func transpose(_ weight: UnsafePointer<Float>, outputs: Int, inputs: Int, to start: Int) {
        let target = memory.base + start
        for output in 0..<outputs {
            let column = target + output / 64 * 64 * inputs + output % 64
            let row = weight + output * inputs
            for input in 0..<inputs { column[input * 64] = row[input] }
        }
    }
}
