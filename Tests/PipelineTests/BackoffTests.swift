import Testing

@testable import Pipeline

@Suite struct BackoffTests {
    @Test func `waits grow up to five seconds and carry jitter`() {
        var backoff = Backoff(seed: 7)
        let waits = (0..<12).map { _ in backoff.next() }
        #expect(waits[0] <= .milliseconds(50))
        #expect(waits.allSatisfy { $0 > .milliseconds(24) && $0 <= .seconds(5) })
        #expect(waits[11] > .milliseconds(2499))
        #expect(Set(waits.suffix(4)).count > 1)
    }

    @Test func `after a success it starts small again`() {
        var backoff = Backoff(seed: 7)
        for _ in 0..<9 { _ = backoff.next() }
        backoff.reset()
        #expect(backoff.next() <= .milliseconds(50))
    }
}
