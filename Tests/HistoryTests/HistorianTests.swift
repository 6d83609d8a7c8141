import Banking
import Testing

@testable import History

/// Event time: duplicates, lateness, no view of the future.
@Suite struct HistorianTests {
    @Test func `a repeated transaction counts once`() {
        let historian = Historian()
        let first = payment(at: start, merchant: 1)
        #expect(historian.standing(first) == .counted)
        #expect(historian.standing(first) == .duplicate)
        #expect(historian.facts(payment(at: start + 60, merchant: 1))[number: .count10m] == 2)
        let later = historian.facts(payment(at: start + 2 * hour, merchant: 1))
        #expect(later[number: .counterpartCount1d] == 2)
    }

    @Test func `a repeated transaction is known among the last 13`() {
        let historian = Historian()
        let stream = (0..<14).map { payment(at: start + Int64($0) * day) }
        for transaction in stream { #expect(historian.standing(transaction) == .counted) }
        for transaction in stream.suffix(13) { #expect(historian.standing(transaction) == .duplicate) }
    }

    @Test func `the row of a duplicate holds its own facts only`() {
        let historian = Historian()
        let transaction = payment(at: start, amountMinor: 1234)
        _ = historian.facts(transaction)
        let row = historian.facts(transaction)
        #expect(row[number: .amount] == 12.34)
        #expect(row.isAbsent(.count10m))
        #expect(row.isAbsent(.accountAgeDays))
    }

    @Test func `more than 30 days late is scored but not counted`() {
        let historian = Historian()
        _ = historian.facts(payment(at: start + 40 * day))
        let late = payment(at: start + 10 * day - 1)
        var row = FactRow()
        #expect(historian.read(late, partition: 0, into: &row) == .late)
        #expect(row[number: .amount] == 10)
        #expect(row[number: .count30d] == 1)
        #expect(historian.standing(late) == .late)
        #expect(historian.standing(payment(at: start + 10 * day)) == .counted)
        #expect(historian.facts(payment(at: start + 40 * day, amountMinor: 7))[number: .count30d] == 2)
    }

    @Test func `a late transaction does not see newer ones`() {
        let historian = Historian()
        _ = historian.facts(payment(at: start, amountMinor: 500))
        _ = historian.facts(payment(at: start + 100, amountMinor: 99_000))
        let row = historian.facts(payment(at: start + 50, amountMinor: 1000))
        #expect(row[number: .count10m] == 2)
        #expect(row[number: .sum10m].rounded() == 15)
        #expect(row[number: .secondsSinceLast] == 50)
        #expect(abs(row[number: .usualAmount] - 5) < 0.01)
        let next = historian.facts(payment(at: start + 200, amountMinor: 1000))
        #expect(next[number: .count10m] == 4)
        #expect(next[number: .secondsSinceLast] == 100)
    }

    @Test(arguments: [UInt64(11), 12])
    func `facts do not change with what comes later`(seed: UInt64) {
        let stream = randomStream(seed: seed, count: 300, accounts: 5, merchants: 3, stepSeconds: 9000)
        let (one, other) = (Historian(), Historian())
        var random = Randomness(seed: seed)
        for (index, transaction) in stream.enumerated() {
            // One of the two knows labels early that become due only later.
            let due = transaction.effectiveAt.seconds + Int64(random.below(30 * Int(day))) + 1
            if index % 3 == 0 {
                var label = fraud(transaction, knownAt: due + 365 * day)
                label.effectiveAt = Timestamp(seconds: due)
                one.learn(label)
            }
            #expect(
                one.facts(transaction).bits == other.facts(transaction).bits, "seed \(seed) index \(index)")
        }
    }

    @Test func `windows are open at their old end and closed at the new`() {
        for (window, fact) in [
            (Int64(600), Fact.count10m), (hour, .count1h), (day, .count1d), (7 * day, .count7d),
            (30 * day, .count30d),
        ] {
            let historian = Historian()
            _ = historian.facts(payment(at: start))
            _ = historian.facts(payment(at: start + 1))
            let row = historian.facts(payment(at: start + window))
            #expect(row[number: fact] == 2, "\(fact)")
            #expect(
                historian.facts(payment(at: start + window, amountMinor: 7))[number: fact] == 3, "\(fact)")
        }
    }

    @Test func `money coming in is no payment`() {
        let historian = Historian()
        _ = historian.facts(payment(at: start, amountMinor: 1000))
        var salary = payment(at: start + 10, amountMinor: 300_000)
        salary.direction = .credit
        let row = historian.facts(salary)
        #expect(row[number: .count10m] == 1)
        #expect(row[number: .sum10m].rounded() == 10)
        #expect(row.isAbsent(.amountToMedian))
        let next = historian.facts(payment(at: start + 20, amountMinor: 1000))
        #expect(next[number: .count10m] == 2)
        #expect(next[number: .amountToMedian] == 1)
        #expect(next[number: .secondsSinceLast] == 10)
    }

    @Test func `a card tested with a small payment shows in the large one`() {
        let historian = Historian()
        _ = historian.facts(payment(at: start, amountMinor: 100))
        let row = historian.facts(payment(at: start + 120, amountMinor: 40_000))
        #expect(abs(row[number: .probing] - 400) < 2)
        #expect(historian.facts(payment(at: start + 2 * hour))[number: .probing].isNaN)
    }

    @Test func `extreme amounts and times do not trap`() {
        let historian = Historian()
        let moments = [Int64.min, -1, 0, 1, start * 1000, 4_102_444_800_000, Int64.max]
        let amounts = [0, 1, Int64.max]
        var row = FactRow()
        for moment in moments + moments.reversed() {
            for amount in amounts {
                var transaction = payment(at: 0, amountMinor: amount, merchant: 1)
                transaction.idHash = UInt64(bitPattern: moment) ^ UInt64(amount)
                transaction.effectiveAt = Timestamp(milliseconds: moment)
                transaction.accountOpenedAt = Timestamp(milliseconds: Int64.min)
                transaction.balanceAfterMinor = amount == 0 ? Int64.min : amount
                transaction.merchant.position = Position(latitude: .infinity, longitude: 1e30)
                historian.read(transaction, partition: -1, into: &row)
                var label = fraud(transaction, knownAt: 0)
                label.knownAt = Timestamp(milliseconds: moment)
                historian.learn(label)
                for fact in [Fact.count30d, .sum30d] { #expect(!(row[number: fact] < 0)) }
                #expect(!(row[number: .secondsSinceLast] < 0))
            }
        }
        #expect(throws: Never.self) { try Historian(restoring: historian.save()) }
    }

    @Test func `memory stays within its bounds per account and counterpart`() {
        let historian = Historian()
        let workload = HistoryWorkload(accountCount: 20_000, merchantCount: 5000)
        var transaction = Transaction()
        var row = FactRow()
        for index in 0..<60_000 {
            workload.write(index, to: &transaction)
            historian.read(transaction, partition: 0, into: &row)
        }
        #expect(historian.accountCount == 20_000)
        let allowed = historian.accountCount * 512 + historian.counterpartCount * 128
        #expect(historian.allocatedBytes <= allowed + 100_000)
        let before = historian.allocatedBytes
        for index in 60_000..<80_000 {
            workload.write(index, to: &transaction)
            historian.read(transaction, partition: 0, into: &row)
        }
        #expect(historian.allocatedBytes - before <= (5000 - 4900) * 128 + 20_000)
    }

    @Test func `every fact has a definition and a name of its own`() {
        #expect(Set(Fact.allCases.map(\.name)).count == Fact.allCases.count)
        for fact in Fact.allCases { #expect(fact.definition.hasSuffix("."), "\(fact)") }
    }
}
