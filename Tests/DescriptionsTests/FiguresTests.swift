import Banking
import Testing

@testable import Descriptions

@Suite struct FiguresTests {
    private let english = Figures(language: .english)
    private let french = Figures(language: .french)

    @Test(arguments: [
        ("EUR", 24_990, "249.90 €", "249,90\u{202F}€"),
        ("EUR", 123_456_789, "1,234,567.89 €", "1\u{202F}234\u{202F}567,89\u{202F}€"),
        ("USD", 5, "$0.05", "0,05\u{202F}$"),
        ("JPY", 1200, "¥1,200", "1\u{202F}200\u{202F}¥"),
        ("KWD", -1005, "−1.005 KWD", "−1,005\u{202F}KWD"),
        ("USD", -99_999, "−$999.99", "−999,99\u{202F}$"),
    ])
    func `an amount is exact in each language`(
        code: String, minor: Int, inEnglish: String, inFrench: String
    ) throws {
        let money = Money(amountMinor: Int64(minor), currency: try #require(Currency(code)))
        #expect(english.money(money) == inEnglish)
        #expect(french.money(money) == inFrench)
    }

    @Test func `the largest and smallest amounts are exact`() throws {
        let euro = try #require(Currency("EUR"))
        #expect(english.money(Money(amountMinor: .max, currency: euro)) == "92,233,720,368,547,758.07 €")
        #expect(english.money(Money(amountMinor: .min, currency: euro)) == "−92,233,720,368,547,758.08 €")
    }

    @Test(arguments: [
        (0, "0", "0"), (6.6, "6.6", "6,6"), (0.22, "0.22", "0,22"), (1218.4, "1,218", "1\u{202F}218"),
        (-3.25, "−3.3", "−3,3"), (0.0123, "0.012", "0,012"), (0.000123, "0.000123", "0,000123"),
        (0.97, "1", "1"),
    ] as [(Float, String, String)])
    func `a figure is as long as it needs to be`(value: Float, inEnglish: String, inFrench: String) {
        #expect(english.short(value) == inEnglish)
        #expect(french.short(value) == inFrench)
    }

    @Test(arguments: [
        (0, "0 seconds", "0 seconde"), (1, "1 second", "1 seconde"), (59, "59 seconds", "59 secondes"),
        (2400, "40 minutes", "40 minutes"), (61, "1 minute 1 second", "1 minute 1 seconde"),
        (8000, "2 hours 13 minutes", "2 heures 13 minutes"), (273_600, "3 days 4 hours", "3 jours 4 heures"),
        (86_400 * 91, "3 months", "3 mois"), (86_400 * 1461, "4 years", "4 ans"),
    ] as [(Float, String, String)])
    func `a duration is said in words`(seconds: Float, inEnglish: String, inFrench: String) {
        #expect(english.duration(seconds: seconds) == inEnglish)
        #expect(french.duration(seconds: seconds) == inFrench)
    }

    @Test func `hours are a clock and shares are percent`() {
        #expect(english.clock(hours: 3.2) == "03:12")
        #expect(french.clock(hours: 3.2) == "03\u{202F}h\u{202F}12")
        #expect(english.clock(hours: 23.9999) == "23:59")
        #expect(english.percent(0.12) == "12%")
        #expect(french.percent(0.12) == "12\u{202F}%")
    }
}
