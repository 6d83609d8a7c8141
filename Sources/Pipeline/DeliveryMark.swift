import Foundation

/// How many batches the clerk has delivered; the archivist waits for it.
final class DeliveryMark: @unchecked Sendable {
    // SAFETY: `condition` guards `count`.
    private let condition = NSCondition()
    private var count = 0

    func set(_ delivered: Int) {
        condition.withLock {
            count = delivered
            condition.broadcast()
        }
    }

    /// Waits until the first `batches` are delivered. `false` when the pipeline was abandoned.
    func wait(for batches: Int, unless stopSwitch: StopSwitch) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        while count < batches {
            if stopSwitch.isAbandoning { return false }
            _ = condition.wait(until: Date(timeIntervalSinceNow: 0.05))
        }
        return true
    }
}
