import Banking

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Fixed-size records in chunks that never move, found by a 128-bit key at offset 0 of each record.
///
/// Growth never copies a record. A chunk is reserved whole and becomes resident as it fills, in pages of 2
/// MiB where the
/// system has them (131,072 records are a whole number of those for both sizes of record). The index is 256
/// small open-addressing tables of 4-byte references, each of
/// which grows by a quarter on its own, so that no single insertion pauses for the whole index. Records
/// that were written are marked in a bitmap, for snapshots (`RecordTable+Snapshot.swift`).
///
/// SAFETY: owned by one `Historian`; pointers are valid as long as the table lives.
final class RecordTable {
    /// Bytes per record, a multiple of 8.
    let recordBytes: Int
    private(set) var count = 0

    private static let chunkShift = 17
    static let chunkRecords = 1 << chunkShift
    private static let shardCount = 256
    /// Lower 27 bits of a reference: slot + 1. Upper 5 bits: bits of the key's hash, to skip strangers.
    private static let slotMask: UInt32 = (1 << 27) - 1

    private struct Shard {
        var references: UnsafeMutablePointer<UInt32>
        var capacity: UInt32
        var count: UInt32
    }
    private let shards: UnsafeMutablePointer<Shard>
    private var chunks: [UnsafeMutableRawPointer] = []
    /// A bit per slot: written since it was last taken into a snapshot.
    var changed: [UInt64] = []
    var snapshot = SnapshotBooks()
    /// Holds the record of a key that came after the table was full (2^27 records): used once, never found.
    private let overflow: UnsafeMutableRawPointer

    init(recordBytes: Int) {
        self.recordBytes = recordBytes
        shards = .allocate(capacity: Self.shardCount)
        for shard in 0..<Self.shardCount {
            let empty = Shard(references: Self.emptyReferences(16), capacity: 16, count: 0)
            (shards + shard).initialize(to: empty)
        }
        overflow = .allocate(byteCount: recordBytes, alignment: 16)
    }

    deinit {
        for shard in 0..<Self.shardCount { shards[shard].references.deallocate() }
        shards.deallocate()
        for chunk in chunks { munmap(chunk, chunkBytes) }
        overflow.deallocate()
    }

    /// The record in a slot, `0 ..< count`, in order of arrival.
    @inline(__always) func record(_ slot: Int) -> UnsafeMutableRawPointer {
        chunks[slot >> Self.chunkShift] + (slot & (Self.chunkRecords - 1)) * recordBytes
    }

    func find(_ key: Pseudonym) -> UnsafeMutableRawPointer? {
        let hash = Self.hash(key)
        let shard = shards[Int(hash >> 56)]
        guard let place = probe(shard, hash, key).slot else { return nil }
        return record(place)
    }

    /// The key's record, marked as changed; a fresh one is all zero except its key.
    func findOrInsert(_ key: Pseudonym) -> (record: UnsafeMutableRawPointer, isFresh: Bool) {
        let hash = Self.hash(key)
        let shardIndex = Int(hash >> 56)
        var (slot, position) = probe(shards[shardIndex], hash, key)
        if let slot {
            if snapshot.awaitedCount > 0 { copyBeforeChange(slot) }
            changed[slot >> 6] |= 1 << UInt64(slot & 63)
            return (record(slot), false)
        }
        guard count < Int(Self.slotMask) - 1 else {
            overflow.initializeMemory(as: UInt8.self, repeating: 0, count: recordBytes)
            overflow.storeBytes(of: key, as: Pseudonym.self)
            return (overflow, true)
        }
        if (shards[shardIndex].count + 1) * 5 > shards[shardIndex].capacity * 4 {
            grow(shardIndex)
            position = probe(shards[shardIndex], hash, key).position
        }
        let fresh = count
        if fresh & (Self.chunkRecords - 1) == 0 { appendChunk() }
        shards[shardIndex].references[Int(position)] = UInt32(fresh + 1) | Self.tag(hash)
        shards[shardIndex].count += 1
        count += 1
        changed[fresh >> 6] |= 1 << UInt64(fresh & 63)
        let pointer = record(fresh)
        pointer.storeBytes(of: key, as: Pseudonym.self)
        return (pointer, true)
    }

    /// Slots of all records in ascending order of their keys: an order that tells nothing of arrival.
    func slotsByKey() -> [UInt32] {
        let keys = (0..<count).map { (record($0).load(as: Pseudonym.self), UInt32($0)) }
        return keys.sorted { $0.0 < $1.0 }.map(\.1)
    }

    /// Bytes in use by records, index and bitmap.
    var allocatedBytes: Int {
        let index = (0..<Self.shardCount).reduce(0) { $0 + Int(shards[$1].capacity) * 4 }
        return count * recordBytes + index + changed.count * 8 + snapshot.writtenIn.count * 4
    }

    // MARK: - Index

    @inline(__always) private static func hash(_ key: Pseudonym) -> UInt64 {
        // The finaliser of MurmurHash3 over both halves: keys of tests and of files may be small numbers.
        var hash = key.low ^ (key.high &* 0x9E37_79B9_7F4A_7C15)
        hash = (hash ^ (hash >> 33)) &* 0xFF51_AFD7_ED55_8CCD
        hash = (hash ^ (hash >> 33)) &* 0xC4CE_B9FE_1A85_EC53
        return hash ^ (hash >> 33)
    }
    @inline(__always) private static func tag(_ hash: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: hash >> 32) << 27
    }

    /// The slot of a key, or the free position where it would go.
    @inline(__always) private func probe(
        _ shard: Shard, _ hash: UInt64, _ key: Pseudonym
    ) -> (slot: Int?, position: UInt32) {
        let tag = Self.tag(hash)
        var position = UInt32((UInt64(UInt32(truncatingIfNeeded: hash)) &* UInt64(shard.capacity)) >> 32)
        while true {
            let reference = shard.references[Int(position)]
            if reference == 0 { return (nil, position) }
            if reference & ~Self.slotMask == tag {
                let slot = Int(reference & Self.slotMask) - 1
                if record(slot).load(as: Pseudonym.self) == key { return (slot, position) }
            }
            position += 1
            if position == shard.capacity { position = 0 }
        }
    }

    private func grow(_ index: Int) {
        let old = shards[index]
        let capacity = old.capacity + old.capacity / 4 + 8
        var shard = Shard(
            references: Self.emptyReferences(Int(capacity)), capacity: capacity, count: old.count)
        for place in 0..<Int(old.capacity) where old.references[place] != 0 {
            let reference = old.references[place]
            let key = record(Int(reference & Self.slotMask) - 1).load(as: Pseudonym.self)
            let position = probe(shard, Self.hash(key), key).position
            shard.references[Int(position)] = reference
        }
        old.references.deallocate()
        swap(&shards[index], &shard)
    }

    private static func emptyReferences(_ capacity: Int) -> UnsafeMutablePointer<UInt32> {
        let references = UnsafeMutablePointer<UInt32>.allocate(capacity: capacity)
        references.initialize(repeating: 0, count: capacity)
        return references
    }

    private var chunkBytes: Int { Self.chunkRecords * recordBytes }

    /// Anonymous memory is zero. Without it there is no way on, as with any other allocation in Swift.
    private func appendChunk() {
        let mapped = mmap(nil, chunkBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let chunk = mapped, chunk != MAP_FAILED else { preconditionFailure("no memory for records") }
        #if canImport(Glibc)
            madvise(chunk, chunkBytes, MADV_HUGEPAGE)
        #endif
        chunks.append(chunk)
        changed.append(contentsOf: repeatElement(0, count: Self.chunkRecords / 64))
    }
}
