import Banking
import Testing

@testable import History

/// Sealed hours and confirmed frauds.
@Suite struct CounterpartTests {
    /// Sends one transaction of another account to merchant 1, so that only the counterpart is shared.
    private func look(_ historian: Historian, at seconds: Int64, account: UInt64 = 99) -> FactRow {
        historian.facts(payment(account: account, at: seconds, merchant: 1))
    }

    @Test func `an hour is seen once its grace is over`() {
        for (delay, count) in [(Int64(299), Float(0)), (300, 1)] {
            let historian = Historian()
            _ = historian.facts(payment(at: start + 10, merchant: 1))
            let row = look(historian, at: start + hour + delay)
            #expect(row[number: .counterpartCount1d] == count)
            #expect(row.isAbsent(.counterpartAgeDays) == (count == 0))
        }
    }

    @Test func `a sealed hour never changes`() {
        let historian = Historian()
        _ = historian.facts(payment(at: start + 10, merchant: 1))
        #expect(look(historian, at: start + 2 * hour)[number: .counterpartCount1d] == 1)
        _ = historian.facts(payment(account: 2, at: start + 20, merchant: 1))
        #expect(look(historian, at: start + 2 * hour + 1)[number: .counterpartCount1d] == 1)
    }

    @Test(arguments: [UInt64(21), 22, 23])
    func `partitions may interleave in any way within the grace`(seed: UInt64) {
        // Accounts belong to partitions; merchants do not. Each partition is in order of time.
        var random = Randomness(seed: seed)
        let stream = randomStream(seed: seed, count: 3000, accounts: 40, merchants: 3, stepSeconds: 700)
        var facts: [[UInt64: [UInt32]]] = []
        for _ in 0..<3 {
            let historian = Historian()
            for transaction in stream where transaction.idHash % 9 == 0 {
                historian.learn(fraud(transaction, knownAt: transaction.effectiveAt.seconds + 8 * day))
            }
            let delays = (0..<4).map { _ in Int64(random.below(300)) }
            func arrival(_ transaction: Transaction) -> Int64 {
                transaction.effectiveAt.seconds + delays[Int(transaction.account.low % 4)]
            }
            let order = stream.enumerated().sorted {
                (arrival($0.element), $0.offset) < (arrival($1.element), $1.offset)
            }
            var rows: [UInt64: [UInt32]] = [:]
            for (_, transaction) in order { rows[transaction.idHash] = historian.facts(transaction).bits }
            facts.append(rows)
        }
        #expect(facts[0].count == 3000)
        #expect(facts[0] == facts[1], "seed \(seed)")
        #expect(facts[0] == facts[2], "seed \(seed)")
    }

    @Test func `a fraud counts from the moment it is known, after the delay`() {
        let bad = payment(at: start + 10, merchant: 1)
        let known = start + 9 * day
        for (at, frauds) in [(known - 1, Float(0)), (known, 1)] {
            let historian = Historian()
            _ = historian.facts(bad)
            historian.learn(fraud(bad, knownAt: known))
            let row = look(historian, at: at)
            #expect(row[number: .counterpartFrauds30d] == frauds)
            #expect(row[number: .counterpartFraudShare30d] == frauds)
        }
    }

    @Test func `a fraud known at once waits for the label delay`() {
        for (at, frauds) in [(start + 7 * day + hour - 1, Float(0)), (start + 7 * day + hour, 1)] {
            let historian = Historian()
            let bad = payment(at: start + 10, merchant: 1)
            _ = historian.facts(bad)
            historian.learn(fraud(bad, knownAt: start + 20))
            #expect(look(historian, at: at)[number: .counterpartFrauds30d] == frauds)
        }
    }

    @Test func `a moment within a second is known from the next one on`() {
        let historian = Historian()
        let bad = payment(at: start + 10, merchant: 1)
        var label = fraud(bad, knownAt: 0)
        label.knownAt = Timestamp(milliseconds: (start + 9 * day) * 1000 + 1)
        historian.learn(label)
        #expect(look(historian, at: start + 9 * day)[number: .counterpartFrauds30d] == 0)
        #expect(look(historian, at: start + 9 * day + 1)[number: .counterpartFrauds30d] == 1)
    }

    @Test func `a repeated label counts once`() {
        let historian = Historian()
        let bad = payment(at: start + 10, merchant: 1)
        #expect(historian.learn(fraud(bad, knownAt: start + 7 * day)))
        #expect(!historian.learn(fraud(bad, knownAt: start + 8 * day)))
        #expect(look(historian, at: start + 10 * day)[number: .counterpartFrauds30d] == 1)
    }

    @Test func `a label without its amount counts and has no size`() {
        let historian = Historian()
        var label = fraud(payment(at: start, merchant: 1), knownAt: start + 7 * day)
        label.amount = nil
        historian.learn(label)
        let row = look(historian, at: start + 8 * day)
        #expect(row[number: .counterpartFrauds30d] == 1)
        #expect(row.isAbsent(.counterpartSmallestFraud30d) && row.isAbsent(.counterpartLatestFraud30d))
    }

    @Test func `a label of a counterpart never met is kept`() {
        let historian = Historian()
        historian.learn(fraud(payment(at: start, merchant: 1), knownAt: start + 7 * day))
        let row = look(historian, at: start + 8 * day)
        #expect(row[number: .counterpartFrauds30d] == 1)
        #expect(row[number: .counterpartFraudShare30d] == 1)
        #expect(row.isAbsent(.counterpartAgeDays))
    }

    @Test func `genuine outcomes and unnamed counterparts change nothing`() {
        let historian = Historian()
        var label = fraud(payment(at: start, merchant: 1), knownAt: start)
        label.outcome = .genuine
        #expect(!historian.learn(label))
        #expect(!historian.learn(fraud(payment(at: start), knownAt: start)))
        #expect(historian.counterpartCount == 0)
    }

    @Test func `thousands of frauds at one counterpart stay bounded and counted`() {
        let historian = Historian()
        for index in 0..<3000 {
            let bad = payment(
                account: UInt64(index), at: start + Int64(index),
                amountMinor: index == 7 ? 400 : 9000 + Int64(index), merchant: 1)
            historian.learn(fraud(bad, knownAt: start + 7 * day))
        }
        #expect(historian.frauds.entries.count <= FraudPool.capacityPerCounterpart + 1)
        let row = look(historian, at: start + 8 * day)
        #expect(row[number: .counterpartFrauds30d] == 3000)
        #expect(abs(row[number: .counterpartSmallestFraud30d] - 4) < 0.01)
        #expect(abs(row[number: .counterpartLatestFraud30d] - 119.99) < 0.2)
    }

    @Test func `old frauds make room`() {
        let historian = Historian()
        for index in 0..<400 {
            let at = start + Int64(index) * day
            let bad = payment(account: UInt64(index), at: at, merchant: 1)
            _ = historian.facts(bad)
            historian.learn(fraud(bad, knownAt: at + 7 * day))
        }
        #expect(historian.frauds.entries.count < 130)
    }

    @Test func `a beneficiary counts before the merchant`() {
        let historian = Historian()
        var transfer = payment(at: start, merchant: 1)
        transfer.counterpartAccount = Pseudonym(high: 1, low: 77)
        _ = historian.facts(transfer)
        #expect(look(historian, at: start + 3 * hour)[number: .counterpartCount1d] == 0)
    }

    @Test func `a burst of one hour keeps its count when the record becomes dense`() {
        let historian = Historian()
        for index in 0..<70 {
            _ = historian.facts(payment(account: UInt64(index), at: start + Int64(index), merchant: 1))
        }
        for index in 0..<20 {
            let at = start + 6 * hour + Int64(index)
            _ = historian.facts(payment(account: UInt64(index), at: at, merchant: 1))
        }
        let row = look(historian, at: start + 8 * hour)
        #expect(abs(row[number: .counterpartCount1d] - 90) <= 90 * 0.032)
        #expect(abs(look(historian, at: start + 5 * day)[number: .counterpartCount30d] - 91) <= 91 * 0.064)
    }

    @Test func `counts in eight bits are within 3.2 per cent`() {
        for count in UInt32(0)...100_000 {
            let error = abs(Double(CountCode.value(CountCode.code(count))) - Double(count))
            #expect(error <= Double(count) * 0.032)
            if count <= 32 { #expect(error == 0) }
        }
        #expect(CountCode.value(CountCode.code(.max)) > 400_000)
    }
}
