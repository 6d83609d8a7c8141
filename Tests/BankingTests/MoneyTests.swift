import Testing

@testable import Banking

@Suite struct MoneyTests {
    @Test(arguments: [
        ("EUR", 24990, "249.90"), ("JPY", 3, "3"), ("KWD", -1005, "-1.005"), ("EUR", 5, "0.05"),
    ])
    func `an amount is written exactly in its currency`(code: String, minor: Int, text: String) throws {
        let currency = try #require(Currency(code))
        #expect(Money(amountMinor: Int64(minor), currency: currency).decimal == text)
    }

    @Test(arguments: ["EURO", "eur", "ZZZ", ""])
    func `a code that is no currency in use is refused`(code: String) { #expect(Currency(code) == nil) }
}
