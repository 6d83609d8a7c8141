import Foundation

/// A named operating-system thread that runs one body to its end and can be waited for.
public final class PipelineThread: Sendable {
    private let finished = DispatchSemaphore(value: 0)

    public init(name: String, body: @escaping @Sendable () -> Void) {
        let finished = self.finished
        let thread = Thread {
            body()
            finished.signal()
        }
        thread.name = name
        thread.stackSize = 4 << 20
        thread.start()
    }

    /// Waits for the body to return. To be called once.
    public func join() { finished.wait() }
}
