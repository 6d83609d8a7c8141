import Banking

/// Event time against real time: when an event of a paced replay is due.
struct Pace {
    /// Event time per real time, above 0.
    let speed: Double
    private let startedAt = clock.now
    private var firstEvent: Timestamp?

    init(speed: Double) { self.speed = speed }

    /// Monotonic nanoseconds at which an event is due; the first one at once.
    mutating func due(_ time: Timestamp) -> Int64 {
        let first = firstEvent ?? time
        firstEvent = first
        let nanoseconds = Double(time.milliseconds - first.milliseconds) * 1e6 / speed
        return startedAt + Int64(min(max(nanoseconds, 0), 4e18))
    }
}
