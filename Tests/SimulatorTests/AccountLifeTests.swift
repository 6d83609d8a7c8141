import Banking
import Testing

@testable import Simulator

@Suite struct AccountLifeTests {
    private let run = SimulatedRun.large

    @Test func `salaries are equal amounts about a month apart`() {
        var regular = 0
        for account in 0..<UInt32(200) {
            let credits = run.history(of: account).filter { $0.direction == .credit && $0.scenario == nil }
            let byPayer = Dictionary(grouping: credits, by: \.counterpart)
            let salaries = byPayer.values.filter { payments in
                payments.count == 2 && payments[0].amountMinor == payments[1].amountMinor
                    && (27...33).contains(payments[1].effectiveAt.day - payments[0].effectiveAt.day)
            }
            if !salaries.isEmpty { regular += 1 }
        }
        #expect(regular > 140, "\(regular) of 200")
    }

    @Test func `rents are equal amounts to one party, two months in a row`() {
        var rents = 0
        for account in 0..<UInt32(200) {
            let debits = run.history(of: account).filter {
                $0.direction == .debit && $0.counterpart != 0 && $0.device == 0 && !$0.channel.isMobile
            }
            let byParty = Dictionary(grouping: debits, by: \.counterpart)
            if byParty.values.contains(where: { payments in
                payments.count >= 2 && Set(payments.map(\.amountMinor)).count == 1
                    && (1...8).contains(payments[0].effectiveAt.date.day)
            }) { rents += 1 }
        }
        #expect(rents > 140, "\(rents) of 200")
    }

    @Test func `nobody buys bread at night and the bars are full in the evening`() {
        func shareAtNight(_ category: MerchantCategory) -> Double {
            let hours = run.transactions.compactMap { transaction -> Int? in
                guard transaction.merchant >= 0 else { return nil }
                let merchant = run.world.merchants[Int(transaction.merchant)]
                guard merchant.category == category, let city = merchant.city else { return nil }
                let offset = Int64(run.world.cities[city].utcOffsetHours)
                return Int(((transaction.effectiveAt.hour + offset) % 24 + 24) % 24)
            }
            return Double(hours.filter { $0 >= 20 || $0 < 4 }.count) / Double(max(hours.count, 1))
        }
        #expect(shareAtNight(.bakery) < 0.05)
        #expect(shareAtNight(.bar) > 0.4)
    }

    @Test func `amounts have a long tail`() {
        let groceries = run.transactions.filter {
            $0.merchant >= 0 && run.world.merchants[Int($0.merchant)].category == .groceries
        }.map(\.amountMinor).sorted()
        let median = Double(groceries[groceries.count / 2])
        #expect((1500...4000).contains(median), "\(median)")
        #expect(Double(groceries[groceries.count * 99 / 100]) > 4.5 * median)
    }

    @Test func `customers return to a few merchants and meet some new ones`() {
        var seen: Set<UInt64> = []
        var first = 0
        var later = 0
        let middle = SimulatorConfiguration().start.adding(seconds: 30 * 86_400)
        for transaction in run.transactions where transaction.merchant >= 0 && transaction.scenario == nil {
            let pair = UInt64(transaction.account) << 32 | UInt64(transaction.merchant)
            let isFirst = seen.insert(pair).inserted
            guard transaction.effectiveAt >= middle else { continue }
            later += 1
            if isFirst { first += 1 }
        }
        let share = Double(first) / Double(later)
        #expect((0.15...0.6).contains(share), "\(share)")
    }

    @Test func `lost incomes end in returned debits and defaults, apart from the labels`() {
        let crisis = SimulatedRun {
            $0.accounts = 400
            $0.days = 120
            $0.creditIntensity = 8
        }
        let fromLoss = crisis.outcomes.filter { $0.incomeLostAt != nil }
        #expect(fromLoss.count >= 10, "\(fromLoss.count)")
        #expect(Set(crisis.outcomes.map(\.account)).count == crisis.outcomes.count)
        for outcome in crisis.outcomes {
            let returned = crisis.history(of: outcome.account).filter {
                $0.channel == .directDebit && $0.errors.contains(.insufficientFunds)
                    && $0.effectiveAt < outcome.defaultedAt
            }
            #expect(returned.count >= 3)
            #expect(outcome.returnedDebits >= 3 && outcome.balanceMinor <= 0)
        }
    }

    @Test func `without lost incomes few accounts default`() {
        let calm = SimulatedRun {
            $0.accounts = 400
            $0.days = 120
            $0.creditIntensity = 0
        }
        #expect(calm.outcomes.allSatisfy { $0.incomeLostAt == nil })
        #expect(calm.outcomes.count <= 8, "\(calm.outcomes.count)")
    }
}

extension Channel {
    fileprivate var isMobile: Bool { self == .mobile }
}
