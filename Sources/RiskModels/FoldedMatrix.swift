import CKernels

/// A matrix of a language model with what belongs to its neighbours multiplied in, before it is rounded.
struct FoldedMatrix {
    let outputs: Int
    let inputs: Int
    /// [outputs, inputs]
    let weight: [Float]
    /// [outputs]
    let bias: [Float]

    /// weight · diag(gain); of queries, keys and values the queries times log₂e / √(head width).
    init(
        _ weights: LanguageModelWeights, _ part: LanguageModelShape.Part, bias: LanguageModelShape.Part?,
        gain: LanguageModelShape.Part?
    ) {
        let shape = weights.shape
        let dimensions = shape.dimensions(of: part)
        let inputs = dimensions[1]
        outputs = dimensions[0]
        self.inputs = inputs
        var weight = Array(weights[part])
        var biases = bias.map { Array(weights[$0]) } ?? [Float](repeating: 0, count: dimensions[0])
        if let gain {
            let gains = Array(weights[gain])
            for place in weight.indices { weight[place] *= gains[place % inputs] }
        }
        if case .qkvWeight = part {
            let scale = Float(LanguageModelReference.bitsPerNat) / Float(shape.headWidth).squareRoot()
            for place in 0..<shape.width * inputs { weight[place] *= scale }
            for place in 0..<shape.width { biases[place] *= scale }
        }
        self.weight = weight
        self.bias = biases
    }

    /// Rounded to int8 in the kernels' order.
    /// - Parameter isPositive: whether its rows are what a GELU left.
    func packed(isPositive: Bool, _ memory: AlignedMemory) -> ck_matrix {
        let packed = memory.take(outputs * inputs, of: Int8.self)
        let scale = memory.take(outputs, of: Float.self)
        let start = memory.take(outputs, of: Int32.self)
        let bias = memory.copy(bias)
        ck_pack_s8(
            weight, Int32(outputs), Int32(inputs), isPositive ? 1 : 0, packed, scale, start, bias)
        return ck_matrix(
            k: Int32(inputs), n: Int32(outputs), packed: packed, scale: scale, start: start, bias: bias)
    }
}
