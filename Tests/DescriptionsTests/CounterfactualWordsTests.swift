import Banking
import Descriptions
import History
import Testing

@Suite struct CounterfactualWordsTests {
    private func words(
        _ language: Language, _ kind: Kind, value: Float? = nil, code: UInt32? = nil, isUp: Bool = false,
        holdsBeyond: Bool = true
    ) -> String {
        var transaction = Transaction()
        transaction.amount = Money(amountMinor: 24_990, currency: Currency("EUR") ?? Currency(packed: 0))
        var facts = FactRow()
        facts[number: .amount] = 249.9
        facts[number: .amountToMedian] = 6.6
        facts[code: .newMerchant] = 2
        return DescriptionWriter(language: language).counterfactual(
            kind, value: value, code: code, isUp: isUp, holdsBeyond: holdsBeyond, facts: facts,
            of: transaction)
    }

    @Test func `an amount is told with its currency and direction`() {
        #expect(words(.english, .amount, value: 85) == "would not have alerted at 85.00 € or less")
        #expect(words(.french, .amount, value: 85) == "n’aurait pas alerté à 85,00\u{202F}€ ou moins")
        #expect(
            words(.english, .amount, value: 85, holdsBeyond: false) == "would not have alerted at 85.00 €")
    }

    @Test func `other phrases are told in their own words`() {
        #expect(
            words(.english, .amountToMedian, value: 2.1)
                == "would not have alerted with: 2.1 times the usual amount or less")
        #expect(
            words(.english, .secondsSinceLast, value: 7200, isUp: true)
                == "would not have alerted with: last transaction 2 hours ago or more")
        #expect(words(.english, .newMerchant, code: 1) == "would not have alerted with: known merchant")
        #expect(
            words(.french, .newMerchant, code: 1)
                == "n’aurait pas alerté avec\u{202F}: commerçant connu")
        #expect(words(.english, .hour, value: 14) == "would not have alerted with: at 14:00")
    }
}
