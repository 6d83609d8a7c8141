import Foundation

/// How a pipeline is told to end, by its user or by one of its own threads.
final class StopSwitch: @unchecked Sendable {
    // SAFETY: `condition` guards all three.
    private let condition = NSCondition()
    private var stopping = false
    private var abandoning = false
    private var firstError: PipelineError?

    /// No more records are taken; what was taken is finished.
    var isStopping: Bool { condition.withLock { stopping } }
    /// Not even what was taken is finished.
    var isAbandoning: Bool { condition.withLock { abandoning } }
    /// The first error, if any.
    var error: PipelineError? { condition.withLock { firstError } }

    /// Takes no more records, because of `error` where there is one, and finishes what was taken.
    func stop(because error: PipelineError? = nil) { set(error, abandoning: false) }

    /// Finishes nothing more: what is not durable yet is derived again at the next start.
    func abandon(because error: PipelineError) { set(error, abandoning: true) }

    /// Waits, but not longer than until the pipeline is abandoned.
    func wait(for duration: Duration) {
        let deadline = Date(timeIntervalSinceNow: duration / .seconds(1))
        condition.lock()
        defer { condition.unlock() }
        while !abandoning, condition.wait(until: deadline) {}
    }

    private func set(_ error: PipelineError?, abandoning: Bool) {
        condition.withLock {
            stopping = true
            self.abandoning = self.abandoning || abandoning
            if firstError == nil { firstError = error }
            condition.broadcast()
        }
    }
}
