import Banking
import Testing

@testable import Training

@Suite struct CardPrecisionTests {
    private func account(_ number: UInt64) -> Pseudonym { Pseudonym(high: 1, low: number) }
    private func day(_ number: Int64) -> Timestamp { Timestamp(seconds: number * 86_400 + 3600) }

    @Test func `an account counts by its highest score of the day`() {
        // Account 1 has 0.9 and a fraud at 0.1; accounts 2 and 3 are genuine.
        let figure = CardPrecision.atLimit(
            1, scores: [0.9, 0.1, 0.5, 0.4], labels: [0, 1, 0, 0],
            accounts: [account(1), account(1), account(2), account(3)],
            times: [day(0), day(0), day(0), day(0)])
        #expect(figure == 1)
    }

    @Test func `a detected account is left out on the following days`() {
        let accounts = [account(1), account(2), account(1), account(2)]
        let figure = CardPrecision.atLimit(
            1, scores: [0.9, 0.1, 0.9, 0.1], labels: [1, 0, 1, 1], accounts: accounts,
            times: [day(0), day(0), day(1), day(1)])
        // Day 0 finds account 1; on day 1 it is known, so account 2 is looked at and is fraud.
        #expect(figure == 1)
    }

    @Test func `an account that was looked at in vain is looked at again`() {
        let figure = CardPrecision.atLimit(
            1, scores: [0.9, 0.9], labels: [0, 1], accounts: [account(1), account(1)],
            times: [day(0), day(1)])
        #expect(figure == 0.5)
    }

    @Test func `the divisor is the limit even where fewer accounts are active`() {
        let figure = CardPrecision.atLimit(
            4, scores: [0.9], labels: [1], accounts: [account(1)], times: [day(0)])
        #expect(figure == 0.25)
    }
}
