import Foundation
import Synchronization
import Testing

@testable import Pipeline

@Suite struct BoundedQueueTests {
    @Test func `elements come out in the order in which they went in`() {
        let queue = BoundedQueue<Int>(capacity: 3)
        for number in 1...3 { queue.send(number) }
        #expect((1...3).map { _ in queue.receive() } == [1, 2, 3])
    }

    @Test func `a full queue makes the sender wait until there is room`() {
        let queue = BoundedQueue<Int>(capacity: 1)
        queue.send(1)
        let sent = Atomic(false)
        let done = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            queue.send(2)
            sent.store(true, ordering: .sequentiallyConsistent)
            done.signal()
        }
        #expect(done.wait(timeout: .now() + 0.05) == .timedOut)
        let wasSent = sent.load(ordering: .sequentiallyConsistent)
        #expect(!wasSent)
        #expect(queue.receive() == 1)
        done.wait()
        #expect(queue.receive() == 2)
    }

    @Test func `a closed queue refuses new elements and gives what is left`() {
        let queue = BoundedQueue<Int>(capacity: 2)
        queue.send(1)
        queue.close()
        #expect(!queue.send(2))
        #expect(queue.receive() == 1)
        #expect(queue.receive() == nil)
        #expect(queue.isFinished)
    }

    @Test func `waiting with a limit ends without an element`() {
        #expect(BoundedQueue<Int>(capacity: 1).receive(within: .milliseconds(5)) == nil)
    }
}
