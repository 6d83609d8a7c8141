import Banking

/// Confirmed frauds of all counterparts: chained entries of 24 bytes, newest event first.
///
/// Every entry carries the moment from which it may be seen, so a label can be delivered as early as it
/// likes:
/// whether it counts is a function of the reading transaction's own time.
struct FraudPool {
    struct Entry {
        var next: UInt32
        var eventSeconds: UInt32
        var knownSeconds: UInt32
        /// Lower 32 bits of the transaction's digest, to count a repeated label once; 0 for several frauds.
        var idHash: UInt32
        var count: UInt32
        /// `LogAmount` code of the amount, of several the smallest; `unknownAmount` where no label says it.
        var amount: UInt32

        static let unknownAmount = UInt32.max
    }

    /// What is known of a counterpart's frauds in some windows.
    struct Known {
        /// Frauds per lane.
        var counts = SIMD4<Int32>(repeating: 0)
        /// Codes of the smallest amount and of the one that happened last, in the longest window.
        var smallest = Entry.unknownAmount
        var latest = Entry.unknownAmount
    }

    /// Entries of one counterpart at most: beyond, its two oldest become one.
    static let capacityPerCounterpart = 256
    /// Entries are let go when the counterpart's newest transaction is this much later than the fraud: the
    /// longest window, the longest delay and a month for transactions that come late.
    static let keepSeconds: UInt32 = 120 * 86_400

    private(set) var entries: [Entry] = []
    private var free: UInt32 = 0

    /// Adds a label to a counterpart's chain in order of (event time, known time, digest), newest first.
    /// - Returns: false when that transaction's fraud was there already.
    mutating func add(_ entry: Entry, to record: CounterpartRecord) -> Bool {
        dropOutdated(record)
        var previous: UInt32 = 0
        var current = record.header.pointee.frauds
        var steps = record.header.pointee.fraudCount
        var isPlaced = false
        var place: UInt32 = 0
        while current != 0 {
            let other = entries[Int(current) - 1]
            if other.eventSeconds < entry.eventSeconds { break }
            if other.eventSeconds == entry.eventSeconds, other.idHash == entry.idHash { return false }
            if !isPlaced, Self.isBefore(entry, other) {
                isPlaced = true
                place = previous
            }
            previous = current
            current = other.next
        }
        if !isPlaced { place = previous }
        let next = place == 0 ? record.header.pointee.frauds : entries[Int(place) - 1].next
        let reference = allocate(entry, next: next)
        if place == 0 {
            record.header.pointee.frauds = reference
        } else {
            entries[Int(place) - 1].next = reference
        }
        steps += 1
        record.header.pointee.fraudCount = steps
        if Int(steps) > Self.capacityPerCounterpart { mergeOldest(record) }
        return true
    }

    /// Confirmed frauds known at `now`, per lane of hours `from[lane] ..< end` of their event time.
    @inline(__always)
    func known(_ record: CounterpartRecord, now: UInt32, from: SIMD4<Int32>, end: Int32) -> Known {
        var known = Known()
        var current = record.header.pointee.frauds
        while current != 0 {
            let entry = entries[Int(current) - 1]
            let hour = Int32(entry.eventSeconds / 3600)
            if hour < from.min() { break }
            if hour < end, entry.knownSeconds <= now {
                let increased = known.counts &+ Int32(truncatingIfNeeded: entry.count)
                known.counts.replace(with: increased, where: from .<= SIMD4(repeating: hour))
                known.smallest = min(known.smallest, entry.amount)
                if known.latest == Entry.unknownAmount { known.latest = entry.amount }
            }
            current = entry.next
        }
        return known
    }

    /// The chain of a counterpart, newest event first.
    func chain(_ record: CounterpartRecord) -> [Entry] {
        var result: [Entry] = []
        var current = record.header.pointee.frauds
        while current != 0 {
            result.append(entries[Int(current) - 1])
            current = entries[Int(current) - 1].next
        }
        return result
    }

    /// Puts back a saved chain of a record that has none.
    mutating func restore(_ chain: [Entry], to record: CounterpartRecord) {
        var next: UInt32 = 0
        for entry in chain.reversed() { next = allocate(entry, next: next) }
        record.header.pointee.frauds = next
        record.header.pointee.fraudCount = UInt16(chain.count)
    }

    // MARK: - Entries

    private static func isBefore(_ a: Entry, _ b: Entry) -> Bool {
        (a.eventSeconds, a.knownSeconds, a.idHash) > (b.eventSeconds, b.knownSeconds, b.idHash)
    }

    private mutating func allocate(_ entry: Entry, next: UInt32) -> UInt32 {
        var copy = entry
        copy.next = next
        if free != 0 {
            let reference = free
            free = entries[Int(reference) - 1].next
            entries[Int(reference) - 1] = copy
            return reference
        }
        entries.append(copy)
        return UInt32(entries.count)
    }

    private mutating func release(_ reference: UInt32) {
        entries[Int(reference) - 1] = Entry(
            next: free, eventSeconds: 0, knownSeconds: 0, idHash: 0, count: 0,
            amount: Entry.unknownAmount)
        free = reference
    }

    private mutating func dropOutdated(_ record: CounterpartRecord) {
        let newest = record.header.pointee.newestSeconds
        guard newest > Self.keepSeconds, record.header.pointee.frauds != 0 else { return }
        var previous: UInt32 = 0
        var current = record.header.pointee.frauds
        while current != 0, entries[Int(current) - 1].eventSeconds >= newest - Self.keepSeconds {
            previous = current
            current = entries[Int(current) - 1].next
        }
        if previous == 0 { record.header.pointee.frauds = 0 } else { entries[Int(previous) - 1].next = 0 }
        while current != 0 {
            let next = entries[Int(current) - 1].next
            release(current)
            record.header.pointee.fraudCount -= 1
            current = next
        }
    }

    /// The two oldest become one that is known when both are, at the newer one's event time.
    private mutating func mergeOldest(_ record: CounterpartRecord) {
        var current = record.header.pointee.frauds
        while current != 0 {
            let second = entries[Int(current) - 1].next
            guard second != 0 else { return }
            if entries[Int(second) - 1].next == 0 {
                let oldest = entries[Int(second) - 1]
                entries[Int(current) - 1].next = 0
                entries[Int(current) - 1].idHash = 0
                entries[Int(current) - 1].count += oldest.count
                entries[Int(current) - 1].amount = min(entries[Int(current) - 1].amount, oldest.amount)
                entries[Int(current) - 1].knownSeconds = max(
                    entries[Int(current) - 1].knownSeconds, oldest.knownSeconds)
                release(second)
                record.header.pointee.fraudCount -= 1
                return
            }
            current = second
        }
    }
}
