import CKernels

extension LanguageModelReader {
    /// A piece of the stack on which the MLP runs from end to end, so that its hidden rows stay in the cache.
    static let panelRows = 48

    /// The whole body: from tokens to the states before the final norm of the queries (`stack.judgedStates`)
    /// and of the wanted phrases (`stack.wantedStates`).
    func forward() {
        let d = Int32(packed.shape.width)
        table.pointee.embed_f32(
            packed.table, stack.tableRows, stack.weights, Int32(stack.rows), d, stack.states)
        let end = packed.layers.count - 1
        for index in 0..<end {
            let layer = packed.layers[index]
            if index == 0, let projected = packed.projected {
                table.pointee.enter_f32(
                    projected, stack.tableRows, stack.weights, layer.qkv.bias, stack.states,
                    Int32(stack.rows), d, 3 * d, LanguageModelShape.normEpsilon, stack.qkv)
            } else {
                let rows = quantised(stack.states, stack.rows, d, CK_NORMED)
                multiply(rows, layer.qkv, into: stack.qkv, CK_STORE)
            }
            if isRemembering { origin?.keepPairs(stack, layer: index) }
            forward(layer, index)
        }
        if isRemembering { origin?.keepStates(stack) }
        judge(packed.layers[end])
        guard isForeseeing else { return }
        foresee(packed.layers[end])
        let rows = quantised(stack.wantedStates, stack.wanted, d, CK_NORMED)
        multiply(rows, packed.reading, into: stack.foreseen, CK_STORE)
    }

    /// A layer for all rows of the stack, whose queries, keys and values are ready.
    private func forward(_ layer: PackedLanguageModel.Layer, _ number: Int) {
        let d = packed.shape.width
        for index in 0..<stack.count {
            let place = stack.places[index]
            attend(
                place, from: place.shared, queries: packed.shape.queries, q: stack.qkv + place.start * 3 * d,
                stride: 3 * d, into: stack.mixed + place.start * d, layer: number)
        }
        let mixed = quantised(stack.mixed, stack.rows, Int32(d), CK_SIGNED)
        multiply(mixed, layer.output, into: stack.states, CK_ADD)
        think(layer, stack.states, stack.rows)
    }

    /// The last layer for the queries, which read the states themselves instead of keys and values.
    private func judge(_ layer: PackedLanguageModel.Layer) {
        let shape = packed.shape
        let (d, queries) = (shape.width, shape.queries)
        let count = stack.count * queries
        for index in 0..<stack.count {
            let place = stack.places[index]
            (stack.judgedStates + index * queries * d).update(
                from: stack.states + (place.start + place.phrases - place.shared) * d, count: queries * d)
        }
        let rows = quantised(stack.judgedStates, count, Int32(d), CK_NORMED)
        multiply(rows, layer.qkv, columns: 0..<d, into: stack.judgedQueries, stride: d, CK_STORE)
        // Per head: asked [count, d] = query [count, head width] · the head's rows of `asking`.
        let wide = shape.heads * d
        for head in 0..<shape.heads {
            let first = head * shape.headWidth
            table.pointee.product_f32(
                stack.judgedQueries + first, Int32(count), Int32(d), packed.asking + first * d, Int32(d),
                Int32(shape.headWidth), Int32(d), nil, stack.asked + head * d, Int32(wide))
        }
        for index in 0..<stack.count {
            for query in 0..<queries { ask(stack.places[index], query, row: index * queries + query) }
        }
        for head in 0..<shape.heads {
            let first = head * shape.headWidth
            table.pointee.product_f32(
                stack.answered + head * d, Int32(count), Int32(wide), packed.answering + first, Int32(d),
                Int32(d), Int32(shape.headWidth), packed.answeringBias + first, stack.mixed + first, Int32(d))
        }
        let mixed = quantised(stack.mixed, count, Int32(d), CK_SIGNED)
        multiply(mixed, layer.output, into: stack.judgedStates, CK_ADD)
        think(layer, stack.judgedStates, count)
    }

    /// One query of a description; `row` is its place among the queries of the stack.
    private func ask(_ place: Place, _ query: Int, row: Int) {
        let shape = packed.shape
        let wide = shape.heads * shape.width
        let rows = stack.states + place.start * shape.width
        let states = place.shared > 0 ? origin?.states(of: place, stack) : UnsafePointer(rows)
        var job = ck_question(
            states: states, own: rows + (place.phrases - place.shared + query) * shape.width,
            asked: stack.asked + row * wide, phrases: Int32(place.phrases), heads: Int32(shape.heads),
            width: Int32(shape.width), epsilon: LanguageModelShape.normEpsilon,
            out: stack.answered + row * wide, scratch: stack.scratch)
        table.pointee.ask_f32(&job)
    }

    /// The last layer for the phrases whose followers are foreseen: keys and values of all rows, everything
    /// else for the wanted ones alone.
    private func foresee(_ layer: PackedLanguageModel.Layer) {
        let d = packed.shape.width
        let rows = quantised(stack.states, stack.rows, Int32(d), CK_NORMED)
        multiply(rows, layer.qkv, columns: d..<3 * d, into: stack.qkv, CK_STORE)
        for index in 0..<stack.count {
            let place = stack.places[index]
            let from = place.start + place.firstWanted
            let count = place.wanted
            (stack.wantedStates + place.wantedStart * d).update(
                from: stack.states + from * d, count: count * d)
            (stack.wantedBytes + place.wantedStart * d).update(from: stack.bytes + from * d, count: count * d)
            (stack.wantedScales + place.wantedStart).update(from: stack.scales + from, count: count)
        }
        let wanted = ck_rows(m: Int32(stack.wanted), bytes: stack.wantedBytes, scale: stack.wantedScales)
        multiply(wanted, layer.qkv, columns: 0..<d, into: stack.wantedQueries, stride: d, CK_STORE)
        for index in 0..<stack.count {
            let place = stack.places[index]
            guard place.wanted > 0 else { continue }
            attend(
                place, from: place.firstWanted, queries: 0, q: stack.wantedQueries + place.wantedStart * d,
                stride: d, into: stack.mixed + place.wantedStart * d)
        }
        let mixed = quantised(stack.mixed, stack.wanted, Int32(d), CK_SIGNED)
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
            let normed = quantised(panel, rows, Int32(d), CK_NORMED)
            multiply(normed, layer.up, into: stack.hidden, CK_GELU, most: stack.most)
            let active = quantised(stack.hidden, rows, Int32(4 * d), CK_POSITIVE, most: stack.most)
            multiply(active, layer.down, into: panel, CK_ADD)
        }
    }

    /// Attention of one description for its phrases from `first` on and its queries, if any.
    private func attend(
        _ place: Place, from first: Int, queries: Int, q: UnsafePointer<Float>, stride: Int,
        into out: UnsafeMutablePointer<Float>, layer: Int = 0
    ) {
        let shape = packed.shape
        let d = shape.width
        var pairs = UnsafePointer(stack.qkv + place.start * 3 * d + d)
        var pairStride = 3 * d
        if place.shared > 0, let origin {
            pairs = origin.pairs(of: place, stack, layer: layer, queries: queries)
            pairStride = 2 * d
        }
        var job = ck_attention(
            q: q, k: pairs, v: pairs + d, q_stride: Int32(stride), kv_stride: Int32(pairStride),
            phrases: Int32(queries > 0 ? place.phrases : place.firstWanted + place.wanted),
            queries: Int32(queries), first_row: Int32(first), heads: Int32(shape.heads),
            head_width: Int32(shape.headWidth), is_causal: shape.isCausal ? 1 : 0,
            out: out, out_stride: Int32(d), scratch: stack.scratch)
        table.pointee.attend_f32(&job)
    }

    /// Rows rounded to 8 bits; they lie in the stack until the next call. `most`: what their product left.
    private func quantised(
        _ x: UnsafePointer<Float>, _ rows: Int, _ width: Int32, _ mode: Int,
        most: UnsafePointer<Float>? = nil
    ) -> ck_rows {
        table.pointee.quantise_f32(
            x, Int32(rows), width, Int32(mode), LanguageModelShape.normEpsilon, most, stack.bytes,
            stack.scales)
        return ck_rows(m: Int32(rows), bytes: stack.bytes, scale: stack.scales)
    }

    /// rows · matrix, all columns or some.
    private func multiply(
        _ rows: ck_rows, _ matrix: ck_matrix, columns: Range<Int>? = nil,
        into out: UnsafeMutablePointer<Float>,
        stride: Int? = nil, _ mode: Int, most: UnsafeMutablePointer<Float>? = nil
    ) {
        let columns = columns ?? 0..<Int(matrix.n)
        withUnsafePointer(to: rows) { rows in
            withUnsafePointer(to: matrix) { matrix in
                table.pointee.gemm_u8s8(
                    rows, matrix, Int32(columns.lowerBound), Int32(columns.upperBound), out,
                    Int32(stride ?? Int(matrix.pointee.n)), Int32(mode), most)
            }
        }
    }
}
