import CKernels
import Testing

@Suite struct CompareTests {
    /// Sets that this CPU can run besides the twin itself.
    private var sets: [UnsafePointer<ck_table>] {
        (0..<ck_set_count()).compactMap { ck_set_at($0) }.filter {
            String(cString: $0.pointee.name) != "scalar"
        }
    }

    private static func text(_ message: [CChar]) -> String {
        String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    @Test(arguments: 0..<ck_operation_count())
    func `every set gives the bits of the scalar twin`(operation: Int32) {
        let seed = UInt64.random(in: 0..<1 << 62)
        var message = [CChar](repeating: 0, count: 200)
        for set in sets {
            for trial in 0..<UInt64(60) {
                let fault = ck_compare(set, operation, seed + trial, &message, message.count)
                #expect(
                    fault == 0,
                    """
                    \(String(cString: ck_operation_name(operation)))_\(String(cString: set.pointee.name)), \
                    seed \(seed + trial): \(Self.text(message))
                    """)
            }
        }
    }

    @Test func `a table that differs in one kernel is caught`() {
        // The twin with a dot product that forgets its last sixteen.
        var wrong = ck_table_scalar
        wrong.dot_f32 = { a, b, k in ck_table_scalar.dot_f32(a, b, k - 16) }
        var message = [CChar](repeating: 0, count: 200)
        let faults = withUnsafePointer(to: wrong) { set in
            (0..<ck_operation_count()).map { ck_compare(set, $0, 5, &message, message.count) }
        }
        #expect(faults.reduce(0, +) == 1)
    }

    @Test func `the scalar set is always there and unknown names are not`() {
        #expect(ck_set_named("scalar") != nil)
        #expect(ck_set_named("") != nil)
        #expect(ck_set_named("altivec") == nil)
        #expect(ck_set_at(-1) == nil && ck_set_at(ck_set_count()) == nil)
    }

    @Test(arguments: [true, false])
    func `packing keeps every whole number of a column`(isPositive: Bool) {
        // Columns whose largest magnitude is 127 have steps of exactly one.
        let (n, k) = (64, 64)
        let weights = (0..<n * k).map { Float($0 % k == 0 ? 127 : ($0 * 37) % 255 - 127) }
        var packed = [Int8](repeating: 0, count: n * k)
        var scale = [Float](repeating: 0, count: n)
        var start = [Int32](repeating: 1, count: n)
        var bias = [Float](repeating: 2, count: n)
        ck_pack_s8(weights, Int32(n), Int32(k), isPositive ? 1 : 0, &packed, &scale, &start, &bias)
        for column in 0..<n {
            let sum = weights[column * k..<(column + 1) * k].reduce(0, +)
            #expect(scale[column] == 1)
            #expect(start[column] == (isPositive ? 0 : -128 * Int32(sum)))
            #expect(abs(bias[column] - (isPositive ? 2 - 0.172 * sum : 2)) < 0.001)
            for input in 0..<k {
                #expect(
                    Float(packed[input % 16 * 256 + column * 4 + input / 16]) == weights[column * k + input])
            }
        }
    }
}
