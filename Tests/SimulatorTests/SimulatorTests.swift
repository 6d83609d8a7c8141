import Banking
import Testing

@testable import Simulator

@Suite struct SimulatorTests {
    @Test func `the same seed gives the same bytes`() {
        let again = SimulatedRun {
            $0.accounts = 120
            $0.days = 20
        }
        #expect(again.bytes == SimulatedRun.small.bytes)
        #expect(again.labelBytes == SimulatedRun.small.labelBytes)
        #expect(again.bytes.count > 100_000)
    }

    /// Any CPU must give these bytes; a change of the population changes them and must be seen.
    @Test func `a known configuration gives a known fingerprint`() {
        #expect(SimulatedRun.small.fingerprint == 1_622_089_531_150_117_875)
    }

    @Test func `another seed gives another bank`() {
        let other = SimulatedRun {
            $0.seed = 2
            $0.accounts = 120
            $0.days = 20
        }
        #expect(other.bytes != SimulatedRun.small.bytes)
        let numbers = Set(SimulatedRun.small.transactions.map(\.number))
        #expect(!other.transactions.contains { numbers.contains($0.number) })
    }

    @Test func `transactions come in order of time and identifier`() {
        let run = SimulatedRun.large
        let disordered = zip(run.transactions, run.transactions.dropFirst()).filter { earlier, later in
            if earlier.effectiveSeconds != later.effectiveSeconds {
                return earlier.effectiveSeconds > later.effectiveSeconds
            }
            return earlier.transactionID >= later.transactionID
        }
        #expect(disordered.isEmpty)
    }

    @Test func `every transaction lies within its day`() {
        var configuration = SimulatorConfiguration()
        configuration.accounts = 300
        configuration.days = 12
        var simulator = Simulator(configuration: configuration)
        var labels: [SimulatedLabel] = []
        var outcomes: [CreditOutcome] = []
        for day in 0..<12 {
            var transactions: [SimulatedTransaction] = []
            #expect(simulator.nextDay(transactions: &transactions, labels: &labels, outcomes: &outcomes))
            #expect(transactions.count > 200)
            #expect(transactions.allSatisfy { $0.effectiveAt.day == configuration.start.day + Int64(day) })
        }
        var more: [SimulatedTransaction] = []
        #expect(!simulator.nextDay(transactions: &more, labels: &labels, outcomes: &outcomes))
        #expect(more.isEmpty)
    }

    @Test func `more accounts leave the others as they are`() {
        let more = SimulatedRun {
            $0.accounts = 200
            $0.days = 20
        }
        #expect(more.transactions.filter { $0.account < 120 } == SimulatedRun.small.transactions)
        #expect(more.transactions.count > SimulatedRun.small.transactions.count)
    }

    @Test func `more days leave the earlier ones as they are`() {
        let longer = SimulatedRun {
            $0.accounts = 120
            $0.days = 25
        }
        let earlier = longer.transactions.prefix(SimulatedRun.small.transactions.count)
        #expect(Array(earlier) == SimulatedRun.small.transactions)
    }

    @Test func `identifiers are unique`() {
        let run = SimulatedRun.large
        #expect(Set(run.transactions.map(\.number)).count == run.transactions.count)
        var owners: [String: UInt32] = [:]
        for transaction in run.transactions {
            guard let card = transaction.cardNumber else { continue }
            let owner = owners.updateValue(transaction.account, forKey: card) ?? transaction.account
            if owner != transaction.account { Issue.record("two accounts share \(card)") }
        }
        #expect(owners.count > 1500)
        #expect(Set(run.transactions.map(\.accountID)).count == 1500)
    }

    @Test func `numbers out of range are brought into it`() {
        var configuration = SimulatorConfiguration()
        configuration.accounts = -5
        configuration.days = .max
        configuration.start = Timestamp(milliseconds: .max)
        configuration.fraudIntensity = .nan
        configuration.merchantScale = .infinity
        let clamped = configuration.clamped()
        #expect(clamped.accounts == 1)
        #expect(clamped.days == 36_500)
        #expect(clamped.fraudIntensity == 0)
        #expect(clamped.merchantScale == 20)
        #expect(clamped.start.date.year < 2300)
    }

    @Test func `the balance follows from the amounts`() {
        var balances: [UInt32: Int64] = [:]
        for transaction in SimulatedRun.large.transactions {
            let sign: Int64 = transaction.direction == .debit ? -1 : 1
            let change = transaction.errors.isEmpty ? sign * transaction.amountMinor : 0
            if let before = balances[transaction.account], transaction.balanceAfterMinor != before + change {
                Issue.record("\(transaction.transactionID)")
            }
            balances[transaction.account] = transaction.balanceAfterMinor
        }
        #expect(balances.count > 1450)
    }

    @Test func `no refused transaction was affordable, no booked one was not`() {
        let run = SimulatedRun.large
        let refused = run.transactions.filter { $0.errors == .insufficientFunds }
        #expect(refused.count > 100)
        #expect(refused.allSatisfy { $0.direction == .debit && $0.balanceAfterMinor < $0.amountMinor })
        #expect(run.transactions.allSatisfy { $0.amountMinor > 0 })
        // The deepest overdraft is 60 % of an income.
        let overdrawn = run.transactions.filter { $0.direction == .debit && $0.balanceAfterMinor < 0 }
        #expect(overdrawn.count > 100)
        #expect(overdrawn.allSatisfy { $0.balanceAfterMinor > -3_000_000 })
    }
}
