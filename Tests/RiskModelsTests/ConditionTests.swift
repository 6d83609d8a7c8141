import Banking
import History
import Testing

@testable import RiskModels

@Suite struct ConditionTests {
    private var row: FactRow {
        var row = FactRow()
        row[number: .amount] = 6000
        row[number: .usualAmount] = 1000
        row[number: .count10m] = 5
        row[code: .merchantCountry] = packText("KP")
        row[code: .channel] = UInt32(Channel.online.rawValue)
        row[code: .merchantCategory] = 7995
        row[code: .newCountry] = 2
        row[code: .newMerchant] = 1
        row[code: .authorisationErrors] = UInt32(AuthorisationErrors([.badPIN, .technical]).rawValue)
        row[code: .weekday] = 6
        return row
    }

    @Test(arguments: [
        ("amount > 5000 and merchant_country in [KP, IR] and count_10m >= 5", true),
        ("amount > 5_000.5", true), ("amount <= 5999", false), ("6000 = amount", true),
        ("7000 > amount", true),
        ("amount > 5 * usual_amount", true), ("amount > 7 * usual_amount", false),
        ("channel = online", true), ("channel != online", false), ("channel in [atm, \"in_store\"]", false),
        ("merchant_category in [7995, 6051]", true), ("merchant_category not in [7995]", false),
        ("merchant_country in sanctioned", true), ("merchant_country == IR", false),
        ("new_country", true), ("new_merchant", false), ("new_merchant = known", true),
        ("authorisation_errors has bad_pin", true), ("authorisation_errors has bad_expiry", false),
        ("weekday in [saturday, sunday]", true),
        ("amount is known", true), ("balance is absent", true), ("currency is known", false),
        ("true", true), ("false or not false", true),
        ("not (amount > 1 and count_10m > 9) and amount > 1", true),
        ("amount < 1 or amount > 2 and count_10m < 1", false),
        ("(amount < 1 or amount > 2) and count_10m > 1", true),
    ])
    func `a condition holds or not`(text: String, expected: Bool) throws {
        let condition = try ConditionParser.parse(text, lists: ["sanctioned": ["KP"]])
        #expect(condition.holds(for: row) == expected, "\(text)")
    }

    @Test(arguments: [
        "balance < 0", "balance >= 0", "balance != 7", "amount > balance", "currency = USD",
        "currency != USD",
        "currency in [USD]", "currency not in [USD]", "new_device",
    ])
    func `a comparison with an absent fact is false`(text: String) throws {
        #expect(try !ConditionParser.parse(text).holds(for: row))
    }

    @Test(arguments: [
        ("amout > 5", 1, 1, "did you mean amount?"),
        ("amount > 5 and\n  merchant_cuntry in [KP]", 2, 3, "did you mean merchant_country?"),
        ("amount >", 1, 9, "expected a fact or a number"),
        ("amount > 5 5", 1, 12, "expected and, or, or the end"),
        ("(amount > 5", 1, 12, "expected )"),
        ("channel = onlin", 1, 11, "online"),
        ("channel > online", 1, 11, "use =, != or in"),
        ("merchant_country in santioned", 1, 21, "did you mean sanctioned?"),
        ("amount in [5]", 1, 1, "compare it instead of in"),
        ("amount", 1, 7, "expected a comparison"),
        ("amount > 5€", 1, 11, "means nothing here"),
        ("amount > 1e99", 1, 10, "is not a number"),
        ("currency = \"USD", 1, 12, "a quotation without end"),
        ("5 > 4", 1, 6, "one side must be a fact"),
    ])
    func `a fault names line, column and cause`(text: String, line: Int, column: Int, cause: String) {
        #expect {
            try ConditionParser.parse(text, lists: ["sanctioned": ["KP"]])
        } throws: { error in
            guard let fault = error as? ConditionFault else { return false }
            let isRight = fault.line == line && fault.column == column && fault.cause.contains(cause)
            if !isRight { print("\(text): \(fault)") }
            return isRight
        }
    }

    @Test func `endless nesting is refused`() {
        let text = String(repeating: "(", count: 100) + "true" + String(repeating: ")", count: 100)
        #expect(throws: ConditionFault.self) { try ConditionParser.parse(text) }
    }
}
