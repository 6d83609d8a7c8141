import Banking
import CKernels
import RiskModels

extension LanguageModelPass {
    /// Foresees every phrase from the state before it, kind by kind; the gradient goes to the reading
    /// tensors, the value table and `stateChange`.
    func read(
        _ matrix: TokenMatrix, _ job: Job, _ weights: UnsafePointer<Float>, _ packed: PackedMatrices,
        _ gradient: UnsafeMutablePointer<Float>?, _ losses: inout Losses
    ) {
        let d = shape.width
        group(matrix)
        kernels.packedProduct(
            rowCount, d, d, memory.states, packed.memory.base + packed.reading, bias: nil,
            into: memory.projected)
        readingStart.withUnsafeMutableBufferPointer { start in
            guard let base = start.baseAddress else { return }
            kernels.packedProduct(
                1, d, d, weights + places.readingStart, packed.memory.base + packed.reading, bias: nil,
                into: base)
        }
        if gradient != nil {
            memory.projectedChange.update(repeating: 0, count: rowCount * d)
            for i in 0..<d { readingStartChange[i] = 0 }
        }
        for entry in byEntry.indices where !byEntry[entry].isEmpty {
            foresee(entry, matrix, job, weights, packed, gradient, &losses)
        }
        guard let gradient else { return }
        backLinear(
            memory.projectedChange, d, memory.states, d, places.readingWeight, nil, gradient)
        kernels.product(
            rowCount, d, d, .init(base: memory.projectedChange, stride: d),
            .init(base: weights + places.readingWeight, stride: d), into: memory.stateChange, stride: d,
            adding: true)
        let start = weights + places.readingStart
        for output in 0..<d {
            let change = readingStartChange[output]
            add(start, times: change, to: gradient + places.readingWeight + output * d, d)
            let row = weights + places.readingWeight + output * d
            add(row, times: change, to: gradient + places.readingStart, d)
        }
    }

    /// Sorts the phrases of the stack by kind.
    private func group(_ matrix: TokenMatrix) {
        for entry in byEntry.indices { byEntry[entry].removeAll(keepingCapacity: true) }
        for place in stack {
            for (index, token) in place.tokens.enumerated() {
                let entry = Int(places.entryOfRow[Int(matrix.places[token])])
                byEntry[entry].append((index == 0 ? -1 : place.start + index - 1, token))
            }
        }
    }

    /// All phrases of one kind: r = gate ⊙ projected, logits = r · valuesᵀ + bias, and the way back.
    private func foresee(
        _ entry: Int, _ matrix: TokenMatrix, _ job: Job, _ weights: UnsafePointer<Float>,
        _ packed: PackedMatrices, _ gradient: UnsafeMutablePointer<Float>?, _ losses: inout Losses
    ) {
        let d = shape.width
        let phrases = byEntry[entry]
        let gates = weights + places.readingGates + entry * d
        let (start, padded) = packed.values[entry]
        let (offset, count) = (shape.rowOffsets[entry], shape.valueCounts[entry])
        for (place, phrase) in phrases.enumerated() {
            let out = memory.foreseen + place * d
            withProjection(phrase.before) { projected in
                for i in 0..<d { out[i] = gates[i] * projected[i] }
            }
        }
        kernels.packedProduct(
            phrases.count, padded, d, memory.foreseen, packed.memory.base + start,
            bias: packed.memory.base + packed.biases[entry], into: memory.logits)
        kernels.table.pointee.softmax(
            memory.logits, Int32(truncatingIfNeeded: phrases.count), Int32(truncatingIfNeeded: padded))
        for (place, phrase) in phrases.enumerated() {
            let shares = memory.logits + place * padded
            let low = Int(matrix.places[phrase.token]) - offset
            let weight = matrix.weights[phrase.token]
            // A share of 10⁻³⁰ is as good as none, and keeps the logarithm finite.
            losses.reading -= Double(1 - weight) * ExactMath.log(max(Double(shares[low]), 1e-30))
            if weight > 0 {
                losses.reading -= Double(weight) * ExactMath.log(max(Double(shares[low + 1]), 1e-30))
            }
            guard gradient != nil else { continue }
            for column in 0..<count { shares[column] *= job.reading }
            shares[low] -= (1 - weight) * job.reading
            if weight > 0 { shares[low + 1] -= weight * job.reading }
        }
        losses.phrases += phrases.count
        guard let gradient else { return }
        backForesight(entry, phrases.count, padded, weights, gradient)
    }

    /// From the gradient by the logits, in `logits`, to values, bias, gates and projections.
    private func backForesight(
        _ entry: Int, _ phrases: Int, _ padded: Int, _ weights: UnsafePointer<Float>,
        _ gradient: UnsafeMutablePointer<Float>
    ) {
        let d = shape.width
        let (offset, count) = (shape.rowOffsets[entry], shape.valueCounts[entry])
        let table = places.values + offset * d
        let change = TrainingKernels.Matrix(base: memory.logits, stride: padded)
        kernels.product(
            phrases, d, count, change, .init(base: weights + table, stride: d), into: memory.foreseenChange,
            stride: d)
        kernels.transposedProduct(
            count, d, phrases, change, .init(base: memory.foreseen, stride: d), into: gradient + table,
            stride: d, adding: true)
        let bias = gradient + places.readingBias + offset
        let gates = weights + places.readingGates + entry * d
        let gateChange = gradient + places.readingGates + entry * d
        for (place, phrase) in byEntry[entry].enumerated() {
            let shares = memory.logits + place * padded
            for column in 0..<count { bias[column] += shares[column] }
            let back = memory.foreseenChange + place * d
            withProjection(phrase.before) { projected in
                for i in 0..<d { gateChange[i] += back[i] * projected[i] }
            }
            if phrase.before < 0 {
                for i in 0..<d { readingStartChange[i] += back[i] * gates[i] }
            } else {
                let target = memory.projectedChange + phrase.before * d
                for i in 0..<d { target[i] += back[i] * gates[i] }
            }
        }
    }

    /// Lends the projection of the state before a phrase; −1 means before the first.
    @inline(__always)
    private func withProjection(_ before: Int, _ body: (UnsafePointer<Float>) -> Void) {
        if before >= 0 {
            body(memory.projected + before * shape.width)
        } else {
            readingStart.withUnsafeBufferPointer { start in
                if let base = start.baseAddress { body(base) }
            }
        }
    }
}
