import Banking

/// The scalar part of a counterpart's record; its order is the layout, without padding (32 bytes).
struct CounterpartHeader {
    var key: Pseudonym
    /// Event time of the newest counted transaction; 0 with `used` 0 when there was none.
    var newestSeconds: UInt32
    /// Event time of the earliest counted transaction.
    var firstSeconds: UInt32
    /// Reference to the newest confirmed fraud in the `FraudPool`; 0 when there is none.
    var frauds: UInt32
    var fraudCount: UInt16
    /// Sparse: bytes used. Dense: 1.
    var used: UInt8
    /// 0 sparse, 1 dense.
    var isDense: UInt8
}

/// One counterpart's state: 112 bytes. Activity is kept per hour of event time, the bucket that gets sealed.
///
/// **Sparse**: up to 80 transactions of the last 39 days, each by its exact hour: byte i is the number of
/// hours from
/// transaction i − 1 to i (newest first; 255 stands for 255 hours without a transaction).
/// **Dense** (once 80 do not fit): exact counts of the newest 4 hours, 8-bit counts (within 3.2 %) of the
/// 22 hours before
/// and of the 38 days before those; a window that cuts through a day takes its hours' even share.
///
/// SAFETY: a view of memory that its table owns, used on the historian's thread only.
struct CounterpartRecord {
    static let byteCount = 112
    static let bodyBytes = 80
    /// Hours that any window can reach back, with a labels' delay of up to 9 days.
    static let reachHours: Int32 = 39 * 24

    let base: UnsafeMutableRawPointer

    @inline(__always) var header: UnsafeMutablePointer<CounterpartHeader> {
        base.assumingMemoryBound(to: CounterpartHeader.self)
    }
    /// Sparse: hours between transactions.
    @inline(__always) var gaps: UnsafeMutablePointer<UInt8> {
        (base + 32).assumingMemoryBound(to: UInt8.self)
    }
    @inline(__always) var isSeen: Bool { header.pointee.used > 0 }
    @inline(__always) var newestHour: Int32 { Int32(header.pointee.newestSeconds / 3600) }

    /// The hours that an event at `seconds` may see are those before the returned one.
    @inline(__always) static func sealedEnd(_ seconds: UInt32, grace: Int64) -> Int32 {
        Int32(max(Int64(seconds) - grace, 0) / 3600)
    }

    /// Counts transactions of one hour. An hour that is sealed at the counterpart's newest time never
    /// changes.
    /// - Returns: whether it was counted.
    @discardableResult
    func count(_ seconds: UInt32, grace: Int64) -> Bool {
        let hour = Int32(seconds / 3600)
        guard isSeen else {
            header.pointee.newestSeconds = seconds
            header.pointee.firstSeconds = seconds
            gaps[0] = 0
            header.pointee.used = 1
            return true
        }
        if seconds < header.pointee.newestSeconds {
            guard hour >= Self.sealedEnd(header.pointee.newestSeconds, grace: grace) else { return false }
        }
        let ahead = hour - newestHour
        header.pointee.firstSeconds = min(header.pointee.firstSeconds, seconds)
        header.pointee.newestSeconds = max(header.pointee.newestSeconds, seconds)
        if header.pointee.isDense == 1 {
            countDense(ahead)
        } else if ahead >= 0 {
            prepend(ahead)
        } else {
            rebuild(adding: hour)
        }
        return true
    }

    // MARK: - Sparse

    /// Adds a transaction `ahead` hours after the newest.
    private func prepend(_ ahead: Int32) {
        guard ahead < Self.reachHours else {
            gaps[0] = 0
            header.pointee.used = 1
            return
        }
        let skips = Int(ahead / 255)
        let used = Int(header.pointee.used)
        guard used + skips + 1 <= Self.bodyBytes else {
            // `newestSeconds` has moved already: the stored gaps still count from the hour before the step.
            rebuild(adding: newestHour, storedFrom: newestHour - ahead)
            return
        }
        (gaps + skips + 1).update(from: gaps, count: used)
        gaps[skips + 1] = UInt8(ahead % 255)
        for index in 1..<(skips + 1) { gaps[index] = 255 }
        gaps[0] = 0
        header.pointee.used = UInt8(used + skips + 1)
    }

    private func rebuild(adding hour: Int32) { rebuild(adding: hour, storedFrom: newestHour) }

    /// Reads all hours, adds one, and writes them back without those out of reach; becomes dense when too
    /// many.
    private func rebuild(adding hour: Int32, storedFrom origin: Int32) {
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: Self.bodyBytes + 1) { hours in
            var count = 0
            var current = origin
            var isAdded = false
            for index in 0..<Int(header.pointee.used) {
                current -= Int32(gaps[index])
                guard gaps[index] != 255 else { continue }
                if !isAdded, hour >= current {
                    hours[count] = hour
                    count += 1
                    isAdded = true
                }
                hours[count] = current
                count += 1
            }
            if !isAdded {
                hours[count] = hour
                count += 1
            }
            let newest = hours[0]
            while count > 1, newest - hours[count - 1] >= Self.reachHours { count -= 1 }
            if !write(hours, count: count) { becomeDense(hours, count: count) }
        }
    }

    private func write(_ hours: UnsafeMutableBufferPointer<Int32>, count: Int) -> Bool {
        var used = 0
        var previous = hours[0]
        for index in 0..<count {
            var gap = previous - hours[index]
            previous = hours[index]
            while gap >= 255 {
                guard used < Self.bodyBytes else { return false }
                gaps[used] = 255
                used += 1
                gap -= 255
            }
            guard used < Self.bodyBytes else { return false }
            gaps[used] = UInt8(gap)
            used += 1
        }
        header.pointee.used = UInt8(used)
        (gaps + used).update(repeating: 0, count: Self.bodyBytes - used)
        return true
    }

    /// Writes the number of transactions from each of 8 hours on: two groups of 4 bounds, each descending.
    func writeCounts(from bounds: UnsafePointer<Int32>, to counts: UnsafeMutablePointer<Double>) {
        var walk = BoundWalk(bounds: bounds, counts: counts)
        if isSeen {
            if header.pointee.isDense == 1 {
                walkDense(&walk)
            } else {
                var hour = newestHour
                for index in 0..<Int(header.pointee.used) {
                    let gap = gaps[index]
                    hour -= Int32(gap)
                    if gap != 255 { walk.pass(1, hour: hour) }
                }
            }
        }
        walk.finish()
    }
}

extension CounterpartRecord {
    /// Transactions from each of up to eight hours on.
    /// - Parameter hours: descending; only the first `used` count.
    func counts(from hours: [8 of Int32], used: Int) -> [8 of Double] {
        var result = [8 of Double](repeating: 0)
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: 8) { bounds in
            withUnsafeTemporaryAllocation(of: Double.self, capacity: 8) { totals in
                for place in 0..<8 { bounds[place] = hours[min(place, used - 1)] }
                guard let from = bounds.baseAddress, let to = totals.baseAddress else { return }
                writeCounts(from: from, to: to)
                for place in 0..<8 { result[place] = totals[place] }
            }
        }
        return result
    }
}

/// Adds cells of activity up, newest first, and notes the total at each of two times four descending bounds.
struct BoundWalk {
    private let bounds: UnsafePointer<Int32>
    private let counts: UnsafeMutablePointer<Double>
    private var near = 0
    private var far = 4
    private var total = 0.0

    init(bounds: UnsafePointer<Int32>, counts: UnsafeMutablePointer<Double>) {
        self.bounds = bounds
        self.counts = counts
    }

    /// A cell of one hour.
    @inline(__always) mutating func pass(_ count: Double, hour: Int32) {
        while near < 4, bounds[near] > hour {
            counts[near] = total
            near += 1
        }
        while far < 8, bounds[far] > hour {
            counts[far] = total
            far += 1
        }
        total += count
    }

    /// A cell of the hours `start ..< end`: a bound within gets its even share.
    @inline(__always) mutating func pass(_ count: Double, start: Int32, end: Int32) {
        while near < 4, bounds[near] > start {
            counts[near] = total + count * Double(max(end - bounds[near], 0)) / Double(end - start)
            near += 1
        }
        while far < 8, bounds[far] > start {
            counts[far] = total + count * Double(max(end - bounds[far], 0)) / Double(end - start)
            far += 1
        }
        total += count
    }

    mutating func finish() {
        while near < 4 {
            counts[near] = total
            near += 1
        }
        while far < 8 {
            counts[far] = total
            far += 1
        }
    }
}
