import Banking
import Testing

@testable import History

/// Facts against their definitions, computed in the plainest way, on random streams.
@Suite struct HistorianReferenceTests {
    /// Facts that the reference knows; those of cash flow and place have tests of their own.
    private let numbers: [Fact] = [
        .count10m, .count1h, .count1d, .count7d, .count30d, .sum10m, .sum1h, .sum1d, .sum7d, .sum30d,
        .secondsSinceLast, .distinctMerchants1h, .declines1d, .spree, .amountToMean1d, .amountToMean7d,
        .amountToMean30d, .amountToMedian, .amountToP95, .amountZ, .probing, .merchantVisits, .usualAmount,
        .usualAmountP95, .nightShare, .largeDebits20, .largeDebits40, .largestToUsual,
    ]
    private let ofCounterpart: [Fact] = [
        .counterpartAgeDays, .counterpartCount1d, .counterpartCount7d, .counterpartCount30d,
        .counterpartFraudShare1d, .counterpartFraudShare7d, .counterpartFraudShare30d,
        .counterpartFrauds30d, .counterpartFraudRun, .counterpartFraudRunDays,
        .counterpartSmallestFraud30d, .counterpartLatestFraud30d,
    ]
    private let codes: [Fact] = [.newMerchant, .newCategory, .newCountry, .newDevice, .newChannel]

    /// Amounts are off by 0.14 % each at most, so ratios by 0.28 %; running means are 32-bit.
    private func expectEqual(
        _ row: FactRow, _ expected: ReferenceHistory.Expectation, _ facts: [Fact], _ note: String
    ) {
        for fact in facts {
            let value = Double(row[number: fact])
            guard let reference = expected.values[fact] else {
                #expect(value.isNaN, "\(fact) \(value), expected absent; \(note)")
                continue
            }
            let tolerance = 0.003 * abs(reference) + 0.0005
            #expect(abs(value - reference) <= tolerance, "\(fact) \(value), expected \(reference); \(note)")
        }
    }

    @Test(arguments: [UInt64(1), 2, 3])
    func `facts equal their definitions while the ring reaches back`(seed: UInt64) {
        // 12 transactions a month for each account at most, as the ring keeps 13.
        let stream = randomStream(seed: seed, count: 600, accounts: 10, merchants: 6, stepSeconds: 27_000)
        let historian = Historian()
        var reference = ReferenceHistory()
        for (index, transaction) in stream.enumerated() {
            let expected = reference.facts(transaction)
            let row = historian.facts(transaction)
            let note = "seed \(seed) index \(index)"
            let recent = reference.counted.filter { $0.account == transaction.account }.suffix(14)
            let isCovered =
                recent.count < 14
                || transaction.effectiveAt.seconds - recent[recent.startIndex].effectiveAt.seconds >= 30
                    * day
            if isCovered { expectEqual(row, expected, numbers, note) }
            expectEqual(row, expected, ofCounterpart, note)
            for fact in codes { #expect(row[code: fact] == expected.codes[fact] ?? 0, "\(fact) \(note)") }
        }
    }

    @Test(arguments: [UInt64(4), 5])
    func `facts equal their definitions when transactions come out of order`(seed: UInt64) {
        let stream = randomStream(
            seed: seed, count: 400, accounts: 6, merchants: 3, stepSeconds: 40_000, jitterSeconds: 250)
        let historian = Historian()
        var reference = ReferenceHistory()
        for (index, transaction) in stream.enumerated() {
            let expected = reference.facts(transaction)
            let row = historian.facts(transaction)
            expectEqual(
                row, expected, ofCounterpart + [.secondsSinceLast, .count10m, .count1h, .sum1h, .probing],
                "seed \(seed) index \(index)")
        }
    }

    @Test(arguments: [UInt64(6), 7])
    func `a busy account's month is right within a tenth`(seed: UInt64) {
        // About 9 payments a day: the ring reaches back a day and a half, buckets tell the rest.
        let stream = randomStream(seed: seed, count: 900, accounts: 1, merchants: 4, stepSeconds: 9600)
        let historian = Historian()
        var reference = ReferenceHistory()
        for (index, transaction) in stream.enumerated() {
            let expected = reference.facts(transaction)
            let row = historian.facts(transaction)
            guard index > 300 else { continue }
            expectEqual(
                row, expected,
                [.count10m, .count1h, .sum1h, .usualAmount, .usualAmountP95, .amountZ, .spree],
                "seed \(seed) index \(index)")
            // A single large payment of the bucket that the window cuts through may weigh on the sum.
            for (fact, slack) in [(Fact.count7d, 1.0), (.count30d, 1), (.sum30d, 5000)] {
                let (value, exact) = (Double(row[number: fact]), expected.values[fact] ?? .nan)
                let isClose = abs(value - exact) <= exact * 0.1 + slack
                #expect(isClose, "\(fact) \(value) \(exact) seed \(seed) \(index)")
            }
        }
    }

    @Test(arguments: [UInt64(8), 9])
    func `confirmed frauds equal their definition whatever the order of labels`(seed: UInt64) {
        let stream = randomStream(seed: seed, count: 700, accounts: 40, merchants: 4, stepSeconds: 15_000)
        var random = Randomness(seed: seed)
        let historian = Historian()
        var reference = ReferenceHistory()
        for transaction in stream where !transaction.counterpart.isNone && random.below(5) == 0 {
            // From 7 to 20 days later; delivered before the stream even begins.
            let known = transaction.effectiveAt.seconds + 7 * day + Int64(random.below(13 * Int(day)))
            var label = fraud(transaction, knownAt: known)
            if random.below(4) == 0 { label.amount = nil }
            reference.labels.append(label)
        }
        for label in reference.labels.shuffled(by: &random) { historian.learn(label) }
        var shares = 0
        for (index, transaction) in stream.enumerated() {
            let expected = reference.facts(transaction)
            let row = historian.facts(transaction)
            expectEqual(row, expected, ofCounterpart, "seed \(seed) index \(index)")
            if row[number: .counterpartFraudShare30d] > 0 { shares += 1 }
        }
        #expect(shares > 100)
    }

    @Test(arguments: [UInt64(11), 12])
    func `a run of frauds is told from single ones`(seed: UInt64) {
        let stream = randomStream(seed: seed, count: 1400, accounts: 40, merchants: 8, stepSeconds: 9000)
        var random = Randomness(seed: seed)
        let historian = Historian()
        var reference = ReferenceHistory()
        var isCompromised = false
        for transaction in stream where !transaction.counterpart.isNone {
            // Spells of nothing but fraud, and single frauds between them.
            if random.below(60) == 0 { isCompromised.toggle() }
            guard isCompromised || random.below(9) == 0 else { continue }
            let known = transaction.effectiveAt.seconds + 7 * day + Int64(random.below(Int(day)))
            let label = fraud(transaction, knownAt: known)
            reference.labels.append(label)
            historian.learn(label)
        }
        var longest: Float = 0
        for (index, transaction) in stream.enumerated() {
            let expected = reference.facts(transaction)
            let row = historian.facts(transaction)
            expectEqual(
                row, expected, [.counterpartFraudRun, .counterpartFraudRunDays],
                "seed \(seed) index \(index)")
            let length = row[number: .counterpartFraudRun]
            longest = max(longest, length.isNaN ? 0 : length)
        }
        #expect(longest >= 9)
    }

    @Test func `a busy counterpart's counts are right within the width of its cells`() {
        let seed: UInt64 = 10
        // About 100 an hour, so counts are coded and days are spread.
        let stream = randomStream(seed: seed, count: 6000, accounts: 500, merchants: 1, stepSeconds: 160)
        let historian = Historian()
        var reference = ReferenceHistory()
        for (index, transaction) in stream.enumerated() {
            guard index % 50 == 0 else {
                reference.count(transaction)
                _ = historian.facts(transaction)
                continue
            }
            let expected = reference.facts(transaction)
            let row = historian.facts(transaction)
            for fact in ofCounterpart.prefix(4) {
                guard let exact = expected.values[fact] else { continue }
                let value = Double(row[number: fact])
                #expect(
                    abs(value - exact) <= exact * 0.035 + 12, "\(fact) \(value) \(exact) index \(index)")
            }
        }
    }
}

extension Array {
    func shuffled(by random: inout Randomness) -> [Element] {
        var copy = self
        for index in stride(from: copy.count - 1, to: 0, by: -1) {
            copy.swapAt(index, random.below(index + 1))
        }
        return copy
    }
}
