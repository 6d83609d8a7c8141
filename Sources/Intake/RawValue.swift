/// One value of a record as it was found: a kind and a range of bytes, nothing copied.
struct RawValue {
    enum Kind: UInt8 {
        case absent, null, string, number, isTrue, isFalse, array, object
    }

    var kind = Kind.absent
    var count = 0
    /// Points into the record or into the scratch memory; `nil` only for `absent`.
    var start: UnsafeRawPointer?

    init() {}

    init(_ kind: Kind, _ start: UnsafeRawPointer, _ count: Int) {
        self.kind = kind
        self.start = start
        self.count = count
    }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }

    /// Neither there nor `null`, nor an empty text.
    @inline(__always)
    var isMissing: Bool { kind == .absent || kind == .null || (kind == .string && count == 0) }
}

/// The memory a reader works in: the values of one record, and room for texts that had to be decoded.
///
/// One per reader, used by one thread; valid until the next record.
struct RecordMemory: ~Copyable {
    let values: UnsafeMutablePointer<RawValue>
    let valueCount: Int
    var scratch: UnsafeMutableRawPointer
    var scratchCapacity: Int
    var scratchUsed = 0

    init(valueCount: Int) {
        self.valueCount = valueCount
        values = .allocate(capacity: max(valueCount, 1))
        values.initialize(repeating: RawValue(), count: max(valueCount, 1))
        scratchCapacity = 4096
        scratch = .allocate(byteCount: 4096, alignment: 16)
    }

    deinit {
        values.deallocate()
        scratch.deallocate()
    }

    /// Empties the first `sources` values and makes sure of `bytes` of scratch memory.
    @inline(__always)
    mutating func begin(sources: Int, bytes: Int) {
        for index in 0..<sources { values[index] = RawValue() }
        scratchUsed = 0
        if scratchCapacity < bytes { grow(bytes) }
    }

    private mutating func grow(_ bytes: Int) {
        scratch.deallocate()
        scratchCapacity = bytes * 2
        scratch = .allocate(byteCount: scratchCapacity, alignment: 16)
    }
}
