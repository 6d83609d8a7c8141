import Banking
import History
import Testing

@testable import Training

@Suite struct ExampleTableTests {
    private func table(_ rows: [(account: UInt64, day: Int, label: UInt8)]) -> ExampleTable {
        var table = ExampleTable()
        for row in rows {
            table.append(
                FactRow(), label: row.label, id: FixedText("t"),
                account: Pseudonym(high: 1, low: row.account),
                time: Timestamp(year: 2018, month: 8, day: row.day, second: 3600), scenario: 0)
        }
        return table
    }

    private func august(_ from: Int, _ to: Int) -> Period? {
        Period(
            from: Timestamp(year: 2018, month: 8, day: from), to: Timestamp(year: 2018, month: 8, day: to))
    }

    @Test func `accounts known as compromised are left out from the day on which the bank knew`() throws {
        let training = try #require(august(1, 3))
        // Account 1: fraud on day 2, so known on day 10 and not on day 9 (delay 7: frauds up to day d − 8).
        let table = table([(1, 2, 1), (1, 9, 0), (1, 10, 0), (2, 10, 1), (3, 10, 0)])
        let kept = table.withoutKnownCompromised([1, 2, 3, 4], training: training, labelDelayDays: 7)
        #expect(kept == [1, 3, 4])
    }

    @Test func `frauds before the training do not count as known`() throws {
        let training = try #require(august(3, 5))
        let table = table([(1, 1, 1), (1, 12, 0)])
        #expect(table.withoutKnownCompromised([1], training: training, labelDelayDays: 7) == [1])
    }

    @Test func `rows of unknown outcome are no examples`() throws {
        let period = try #require(august(1, 9))
        #expect(table([(1, 2, 0), (1, 3, 255), (1, 9, 1)]).rows(in: period) == [0])
    }
}
