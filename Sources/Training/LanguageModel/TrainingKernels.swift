import CKernels

/// The float32 kernels of one instruction set for training; all sets give the same bits.
struct TrainingKernels: @unchecked Sendable {
    // SAFETY: points to a constant table of the program.
    let table: UnsafePointer<ck_training_table>

    /// `avx512`, `avx2` or `portable`.
    var name: String { String(cString: table.pointee.name) }

    /// The sets that this CPU can run, best first.
    static let all: [TrainingKernels] = (0..<ck_training_set_count()).compactMap { index in
        ck_training_set_at(index).map { TrainingKernels(table: $0) }
    }

    /// The best set. `portable` runs everywhere, so there is always one.
    static let best = TrainingKernels(table: ck_training_best())

    /// A matrix of a product: [rows, columns] in memory, rows at a stride.
    struct Matrix {
        let base: UnsafePointer<Float>
        let stride: Int
    }

    /// C [m, n] = A [m, k] · B [k, n] (+ C), all row-major.
    @inline(__always)
    func product(
        _ m: Int, _ n: Int, _ k: Int, _ a: Matrix, _ b: Matrix, into c: UnsafeMutablePointer<Float>,
        stride: Int, adding: Bool = false
    ) {
        run(m, n, k, a, (a.stride, 1), b, 64, c, stride, nil, adding)
    }

    /// C [m, n] = Aᵀ · B (+ C) for A [k, m], B [k, n].
    @inline(__always)
    func transposedProduct(
        _ m: Int, _ n: Int, _ k: Int, _ a: Matrix, _ b: Matrix, into c: UnsafeMutablePointer<Float>,
        stride: Int, adding: Bool = false
    ) {
        run(m, n, k, a, (1, a.stride), b, 64, c, stride, nil, adding)
    }

    /// C [m, n] = A [m, k] · B + bias, B packed by `PackedMatrices`, rows of C side by side.
    @inline(__always)
    func packedProduct(
        _ m: Int, _ n: Int, _ k: Int, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>,
        bias: UnsafePointer<Float>?, into c: UnsafeMutablePointer<Float>, adding: Bool = false
    ) {
        run(
            m, n, k, Matrix(base: a, stride: k), (k, 1), Matrix(base: b, stride: 64), 64 * k, c, n, bias,
            adding)
    }

    @inline(__always)
    private func run(
        _ m: Int, _ n: Int, _ k: Int, _ a: Matrix, _ strides: (row: Int, column: Int), _ b: Matrix,
        _ block: Int, _ c: UnsafeMutablePointer<Float>, _ stride: Int, _ bias: UnsafePointer<Float>?,
        _ adding: Bool
    ) {
        guard m > 0, k > 0 else { return }
        var job = ck_product(
            m: Int32(truncatingIfNeeded: m), n: Int32(truncatingIfNeeded: n), k: Int32(truncatingIfNeeded: k),
            a: a.base, a_row: Int64(strides.row), a_column: Int64(strides.column), b: b.base,
            b_row: Int64(b.stride), b_block: Int64(block), c: c, c_row: Int64(stride), bias: bias,
            accumulates: adding ? 1 : 0)
        table.pointee.product(&job)
    }
}
