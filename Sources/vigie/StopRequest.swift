import Foundation

/// Asks what starts or runs to end. From any thread.
final class StopRequest: @unchecked Sendable {
    // SAFETY: `condition` guards both.
    private let condition = NSCondition()
    private var isAsked = false
    private var end: (@Sendable () -> Void)?

    /// Thrown by what was still starting: there is nothing to finish.
    struct Heeded: Error {}

    func ask() {
        let end = condition.withLock {
            isAsked = true
            condition.broadcast()
            return self.end
        }
        end?()
    }

    /// Names what ends the work that runs now; calls it at once when it was asked for already.
    func whenAsked(_ end: @escaping @Sendable () -> Void) {
        let isLate = condition.withLock {
            self.end = end
            return isAsked
        }
        if isLate { end() }
    }

    func check() throws(Heeded) {
        if condition.withLock({ isAsked }) { throw Heeded() }
    }

    /// Waits, but not longer than until it is asked.
    func wait(for time: Duration) throws(Heeded) {
        let deadline = Date(timeIntervalSinceNow: time / .seconds(1))
        condition.lock()
        while !isAsked, condition.wait(until: deadline) {}
        condition.unlock()
        try check()
    }
}
