import Banking
import Descriptions
import History

/// Examples of a replayed history: facts as they were at that moment, and what became of the transaction.
public struct ExampleTable: Sendable {
    /// Facts and labels (0 genuine, 1 fraud).
    public private(set) var facts = FactTable()
    public private(set) var ids: [FixedText<64>] = []
    public private(set) var accounts: [Pseudonym] = []
    public private(set) var times: [Timestamp] = []
    /// Truth of simulated data, 0 for genuine or unknown. For reports only.
    public private(set) var scenarios: [UInt8] = []

    public init() {}

    public var count: Int { times.count }

    /// Adds an example. Rows come in order of the stream.
    public mutating func append(
        _ row: FactRow, label: UInt8, id: FixedText<64>, account: Pseudonym, time: Timestamp,
        scenario: UInt8
    ) {
        facts.append(row, label: label)
        ids.append(id)
        accounts.append(account)
        times.append(time)
        scenarios.append(scenario)
    }

    /// Rows of a period whose outcome is known.
    public func rows(in period: Period) -> [Int] {
        times.indices.filter { period.contains(times[$0]) && facts.labels[$0] <= 1 }
    }

    /// Leaves out the transactions of accounts that the bank knew to be compromised.
    ///
    /// Known on the day `d` of a transaction are the accounts with a fraud in `[training.from, d − delay)`,
    /// whole days: those of the training period and those whose labels arrived since.
    public func withoutKnownCompromised(
        _ rows: [Int], training: Period, labelDelayDays: Int64
    ) -> [Int] {
        var firstFraudDay: [Pseudonym: Int64] = [:]
        for row in times.indices where facts.labels[row] == 1 && times[row] >= training.from {
            let day = times[row].day
            firstFraudDay[accounts[row]] = min(firstFraudDay[accounts[row]] ?? day, day)
        }
        return rows.filter { row in
            guard let day = firstFraudDay[accounts[row]] else { return true }
            return day >= times[row].day - labelDelayDays
        }
    }
}
