/// Notices that a stream has turned bad: it is better to stop than to drain it into the dead letters.
struct PoisonGuard {
    /// Share of rejected records above which the stream counts as poisoned, in (0, 1].
    let limit: Double
    /// Records that a verdict is based on.
    let window: Int
    private var seen = 0
    private var rejected = 0

    init(limit: Double, window: Int = 1000) {
        self.limit = limit
        self.window = window
    }

    /// Counts one record. `true` when the window just completed holds more rejections than the limit allows.
    mutating func count(isRejected: Bool) -> Bool {
        seen += 1
        if isRejected { rejected += 1 }
        guard seen >= window else { return false }
        defer { (seen, rejected) = (0, 0) }
        return Double(rejected) > limit * Double(seen)
    }
}
