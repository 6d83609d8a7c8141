/// Float memory that an object owns, aligned to 64 bytes and zero at first.
final class FloatMemory {
    // SAFETY: allocated in init, freed in deinit, never handed out beyond the owner's life.
    let base: UnsafeMutablePointer<Float>
    let count: Int

    init(_ count: Int) {
        self.count = count
        let raw = UnsafeMutableRawPointer.allocate(byteCount: max(64, count * 4 + 64), alignment: 64)
        base = raw.bindMemory(to: Float.self, capacity: count + 16)
        base.initialize(repeating: 0, count: count + 16)
    }

    deinit { UnsafeMutableRawPointer(base).deallocate() }

    func clear(_ count: Int) { base.update(repeating: 0, count: count) }
}
