import Testing

@testable import Pipeline

@Suite struct ReadinessTests {
    private let start = ContinuousClock.now
    private var readiness = Readiness(patience: .seconds(30), now: .now)

    private mutating func take(
        received: Int64, done: Int64, fault: String? = nil, letters: String? = nil,
        broker: Readiness.Answer? = .waiting(0), at second: Int
    ) -> Readiness.State? {
        var totals = PipelineStatistics.Snapshot()
        totals.received = received
        totals.done = done
        totals.deliveryFault = fault
        totals.deadLetterFault = letters
        return readiness.take(totals, broker: broker, now: start + .seconds(second))
    }

    private var obstacle: Readiness.Obstacle? {
        if case .waiting(let obstacle, _) = readiness.state { obstacle } else { nil }
    }

    @Test mutating func `it is not ready before the broker answered`() {
        #expect(take(received: 0, done: 0, broker: nil, at: 0) == nil)
        #expect(obstacle == .starting)
        #expect(take(received: 0, done: 0, at: 1) == .ready)
    }

    @Test mutating func `no progress while records wait is a stall, said once`() {
        _ = take(received: 5, done: 5, broker: .waiting(3), at: 0)
        #expect(take(received: 5, done: 5, broker: .waiting(9), at: 29) == nil)
        #expect(readiness.state == .ready)
        let stall = Readiness.State.waiting(.stall, "12 records wait and none was finished for 30 s")
        #expect(take(received: 5, done: 5, broker: .waiting(12), at: 30) == stall)
        #expect(take(received: 5, done: 5, broker: .waiting(20), at: 31) == nil)
        #expect(obstacle == .stall)
        #expect(take(received: 6, done: 6, broker: .waiting(19), at: 32) == .ready)
    }

    @Test mutating func `records that were taken and are not finished stall as well`() {
        _ = take(received: 5, done: 5, at: 0)
        _ = take(received: 9, done: 5, at: 1)
        #expect(obstacle == nil)
        _ = take(received: 9, done: 5, at: 31)
        #expect(obstacle == .stall)
    }

    @Test mutating func `a quiet stream is ready however long it is quiet`() {
        _ = take(received: 5, done: 5, at: 0)
        #expect(take(received: 5, done: 5, at: 86_400) == nil)
        #expect(readiness.state == .ready)
    }

    @Test mutating func `the database is named before the broker, and both before a stall`() {
        _ = take(received: 5, done: 5, at: 0)
        #expect(take(received: 9, done: 5, broker: .failed("away"), at: 40) == .waiting(.broker, "away"))
        #expect(
            take(received: 9, done: 5, fault: "gone", broker: .failed("away"), at: 41)
                == .waiting(.database, "gone"))
        #expect(take(received: 9, done: 9, at: 42) == .ready)
    }

    @Test mutating func `a dead-letter topic that takes nothing is named as such`() {
        let stuck = Readiness.State.waiting(.deadLetters, "full")
        #expect(take(received: 9, done: 5, letters: "full", at: 0) == stuck)
        #expect(
            take(received: 9, done: 5, letters: "full", broker: .failed("away"), at: 1)
                == .waiting(.broker, "away"))
        #expect(take(received: 9, done: 9, at: 2) == .ready)
    }
}
