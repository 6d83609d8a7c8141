import Foundation

/// A first-in-first-out queue of fixed capacity between two threads.
///
/// A full queue makes the sender wait, an empty one the receiver: that is the back-pressure of the pipeline.
/// After `close`, sends are refused and receivers get what is left, then `nil`.
public final class BoundedQueue<Element: Sendable>: @unchecked Sendable {
    // SAFETY: `condition` guards `elements` and `isClosed`.
    private let condition = NSCondition()
    private var elements: [Element] = []
    private var isClosed = false
    private let capacity: Int

    /// - Parameter capacity: the most elements that wait, at least 1.
    public init(capacity: Int) {
        precondition(capacity >= 1)
        self.capacity = capacity
        elements.reserveCapacity(capacity)
    }

    /// Elements that wait now.
    public var count: Int { condition.withLock { elements.count } }

    /// Waits for room. `false` when the queue was closed; the element is then not taken.
    @discardableResult
    public func send(_ element: Element) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        while elements.count >= capacity, !isClosed { condition.wait() }
        guard !isClosed else { return false }
        elements.append(element)
        condition.broadcast()
        return true
    }

    /// Waits for an element; `nil` when the queue is closed and empty.
    public func receive() -> Element? {
        condition.lock()
        defer { condition.unlock() }
        while elements.isEmpty, !isClosed { condition.wait() }
        return takeFirst()
    }

    /// An element if one arrives within `timeout`. Does not tell a closed queue from an empty one.
    public func receive(within timeout: Duration) -> Element? {
        let deadline = Date(timeIntervalSinceNow: timeout / .seconds(1))
        condition.lock()
        defer { condition.unlock() }
        while elements.isEmpty, !isClosed {
            guard condition.wait(until: deadline) else { break }
        }
        return takeFirst()
    }

    /// An element if one waits.
    public func receiveNow() -> Element? {
        condition.withLock { takeFirst() }
    }

    /// Waits until no element waits, at most `timeout`.
    public func waitUntilEmpty(within timeout: Duration) {
        let deadline = Date(timeIntervalSinceNow: timeout / .seconds(1))
        condition.lock()
        defer { condition.unlock() }
        while !elements.isEmpty, !isClosed {
            guard condition.wait(until: deadline) else { return }
        }
    }

    public func close() {
        condition.withLock {
            isClosed = true
            condition.broadcast()
        }
    }

    /// Closed and nothing left in it.
    public var isFinished: Bool { condition.withLock { isClosed && elements.isEmpty } }

    private func takeFirst() -> Element? {
        guard !elements.isEmpty else { return nil }
        let first = elements.removeFirst()
        condition.broadcast()
        return first
    }
}
