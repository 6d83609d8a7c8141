import Testing

@testable import Pipeline

@Suite struct PoisonGuardTests {
    @Test func `a few bad records among many are no poison`() {
        var poison = PoisonGuard(limit: 0.5, window: 100)
        let verdicts = (0..<1000).map { poison.count(isRejected: $0 % 10 == 0) }
        #expect(!verdicts.contains(true))
    }

    @Test func `a stream that turned bad is noticed within one window`() {
        var poison = PoisonGuard(limit: 0.5, window: 100)
        let verdicts = (0..<100).map { poison.count(isRejected: $0 > 40) }
        #expect(verdicts.last == true)
    }
}
