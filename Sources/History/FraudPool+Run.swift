/// Frauds in a row: the latest transactions of a counterpart whose outcome is due were all confirmed frauds.
extension FraudPool {
    /// A run of frauds without a genuine transaction between them.
    struct Run {
        /// Frauds in it, at least 1, at most `longestRun`.
        var length: Int
        /// Event time of the earliest.
        var firstSeconds: UInt32
    }

    static let longestRun: Int32 = 64
    /// How far a run reaches back from the last due hour: as far as every fact of frauds does.
    static let runHours: Int32 = 30 * 24

    /// The run that ends with hour `end`, from labels known at `now`.
    ///
    /// Fraud k (newest first) belongs to it when the counterpart had k transactions, and no more, from the
    /// hour of that fraud on: then all of them were frauds. Frauds of one hour come in together.
    /// - Parameters:
    ///   - end: hours of event time from here on are not due yet.
    ///   - later: the counterpart's transactions from `end` on.
    /// - Returns: `nil` when its latest due transaction was genuine, or there was none.
    func run(_ record: CounterpartRecord, now: UInt32, end: Int32, later: Double) -> Run? {
        var run: Run?
        var seen: Int32 = 0
        var current = record.header.pointee.frauds
        // Bounds of one walk over the counterpart's hours: up to eight distinct hours with frauds.
        var hours = [8 of Int32](repeating: 0)
        var frauds = [8 of Int32](repeating: 0)
        var firsts = [8 of UInt32](repeating: 0)
        while current != 0, seen < Self.longestRun {
            var used = 0
            while current != 0 {
                let entry = entries[Int(current) - 1]
                let hour = Int32(entry.eventSeconds / 3600)
                if hour < end - Self.runHours { current = 0; break }
                guard hour < end, entry.knownSeconds <= now else {
                    current = entry.next
                    continue
                }
                if used == 0 || hours[used - 1] != hour {
                    if used == 8 { break }
                    hours[used] = hour
                    used += 1
                }
                seen &+= Int32(truncatingIfNeeded: entry.count)
                frauds[used - 1] = seen
                firsts[used - 1] = entry.eventSeconds
                current = entry.next
            }
            guard used > 0 else { break }
            let counts = record.counts(from: hours, used: used)
            for place in 0..<used {
                guard counts[place] - later < Double(frauds[place]) + 0.5 else { return run }
                run = Run(length: Int(min(frauds[place], Self.longestRun)), firstSeconds: firsts[place])
            }
        }
        return run
    }
}
