/// Which records the next snapshot takes, and which were in which snapshot.
struct SnapshotBooks {
    /// In no snapshot yet.
    static let never = UInt32.max

    /// Per slot, as far as there were slots when the last snapshot began: the number of the snapshot that
    /// holds it last; 0: one of before this table's life.
    var writtenIn: [UInt32] = []
    /// Records by the number of the snapshot that holds them last.
    var living: [UInt32: Int] = [:]
    /// A bit per slot: the running snapshot holds it.
    var taken: [UInt64] = []
    /// A bit per slot: the running snapshot has not copied it yet.
    var awaited: [UInt64] = []
    var awaitedCount = 0
    /// Word of `awaited` before which nothing is awaited.
    var cursor = 0
    var number: UInt32 = 0
    var copy: (UnsafeMutableRawPointer) -> Void = { _ in }
}

/// A picture of the table as it is at one moment, copied while the table goes on being written to: a record
/// is copied in its turn or just before it changes, whichever comes first. All on the one thread.
///
/// A snapshot holds the records that changed since the one before, and as many others (at least a 64th of the
/// table): those that were copied longest ago. So every record stands in one of the snapshots from
/// `oldestNeeded` on, and these together are about twice the table at most, besides the oldest one (three
/// times the table while the first one, which holds everything, is being replaced).
extension RecordTable {
    private static let leastShare = 64

    /// Chooses the records. The last snapshot has ended.
    /// - Parameters:
    ///   - number: above that of all before, below `SnapshotBooks.never`.
    ///   - copy: is lent each record once, as it is now.
    func beginSnapshot(number: UInt32, copy: @escaping (UnsafeMutableRawPointer) -> Void) {
        snapshot.number = number
        snapshot.copy = copy
        snapshot.cursor = 0
        snapshot.taken = changed
        for word in changed.indices { changed[word] = 0 }
        let changes = snapshot.taken.reduce(0) { $0 + $1.nonzeroBitCount }
        snapshot.writtenIn.append(
            contentsOf: repeatElement(SnapshotBooks.never, count: count - snapshot.writtenIn.count))
        takeOldest(max(changes, count / Self.leastShare + 1))
        snapshot.awaited = snapshot.taken
        snapshot.awaitedCount = snapshot.awaited.reduce(0) { $0 + $1.nonzeroBitCount }
    }

    private func takeOldest(_ wanted: Int) {
        // Everything before this number is wanted, of this number the rest.
        var latest: UInt32 = 0
        var rest = 0
        var known = 0
        for number in snapshot.living.keys.sorted() where known < wanted {
            rest = wanted - known
            known += snapshot.living[number] ?? 0
            latest = number
        }
        guard known > 0 else { return }
        for slot in 0..<count where snapshot.writtenIn[slot] <= latest {
            let bit: UInt64 = 1 << UInt64(slot & 63)
            guard snapshot.taken[slot >> 6] & bit == 0 else { continue }
            if snapshot.writtenIn[slot] == latest {
                guard rest > 0 else { continue }
                rest -= 1
            }
            snapshot.taken[slot >> 6] |= bit
        }
    }

    /// Copies records of the running snapshot, at most so many.
    func copyAwaited(atMost maximum: Int) {
        var room = maximum
        while snapshot.awaitedCount > 0, room > 0 {
            let word = snapshot.awaited[snapshot.cursor]
            guard word != 0 else {
                snapshot.cursor += 1
                continue
            }
            copy(slot: snapshot.cursor << 6 + word.trailingZeroBitCount)
            room -= 1
        }
    }

    /// Called before a record is lent for writing while a snapshot runs.
    func copyBeforeChange(_ slot: Int) {
        guard slot >> 6 < snapshot.awaited.count,
            snapshot.awaited[slot >> 6] & (1 << UInt64(slot & 63)) != 0
        else { return }
        copy(slot: slot)
    }

    private func copy(slot: Int) {
        snapshot.awaited[slot >> 6] &= ~(1 << UInt64(slot & 63))
        snapshot.awaitedCount -= 1
        note(slot, in: snapshot.number)
        snapshot.copy(record(slot))
    }

    private func note(_ slot: Int, in number: UInt32) {
        let former = snapshot.writtenIn[slot]
        if former != SnapshotBooks.never, let others = snapshot.living[former] {
            snapshot.living[former] = others > 1 ? others - 1 : nil
        }
        snapshot.writtenIn[slot] = number
        snapshot.living[number, default: 0] += 1
    }

    /// The snapshots before this number hold nothing that a later one does not hold.
    var oldestNeeded: UInt32 { snapshot.living.keys.min() ?? SnapshotBooks.never }

    /// The running or last snapshot is void: what it took counts as changed.
    func forgetSnapshot() {
        snapshot.awaitedCount = 0
        for word in snapshot.taken.indices { changed[word] |= snapshot.taken[word] }
        snapshot.taken = []
    }

    /// Everything there is was read from snapshots of an earlier life.
    func endRestoring() {
        for word in changed.indices { changed[word] = 0 }
        snapshot.writtenIn = Array(repeating: 0, count: count)
        snapshot.living = count > 0 ? [0: count] : [:]
    }
}
