import Testing

@testable import Intake

@Suite struct CardNumberTests {
    private func masked(_ text: String) -> String {
        var bytes = Array(text.utf8)
        bytes.withUnsafeMutableBytes { _ = CardNumber.mask($0) }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(arguments: [
        ("PAY 4111111111111111 OK", "PAY 411111******1111 OK"),
        ("4111 1111 1111 1111", "4111 11** **** 1111"), ("4111-1111-1111-1111", "4111-11**-****-1111"),
        ("378282246310005", "378282*****0005"),
    ])
    func `a card number in text keeps its first six and last four`(text: String, expected: String) {
        #expect(masked(text) == expected)
    }

    @Test(arguments: ["12 4111 1111 1111 1111", "94111111111111111", "4111111111111111 75001",
        "4111\u{A0}1111\u{A0}1111\u{A0}1111"])
    func `neighbouring digits do not hide a card number`(text: String) {
        let digits = masked(text).filter(\.isNumber)
        #expect(!digits.contains("4111111111111111"))
        #expect(masked(text).contains("*"))
    }

    @Test(arguments: ["Shop 24", "order 411111111111", "call 01 23 45 67 89", ""])
    func `other text stays`(text: String) { #expect(masked(text) == text) }

    @Test(arguments: ["1234567890123456", "20260310-000123456789", "550e8400-e29b-41d4-a716-446655440000"])
    func `an identifier that is no card number is accepted`(id: String) {
        #expect(read(record(["transaction_id": "\"\(id)\""])).verdict == "accepted")
    }

    @Test func `a card number cannot be cut in half at the end of a text`() throws {
        let name = String(repeating: "a", count: 28) + "4111111111111111"
        let found = try #require(read(record(["merchant": "{\"name\":\"\(name)\"}"])).transaction)
        #expect(found.merchant.name.string == String(repeating: "a", count: 28) + "411111******")
    }

    @Test func `a replaced identifier is stable and shows nothing`() throws {
        var limits = IntakeLimits()
        limits.cardLikeIdentifiers = .replace
        let json = record(["transaction_id": "\"4111111111111111\""])
        let found = try #require(read(json, limits: limits).transaction)
        #expect(found.id.string.hasPrefix("p:") && found.id.count == 32)
        #expect(found.id == read(json, limits: limits).transaction?.id)
        #expect(found.idHash == Digest.digest64(found.id.string))
    }

    @Test func `no seeded card number leaves in any text`() throws {
        let card = "5500005555555559"
        let merchant = "{\"name\":\"x \(card)\",\"city\":\"\(card)\",\"id\":\"m\"}"
        let json = record(["merchant": merchant, "card_number": "\"\(card)\"", "note": "\"\(card)\""])
        let found = try #require(read(json).transaction)
        let shown = [found.id.string, found.merchant.name.string, found.merchant.city.string, "\(found)"]
        for text in shown { #expect(!text.contains(card)) }
        #expect(found.merchant.name.string == "x 550000******5559")
    }
}
