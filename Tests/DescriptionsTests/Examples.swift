import Banking
import History

@testable import Descriptions

/// SplitMix64: seeded randomness for tests.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
    /// Uniform in [0, 1) with 24 bits.
    mutating func unit() -> Float { Float(next() >> 40) / 16_777_216 }
}

enum Examples {
    /// Every fact present, with figures that read well.
    static func fullRow() -> FactRow {
        var row = FactRow()
        let numbers: [Fact: Float] = [
            .accountAgeDays: 1461, .usualAmount: 38, .usualAmountP95: 1120, .usualCount30d: 21,
            .nightShare: 0.12,
            .balance: -1204.5, .overdraftDays30d: 3, .incomeRegularity: 0.82, .returnedDebits30d: 1,
            .cashShare30d: 0.14, .gamblingShare30d: 0.031,
            .count10m: 2, .count1h: 3, .count1d: 4, .count7d: 9, .count30d: 24,
            .sum10m: 60, .sum1h: 80, .sum1d: 95.5, .sum7d: 320, .sum30d: 1912,
            .secondsSinceLast: 2400, .distinctMerchants1h: 2, .declines1d: 1, .spree: 0.6931472,
            .largeDebits20: 1, .largeDebits40: 3, .largestToUsual: 4.2,
            .amount: 249.9, .hour: 3.2, .amountToMean1d: 10.5, .amountToMean7d: 7.03, .amountToMean30d: 6.6,
            .amountToMedian: 8.1, .amountToP95: 0.22, .amountZ: 2.34, .probing: 1.5,
            .merchantVisits: 4, .distanceKm: 812, .speedKmh: 1218,
            .counterpartAgeDays: 3.5,
            .counterpartCount1d: 4, .counterpartCount7d: 30, .counterpartCount30d: 80,
            .counterpartFraudShare1d: 0, .counterpartFraudShare7d: 0.012, .counterpartFraudShare30d: 0.05,
            .counterpartFrauds30d: 4, .counterpartFraudRun: 3, .counterpartFraudRunDays: 12.5,
            .counterpartSmallestFraud30d: 12, .counterpartLatestFraud30d: 45.5,
        ]
        for (fact, value) in numbers { row[number: fact] = value }
        let codes: [Fact: UInt32] = [
            .currency: packText("EUR"), .direction: 1, .channel: 1, .entryMode: 6, .merchantCategory: 5732,
            .merchantCountry: packText("FR"), .weekday: 6, .authorisationErrors: 17,
            .newMerchant: 2, .newCategory: 1, .newCountry: 1, .newDevice: 2, .newChannel: 1,
            .word1: 0xABCD_0001, .word2: 0x1234_5678, .word3: 77, .word4: 78, .word5: 79, .word6: 80,
        ]
        for (fact, code) in codes { row[code: fact] = code }
        return row
    }

    static func transaction(name: String = "ÉLECTRO PLUS") -> Transaction {
        var transaction = Transaction()
        transaction.accountOpenedAt = Timestamp(year: 2014, month: 7, day: 31)
        transaction.id = FixedText("t-1")
        transaction.account = Pseudonym(high: 1, low: 0xAB)
        transaction.effectiveAt = Timestamp(year: 2018, month: 7, day: 31, second: 11_525, millisecond: 250)
        transaction.amount = Money(amountMinor: 24_990, currency: Currency("EUR") ?? Currency(packed: 0))
        transaction.merchant.name = FixedText(name)
        return transaction
    }

    /// Rows like a card stream's: 51 facts present, 1 % frauds, which are the rows with amounts over 220.
    static func table(rows: Int, seed: UInt64) -> FactTable {
        var generator = SeededGenerator(seed: seed)
        var table = FactTable()
        for _ in 0..<rows {
            var row = randomRow(&generator)
            let isFraud = generator.unit() < 0.01
            row[number: .amount] = isFraud ? 220.01 + generator.unit() * 30 : generator.unit() * 220
            table.append(row, label: isFraud ? 1 : 0)
        }
        return table
    }

    static func randomRow(_ generator: inout SeededGenerator) -> FactRow {
        var row = FactRow()
        let absent: Set<Fact> = [
            .balance, .overdraftDays30d, .incomeRegularity, .returnedDebits30d, .cashShare30d,
            .gamblingShare30d, .entryMode, .authorisationErrors, .newDevice, .distanceKm, .speedKmh,
            .word3, .word4, .word5, .word6, .declines1d, .probing, .newChannel,
        ]
        for fact in Fact.allCases where !absent.contains(fact) {
            if fact.form == .number {
                let unit = generator.unit()
                // Many zeros, a body, a long tail.
                row[number: fact] = unit < 0.3 ? 0 : (unit < 0.99 ? unit * 50 : 1 / (1.0001 - unit))
            } else {
                row[code: fact] = 1 + UInt32(generator.next() % (fact == .word1 || fact == .word2 ? 300 : 7))
            }
        }
        return row
    }
}
