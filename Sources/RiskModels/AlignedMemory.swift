/// Memory for kernels: pieces aligned to 64 bytes, zeroed, all freed together.
///
/// SAFETY: the pieces are handed out as raw pointers; whoever keeps one keeps its owner.
final class AlignedMemory {
    private var pieces: [UnsafeMutableRawPointer] = []

    deinit { for piece in pieces { piece.deallocate() } }

    /// Room for `count` trivial values, all bits zero.
    func take<Value: BitwiseCopyable>(_ count: Int, of type: Value.Type) -> UnsafeMutablePointer<Value> {
        // A whole vector more, so that reading past the last value stays inside.
        let size = max(1, count) * MemoryLayout<Value>.stride + 64
        let piece = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
        piece.initializeMemory(as: UInt8.self, repeating: 0, count: size)
        pieces.append(piece)
        return piece.bindMemory(to: type, capacity: max(1, count))
    }

    /// A copy of values.
    func copy<Value: BitwiseCopyable>(_ values: some Collection<Value>) -> UnsafeMutablePointer<Value> {
        let target = take(values.count, of: Value.self)
        for (place, value) in values.enumerated() { target[place] = value }
        return target
    }
}
