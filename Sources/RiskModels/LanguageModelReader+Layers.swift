import CKernels

extension LanguageModelReader {
    /// A piece of the stack on which the MLP runs from end to end, so that its hidden rows stay in the cache.
    static let panelRows = 48

    /// The whole body: from tokens to the states of the wanted rows before the final norm.
    func forward() {
        let d = Int32(packed.shape.width)
        table.pointee.embed_f32(
            packed.table, stack.tableRows, stack.weights, Int32(stack.rows), d, stack.states)
        for layer in packed.layers.dropLast() { forward(layer) }
        if let last = packed.layers.last { finish(last) }
        guard isForeseeing else { return }
        let rows = quantised(stack.wantedStates, stack.wanted, d, isNormed: true)
        multiply(rows, packed.reading, into: stack.foreseen, CK_STORE)
    }

    /// A layer for all rows of the stack.
    private func forward(_ layer: PackedLanguageModel.Layer) {
        let d = packed.shape.width
        let rows = quantised(stack.states, stack.rows, Int32(d), isNormed: true)
        multiply(rows, layer.qkv, into: stack.qkv, CK_STORE)
        for index in 0..<stack.count {
            let place = stack.places[index]
            attend(
                place, from: 0, q: stack.qkv + place.start * 3 * d, stride: 3 * d,
                into: stack.mixed + place.start * d)
        }
        let mixed = quantised(stack.mixed, stack.rows, Int32(d), isNormed: false)
        multiply(mixed, layer.output, into: stack.states, CK_ADD)
        think(layer, stack.states, stack.rows)
    }

    /// The last layer: keys and values of all rows, everything else for the wanted ones alone.
    private func finish(_ layer: PackedLanguageModel.Layer) {
        let d = packed.shape.width
        let rows = quantised(stack.states, stack.rows, Int32(d), isNormed: true)
        multiply(rows, layer.qkv, columns: d..<3 * d, into: stack.qkv, CK_STORE)
        for index in 0..<stack.count {
            let place = stack.places[index]
            let from = place.start + place.firstWanted
            let count = place.phrases + packed.shape.queries - place.firstWanted
            (stack.wantedStates + place.wantedStart * d).update(
                from: stack.states + from * d, count: count * d)
            (stack.wantedBytes + place.wantedStart * d).update(from: stack.bytes + from * d, count: count * d)
            (stack.wantedScales + place.wantedStart).update(from: stack.scales + from, count: count)
            (stack.wantedLows + place.wantedStart).update(from: stack.lows + from, count: count)
        }
        let wanted = ck_rows(
            m: Int32(stack.wanted), bytes: stack.wantedBytes, scale: stack.wantedScales, low: stack.wantedLows
        )
        multiply(wanted, layer.qkv, columns: 0..<d, into: stack.wantedQueries, stride: d, CK_STORE)
        for index in 0..<stack.count {
            let place = stack.places[index]
            attend(
                place, from: place.firstWanted, q: stack.wantedQueries + place.wantedStart * d, stride: d,
                into: stack.mixed + place.wantedStart * d)
        }
        let mixed = quantised(stack.mixed, stack.wanted, Int32(d), isNormed: false)
        multiply(mixed, layer.output, into: stack.wantedStates, CK_ADD)
        think(layer, stack.wantedStates, stack.wanted)
    }

    /// The MLP, added to `states` [count, d].
    private func think(
        _ layer: PackedLanguageModel.Layer, _ states: UnsafeMutablePointer<Float>, _ count: Int
    ) {
        let d = packed.shape.width
        for start in stride(from: 0, to: count, by: Self.panelRows) {
            let panel = states + start * d
            let rows = min(Self.panelRows, count - start)
            let normed = quantised(panel, rows, Int32(d), isNormed: true)
            multiply(normed, layer.up, into: stack.hidden, CK_GELU)
            let active = quantised(stack.hidden, rows, Int32(4 * d), isNormed: false)
            multiply(active, layer.down, into: panel, CK_ADD)
        }
    }

    /// Attention of one description for its rows from `first` on.
    private func attend(
        _ place: Place, from first: Int, q: UnsafePointer<Float>, stride: Int,
        into out: UnsafeMutablePointer<Float>
    ) {
        let shape = packed.shape
        let d = shape.width
        var job = ck_attention(
            q: q, k: stack.qkv + place.start * 3 * d + d, v: stack.qkv + place.start * 3 * d + 2 * d,
            q_stride: Int32(stride), kv_stride: Int32(3 * d), phrases: Int32(place.phrases),
            queries: Int32(shape.queries), first_row: Int32(first), heads: Int32(shape.heads),
            head_width: Int32(shape.headWidth), is_causal: shape.isCausal ? 1 : 0,
            scale: 1 / Float(shape.headWidth).squareRoot(), out: out, out_stride: Int32(d),
            scratch: stack.scratch)
        table.pointee.attend_f32(&job)
    }

    /// Rows rounded to 8 bits; they lie in the stack until the next call.
    private func quantised(
        _ x: UnsafePointer<Float>, _ rows: Int, _ width: Int32, isNormed: Bool
    ) -> ck_rows {
        table.pointee.quantise_f32(
            x, Int32(rows), width, width, isNormed ? 1 : 0, LanguageModelShape.normEpsilon, stack.bytes,
            stack.scales, stack.lows)
        return ck_rows(m: Int32(rows), bytes: stack.bytes, scale: stack.scales, low: stack.lows)
    }

    /// rows · matrix, all columns or some.
    private func multiply(
        _ rows: ck_rows, _ matrix: ck_matrix, columns: Range<Int>? = nil,
        into out: UnsafeMutablePointer<Float>,
        stride: Int? = nil, _ mode: Int
    ) {
        let columns = columns ?? 0..<Int(matrix.n)
        withUnsafePointer(to: rows) { rows in
            withUnsafePointer(to: matrix) { matrix in
                table.pointee.gemm_u8s8(
                    rows, matrix, Int32(columns.lowerBound), Int32(columns.upperBound), out,
                    Int32(stride ?? Int(matrix.pointee.n)), Int32(mode))
            }
        }
    }
}
