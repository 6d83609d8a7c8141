import CKernels
import RiskModels

extension LanguageModelPass {
    /// Fills `memory` up to the states.
    func forward(
        _ matrix: TokenMatrix, _ job: Job, _ weights: UnsafePointer<Float>, _ packed: PackedMatrices
    ) {
        let table = kernels.table.pointee
        let (d, rows) = (shape.width, rowCount)
        let m = Int32(truncatingIfNeeded: rows)
        let width = Int32(truncatingIfNeeded: d)
        let epsilon = LanguageModelShape.normEpsilon
        embed(matrix, weights)
        for index in 0..<shape.layers {
            let (place, layer) = (places.layers[index], memory.layers[index])
            let pack = packed.layers[index]
            let output = index + 1 < shape.layers ? memory.layers[index + 1].input : memory.last
            table.norm(
                layer.input, m, width, weights + place.attentionGain, epsilon, layer.normed, layer.scale)
            kernels.packedProduct(
                rows, 3 * d, d, layer.normed, packed.memory.base + pack.qkv, bias: weights + place.qkvBias,
                into: layer.qkv)
            attend(layer)
            kernels.packedProduct(
                rows, d, d, layer.mixed, packed.memory.base + pack.output, bias: weights + place.outputBias,
                into: layer.middle)
            drop(layer.middle, job, site: 2 * index)
            add(layer.input, times: 1, to: layer.middle, rows * d)
            table.norm(
                layer.middle, m, width, weights + place.mlpGain, epsilon, layer.normedMiddle,
                layer.scaleMiddle)
            kernels.packedProduct(
                rows, 4 * d, d, layer.normedMiddle, packed.memory.base + pack.up,
                bias: weights + place.upBias, into: layer.up)
            table.gelu(layer.up, Int64(rows * 4 * d), layer.active)
            kernels.packedProduct(
                rows, d, 4 * d, layer.active, packed.memory.base + pack.down,
                bias: weights + place.downBias,
                into: output)
            drop(output, job, site: 2 * index + 1)
            add(layer.middle, times: 1, to: output, rows * d)
        }
        table.norm(
            memory.last, m, width, weights + places.finalGain, epsilon, memory.states, memory.scaleStates)
    }

    /// Drops numbers of a residual branch [rows, d]; the same ones for the same job and site.
    func drop(_ x: UnsafeMutablePointer<Float>, _ job: Job, site: Int) {
        guard job.dropout > 0 else { return }
        let key = (job.key ^ (UInt64(site + 1) &* 0xbf58_476d_1ce4_e5b9)) &* 0x94d0_49bb_1331_11eb
        let keep = 65_536 / Float(65_536 - job.dropout)
        kernels.table.pointee.dropout(x, Int64(rowCount * shape.width), key, job.dropout, keep)
    }

    private func embed(_ matrix: TokenMatrix, _ weights: UnsafePointer<Float>) {
        let d = shape.width
        let input = memory.layers[0].input
        for place in stack {
            var out = input + place.start * d
            for token in place.tokens {
                let row = Int(matrix.places[token])
                let weight = matrix.weights[token]
                let kind = weights + places.kinds + Int(places.entryOfRow[row]) * d
                let low = weights + places.values + row * d
                let high = weight > 0 ? low + d : low
                for i in 0..<d { out[i] = kind[i] + (1 - weight) * low[i] + weight * high[i] }
                out += d
            }
            out.update(from: weights + places.queries, count: shape.queries * d)
        }
    }

    /// Softmax shares and mixes of all heads.
    private func attend(_ layer: PassMemory.Layer) {
        let (d, h) = (shape.width, shape.headWidth)
        let scale = 1 / Float(h).squareRoot()
        for place in stack {
            let rows = place.phrases + shape.queries
            let columns = place.columns
            for head in 0..<shape.heads {
                let qkv = layer.qkv + place.start * 3 * d + head * h
                let shares = layer.shares + place.shares + head * rows * columns
                turn(qkv + d, stride: 3 * d, rows: rows, columns: columns)
                kernels.product(
                    rows, columns, h, .init(base: qkv, stride: 3 * d),
                    .init(base: memory.turned, stride: columns), into: shares, stride: columns)
                kernels.table.pointee.mask_softmax(
                    shares, Int32(truncatingIfNeeded: rows), Int32(truncatingIfNeeded: columns), scale,
                    Int32(truncatingIfNeeded: place.phrases), shape.isCausal ? 1 : 0)
                kernels.product(
                    rows, h, rows, .init(base: shares, stride: columns),
                    .init(base: qkv + 2 * d, stride: 3 * d), into: layer.mixed + place.start * d + head * h,
                    stride: d)
            }
        }
    }

    /// x [rows, head width] at a stride → `turned` [head width, columns], zeros behind the rows.
    func turn(_ x: UnsafePointer<Float>, stride: Int, rows: Int, columns: Int) {
        let turned = memory.turned
        for i in 0..<shape.headWidth {
            let target = turned + i * columns
            for row in 0..<rows { target[row] = x[row * stride + i] }
            for row in rows..<columns { target[row] = 0 }
        }
    }
}
