import Banking
import Foundation
import Testing

@testable import History

/// Cash flow, place and words.
@Suite struct CashFlowTests {
    private func report(_ balanceMinor: Int64, at seconds: Int64, amountMinor: Int64 = 1000) -> Transaction
    {
        var transaction = payment(at: seconds, amountMinor: amountMinor)
        transaction.balanceAfterMinor = balanceMinor
        return transaction
    }

    @Test func `the balance is the one before the transaction`() {
        let historian = Historian()
        #expect(historian.facts(report(5000, at: start))[number: .balance] == 60)
        #expect(historian.facts(payment(at: start + 1))[number: .balance] == 50)
        var salary = report(25_000, at: start + 2, amountMinor: 20_000)
        salary.direction = .credit
        #expect(historian.facts(salary)[number: .balance] == 50)
    }

    @Test func `days in overdraft last until the next report`() {
        let historian = Historian()
        let midnight = start + 2 * hour
        #expect(historian.facts(report(5000, at: midnight))[number: .overdraftDays30d].isNaN)
        #expect(historian.facts(report(-100, at: midnight + day))[number: .overdraftDays30d] == 0)
        #expect(historian.facts(report(100, at: midnight + 4 * day))[number: .overdraftDays30d] == 4)
        #expect(historian.facts(report(100, at: midnight + 20 * day))[number: .overdraftDays30d] == 4)
        #expect(historian.facts(report(100, at: midnight + 31 * day))[number: .overdraftDays30d] == 3)
        #expect(historian.facts(report(100, at: midnight + 90 * day))[number: .overdraftDays30d] == 0)
    }

    @Test func `a monthly salary is regular and its loss shows`() {
        let historian = Historian()
        var before: Float = 0
        for month in 0..<12 {
            var salary = payment(at: start + Int64(month) * 30 * day, amountMinor: 250_000)
            salary.direction = .credit
            let regularity = historian.facts(salary)[number: .incomeRegularity]
            if month > 1 {
                #expect(regularity > before)
                before = regularity
            }
        }
        #expect(before > 0.95)
        let kept = historian.facts(payment(at: start + 335 * day))[number: .incomeRegularity]
        let lost = historian.facts(payment(at: start + 420 * day))[number: .incomeRegularity]
        #expect(kept > 0.95 && lost < 0.3)
    }

    @Test func `returned and refused direct debits count for 30 days`() {
        let historian = Historian()
        var returned = payment(at: start)
        returned.channel = .directDebit
        returned.direction = .credit
        #expect(historian.facts(returned)[number: .returnedDebits30d].isNaN)
        var refused = payment(at: start + day)
        refused.channel = .directDebit
        refused.authorisationErrors = [.insufficientFunds]
        #expect(historian.facts(refused)[number: .returnedDebits30d] == 1)
        #expect(historian.facts(payment(at: start + 2 * day))[number: .returnedDebits30d] == 2)
        #expect(historian.facts(payment(at: start + 30 * day))[number: .returnedDebits30d] == 1)
        #expect(historian.facts(payment(at: start + 31 * day))[number: .returnedDebits30d] == 0)
    }

    @Test func `shares of cash and gambling are shares of money`() {
        let historian = Historian()
        var cash = payment(at: start, amountMinor: 3000)
        cash.channel = .atm
        var bet = payment(at: start + 10, amountMinor: 1000)
        bet.merchant.categoryCode = 7995
        for transaction in [cash, bet] { _ = historian.facts(transaction) }
        let row = historian.facts(payment(at: start + 20))
        #expect(row[number: .cashShare30d] == 0.75)
        #expect(row[number: .gamblingShare30d] == 0.25)
        // Ten buckets later the old money weighs e^(−20/30) against the new.
        let later = historian.facts(payment(at: start + 20 * day, amountMinor: 1))
        #expect(abs(later[number: .cashShare30d] - 0.6) < 0.001)
    }

    @Test func `the usual month leaves the last week out`() {
        let historian = Historian()
        for index in 0..<40 { _ = historian.facts(payment(at: start + Int64(index) * day)) }
        for index in 0..<5 { _ = historian.facts(payment(at: start + 40 * day + Int64(index))) }
        let row = historian.facts(payment(at: start + 40 * day + 60))
        #expect(abs(row[number: .usualCount30d] - 30) < 1.5)
    }

    @Test func `the age runs from the opening or the first transaction`() {
        let historian = Historian()
        #expect(historian.facts(payment(at: start))[number: .accountAgeDays] == 0)
        #expect(historian.facts(payment(at: start + 3 * day))[number: .accountAgeDays] == 3)
        var opened = payment(at: start + 4 * day)
        opened.accountOpenedAt = Timestamp(seconds: start - 6 * day)
        #expect(historian.facts(opened)[number: .accountAgeDays] == 10)
    }

    @Test func `a card in two cities at once has an impossible speed`() {
        let historian = Historian()
        var paris = payment(at: start)
        paris.merchant.position = Position(latitude: 48.8566, longitude: 2.3522)
        var marseille = payment(at: start + hour)
        marseille.merchant.position = Position(latitude: 43.2965, longitude: 5.3698)
        #expect(historian.facts(paris).isAbsent(.distanceKm))
        let row = historian.facts(marseille)
        #expect(abs(row[number: .distanceKm] - 660.5) < 1.5)
        #expect(row[number: .speedKmh] == row[number: .distanceKm])
        var online = marseille
        online.idHash = 5
        online.channel = .online
        #expect(historian.facts(online).isAbsent(.distanceKm))
    }

    @Test func `distances agree with trigonometry of the C library`() {
        var random = Randomness(seed: 41)
        for _ in 0..<5000 {
            let a = Position(
                latitude: Float(random.below(181) - 90), longitude: Float(random.below(361) - 180))
            let b = Position(
                latitude: Float(random.below(181) - 90), longitude: Float(random.below(361) - 180))
            let radian = Double.pi / 180
            let rise = sin(Double(b.latitude - a.latitude) / 2 * radian)
            let turn = sin(Double(b.longitude - a.longitude) / 2 * radian)
            let cosines = cos(Double(a.latitude) * radian) * cos(Double(b.latitude) * radian)
            let exact = 2 * 6371.0088 * asin(min(1, (rise * rise + cosines * turn * turn).squareRoot()))
            #expect(abs(Globe.kilometres(a, b) - exact) < 0.001)
        }
        #expect(Globe.kilometres(.unknown, Position(latitude: 0, longitude: 0)).isNaN)
    }

    @Test func `words are letters and digits, at most six`() {
        func words(_ name: String) -> [UInt32] {
            var transaction = payment(at: start)
            transaction.merchant.name = FixedText(name)
            let row = Historian().facts(transaction)
            return [Fact.word1, .word2, .word3, .word4, .word5, .word6].map { row[code: $0] }
        }
        #expect(words("").allSatisfy { $0 == 0 })
        #expect(words("Café*AMAZON.fr 12345 a")[3] == 0)
        #expect(words("amazon FR") == words("AMAZON, fr"))
        #expect(words("LIDL 4711")[1] != 0)
        #expect(words("LIDL 47110")[1] == 0)
        #expect(words("aa bb cc dd ee ff gg").allSatisfy { (1...1023).contains($0) })
    }

    @Test func `a merchant is forgotten after 20 others`() {
        let historian = Historian()
        for merchant in 1...20 {
            _ = historian.facts(payment(at: start + Int64(merchant), merchant: UInt64(merchant)))
        }
        #expect(historian.facts(payment(at: start + 50, merchant: 1))[number: .merchantVisits] == 1)
        let again = historian.facts(payment(at: start + 51, merchant: 1))
        #expect(again[number: .merchantVisits] == 2)
        #expect(again[code: .newMerchant] == 1)
        for merchant in 21...40 {
            _ = historian.facts(payment(at: start + 40 + Int64(merchant), merchant: UInt64(merchant)))
        }
        #expect(historian.facts(payment(at: start + 99, merchant: 1))[code: .newMerchant] == 2)
    }
}
