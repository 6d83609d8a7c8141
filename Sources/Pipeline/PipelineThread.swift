import Foundation

/// A named operating-system thread that runs one body to its end and can be waited for.
public final class PipelineThread: Sendable {
    private let finished = DispatchSemaphore(value: 0)

    public init(name: String, body: @escaping @Sendable () -> Void) {
        let finished = self.finished
        let thread = Thread {
            // Only the thread itself tells the system its name, for `top -H` and profilers.
            Thread.current.name = name
            body()
            finished.signal()
        }
        thread.stackSize = 4 << 20
        thread.start()
    }

    /// Waits for the body to return. To be called once.
    public func join() { finished.wait() }

    /// Waits so long at most. To be called once.
    /// - Returns: whether the body has returned.
    public func join(atMost time: Duration) -> Bool {
        finished.wait(timeout: .now() + time / .seconds(1)) == .success
    }
}
