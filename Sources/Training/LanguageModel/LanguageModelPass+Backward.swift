import CKernels
import RiskModels

extension LanguageModelPass {
    /// From `stateChange` back to all weights.
    func backward(
        _ matrix: TokenMatrix, _ job: Job, _ weights: UnsafePointer<Float>, _ packed: PackedMatrices,
        _ gradient: UnsafeMutablePointer<Float>
    ) {
        let table = kernels.table.pointee
        let d = shape.width
        let m = Int32(truncatingIfNeeded: rowCount)
        let width = Int32(truncatingIfNeeded: d)
        memory.change.update(repeating: 0, count: rowCount * d)
        table.norm_backward(
            memory.stateChange, memory.last, weights + places.finalGain, memory.scaleStates, m, width,
            memory.change, gradient + places.finalGain)
        for index in (0..<shape.layers).reversed() {
            backMLP(index, job, weights, packed, gradient)
            backAttention(index, job, weights, gradient)
        }
        backEmbedding(matrix, gradient)
    }

    /// x += down(gelu(up(norm(x)))): the gradient by the output in `change` becomes the one by the middle.
    private func backMLP(
        _ index: Int, _ job: Job, _ weights: UnsafePointer<Float>, _ packed: PackedMatrices,
        _ gradient: UnsafeMutablePointer<Float>
    ) {
        let (place, layer) = (places.layers[index], memory.layers[index])
        let (d, rows) = (shape.width, rowCount)
        takeBranch(job, site: 2 * index + 1)
        backLinear(memory.branch, d, layer.active, 4 * d, place.downWeight, place.downBias, gradient)
        kernels.packedProduct(
            rows, 4 * d, d, memory.branch, packed.memory.base + packed.layers[index].downBack, bias: nil,
            into: memory.activeChange)
        kernels.table.pointee.gelu_backward(layer.up, Int64(rows * 4 * d), memory.activeChange)
        backLinear(memory.activeChange, 4 * d, layer.normedMiddle, d, place.upWeight, place.upBias, gradient)
        kernels.product(
            rows, d, 4 * d, .init(base: memory.activeChange, stride: 4 * d),
            .init(base: weights + place.upWeight, stride: d), into: memory.branch, stride: d)
        kernels.table.pointee.norm_backward(
            memory.branch, layer.middle, weights + place.mlpGain, layer.scaleMiddle,
            Int32(truncatingIfNeeded: rows), Int32(truncatingIfNeeded: d), memory.change,
            gradient + place.mlpGain)
    }

    /// x += output(attention(qkv(norm(x)))): the gradient by the middle becomes the one by the input.
    private func backAttention(
        _ index: Int, _ job: Job, _ weights: UnsafePointer<Float>, _ gradient: UnsafeMutablePointer<Float>
    ) {
        let (place, layer) = (places.layers[index], memory.layers[index])
        let (d, rows) = (shape.width, rowCount)
        takeBranch(job, site: 2 * index)
        backLinear(memory.branch, d, layer.mixed, d, place.outputWeight, place.outputBias, gradient)
        // The gradient by the mixes lies where the MLP's did.
        let mixedChange = memory.activeChange
        kernels.product(
            rows, d, d, .init(base: memory.branch, stride: d),
            .init(base: weights + place.outputWeight, stride: d), into: mixedChange, stride: d)
        backHeads(layer, mixedChange)
        backLinear(memory.qkvChange, 3 * d, layer.normed, d, place.qkvWeight, place.qkvBias, gradient)
        kernels.product(
            rows, d, 3 * d, .init(base: memory.qkvChange, stride: 3 * d),
            .init(base: weights + place.qkvWeight, stride: d), into: memory.branch, stride: d)
        kernels.table.pointee.norm_backward(
            memory.branch, layer.input, weights + place.attentionGain, layer.scale,
            Int32(truncatingIfNeeded: rows), Int32(truncatingIfNeeded: d), memory.change,
            gradient + place.attentionGain)
    }

    /// Copies `change` to `branch` as the dropout of that site let it through.
    private func takeBranch(_ job: Job, site: Int) {
        memory.branch.update(from: memory.change, count: rowCount * shape.width)
        drop(memory.branch, job, site: site)
    }

    /// Gradient of W [outputs, inputs] and bias from dy [rows, outputs] and x [rows, inputs].
    func backLinear(
        _ change: UnsafePointer<Float>, _ outputs: Int, _ x: UnsafePointer<Float>, _ inputs: Int,
        _ weight: Int, _ bias: Int?, _ gradient: UnsafeMutablePointer<Float>
    ) {
        kernels.transposedProduct(
            outputs, inputs, rowCount, .init(base: change, stride: outputs), .init(base: x, stride: inputs),
            into: gradient + weight, stride: inputs, adding: true)
        if let bias {
            kernels.table.pointee.add_columns(
                change, Int32(truncatingIfNeeded: rowCount), Int32(truncatingIfNeeded: outputs),
                gradient + bias)
        }
    }

    /// Gradient by q, k and v from the one by the mixes.
    private func backHeads(_ layer: PassMemory.Layer, _ mixedChange: UnsafePointer<Float>) {
        let (d, h) = (shape.width, shape.headWidth)
        let scale = 1 / Float(h).squareRoot()
        for place in stack {
            let rows = place.phrases + shape.queries
            let columns = place.columns
            for head in 0..<shape.heads {
                let offset = place.start * 3 * d + head * h
                let (qkv, change) = (layer.qkv + offset, memory.qkvChange + offset)
                let shares = layer.shares + place.shares + head * rows * columns
                let mixed = TrainingKernels.Matrix(base: mixedChange + place.start * d + head * h, stride: d)
                // ∂shares = ∂mix · vᵀ, ∂v = sharesᵀ · ∂mix
                turn(qkv + 2 * d, stride: 3 * d, rows: rows, columns: columns)
                kernels.product(
                    rows, columns, h, mixed, .init(base: memory.turned, stride: columns),
                    into: memory.shareChange, stride: columns)
                kernels.transposedProduct(
                    rows, h, rows, .init(base: shares, stride: columns), mixed, into: change + 2 * d,
                    stride: 3 * d)
                kernels.table.pointee.softmax_backward(
                    shares, memory.shareChange, Int32(truncatingIfNeeded: rows),
                    Int32(truncatingIfNeeded: columns), scale)
                let scores = TrainingKernels.Matrix(base: memory.shareChange, stride: columns)
                kernels.product(
                    rows, h, rows, scores, .init(base: qkv + d, stride: 3 * d), into: change, stride: 3 * d)
                kernels.transposedProduct(
                    rows, h, rows, scores, .init(base: qkv, stride: 3 * d), into: change + d, stride: 3 * d)
            }
        }
    }

    private func backEmbedding(_ matrix: TokenMatrix, _ gradient: UnsafeMutablePointer<Float>) {
        let d = shape.width
        for place in stack {
            var change = UnsafePointer(memory.change + place.start * d)
            for token in place.tokens {
                let row = Int(matrix.places[token])
                let weight = matrix.weights[token]
                let low = gradient + places.values + row * d
                add(change, times: 1, to: gradient + places.kinds + Int(places.entryOfRow[row]) * d, d)
                add(change, times: 1 - weight, to: low, d)
                if weight > 0 { add(change, times: weight, to: low + d, d) }
                change += d
            }
            add(change, times: 1, to: gradient + places.queries, shape.queries * d)
        }
    }
}
