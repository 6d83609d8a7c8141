import Banking
import Testing

@testable import Intake

/// One bad record and what must be said about it.
struct BadRecord: CustomTestStringConvertible, Sendable {
    var json: String
    var verdict: String
    init(_ changes: [String: String?], _ verdict: String) {
        json = record(changes)
        self.verdict = verdict
    }
    init(raw: String, _ verdict: String) {
        json = raw
        self.verdict = verdict
    }
    var testDescription: String { verdict + " " + json.prefix(60) }
}

private let seventeen = String(repeating: "[", count: 17) + String(repeating: "]", count: 17)

/// At least sixty ways to be wrong; shared with the end-to-end fixture by copying its lines.
let badRecords: [BadRecord] = [
    BadRecord(raw: "", "record: tombstone"), BadRecord(raw: "null", "record: tombstone"),
    BadRecord(raw: "{", "record: invalid_json"), BadRecord(raw: " ", "record: invalid_json"),
    BadRecord(raw: record() + "x", "record: invalid_json"),
    BadRecord(raw: record() + "{}", "record: invalid_json"),
    BadRecord(raw: "[1]", "record: not_an_object"), BadRecord(raw: "\"text\"", "record: not_an_object"),
    BadRecord(["extra": "01"], "record: invalid_json"), BadRecord(["extra": "1."], "record: invalid_json"),
    BadRecord(["extra": "+1"], "record: invalid_json"), BadRecord(["extra": "'a'"], "record: invalid_json"),
    BadRecord(["extra": "\"\\x\""], "record: invalid_json"),
    BadRecord(["extra": "[1,]"], "record: invalid_json"),
    BadRecord(["extra": "{\"a\":1,}"], "record: invalid_json"),
    BadRecord(["extra": "tru"], "record: invalid_json"),
    BadRecord(["extra": "\"a\u{01}b\""], "record: invalid_json"),
    BadRecord(["extra": "\"\\ud800\""], "record: invalid_utf8"),
    BadRecord(["extra": "\"\\ud800\\u0041\""], "record: invalid_utf8"),
    BadRecord(["extra": seventeen], "record: too_deep"),
    BadRecord(["extra": "NaN"], "record: not_finite"), BadRecord(["amount": "NaN"], "amount: not_finite"),
    BadRecord(["amount": "-Infinity"], "amount: not_finite"),
    BadRecord(["amount": "\"inf\""], "amount: not_finite"),
    BadRecord(["transaction_id": nil], "transaction_id: missing"),
    BadRecord(["transaction_id": "\"\""], "transaction_id: missing"),
    BadRecord(["account_id": "null"], "account_id: missing"), BadRecord(["amount": nil], "amount: missing"),
    BadRecord(["currency": nil], "currency: missing"),
    BadRecord(["effective_at": nil], "effective_at: missing"),
    BadRecord(["transaction_id": "5"], "transaction_id: wrong_type"),
    BadRecord(["account_id": "{}"], "account_id: wrong_type"),
    BadRecord(["amount": "true"], "amount: wrong_type"),
    BadRecord(["currency": "978"], "currency: wrong_type"),
    BadRecord(["merchant": "\"x\""], "merchant_id: wrong_type"),
    BadRecord(["authorisation_errors": "7"], "authorisation_errors: wrong_type"),
    BadRecord(["authorisation_errors": "[7]"], "authorisation_errors: wrong_type"),
    BadRecord(["merchant_name": "\"twice\""], "merchant_name: duplicate_field"),
    BadRecord(raw: "{\"amount\":1,\"amount\":1}", "amount: duplicate_field"),
    BadRecord(["transaction_id": "\"\(String(repeating: "x", count: 65))\""], "transaction_id: too_long"),
    BadRecord(["account_id": "\"\(String(repeating: "x", count: 129))\""], "account_id: too_long"),
    BadRecord(["transaction_id": "\"a\\u0000b\""], "transaction_id: null_character"),
    BadRecord(["merchant": "{\"name\":\"a\\u0000b\"}"], "merchant_name: null_character"),
    BadRecord(["account_id": "\"a\\nb\""], "account_id: control_character"),
    BadRecord(["amount": "\"12,50\""], "amount: not_a_number"),
    BadRecord(["amount": "\"1 000\""], "amount: not_a_number"),
    BadRecord(["amount": "1.005"], "amount: too_many_decimals"),
    BadRecord(["amount": "1e-3"], "amount: too_many_decimals"),
    BadRecord(["currency": "\"JPY\"", "amount": "1.5"], "amount: too_many_decimals"),
    BadRecord(["amount": "1e300"], "amount: out_of_range"),
    BadRecord(["amount": "99999999999999999999999"], "amount: out_of_range"),
    BadRecord(["balance_after": "-9223372036854775809"], "balance_after: out_of_range"),
    BadRecord(["amount": "-0.01"], "amount: negative"),
    BadRecord(["currency": "\"EUX\""], "currency: unknown_currency"),
    BadRecord(["currency": "\"eur\""], "currency: unknown_currency"),
    BadRecord(["direction": "\"sideways\""], "direction: unknown_value"),
    BadRecord(["channel": "\"fax\""], "channel: unknown_value"),
    BadRecord(["entry_mode": "\"\\u0063hop\""], "entry_mode: unknown_value"),
    BadRecord(["authorisation_errors": "\"bad_pin|typo\""], "authorisation_errors: unknown_value"),
    BadRecord(["merchant": "{\"country\":\"fr\"}"], "merchant_country: unknown_value"),
    BadRecord(["merchant": "{\"category_code\":54620}"], "merchant_category_code: out_of_range"),
    BadRecord(["merchant": "{\"category_code\":\"54x2\"}"], "merchant_category_code: not_a_number"),
    BadRecord(["merchant": "{\"latitude\":90.01}"], "merchant_latitude: out_of_range"),
    BadRecord(["merchant": "{\"longitude\":-1e400}"], "merchant_longitude: out_of_range"),
    BadRecord(["effective_at": "\"yesterday\""], "effective_at: not_a_timestamp"),
    BadRecord(["effective_at": "\"2026-02-29T10:00:00Z\""], "effective_at: not_a_timestamp"),
    BadRecord(["effective_at": "1.5"], "effective_at: not_a_timestamp"),
    BadRecord(["effective_at": "\"2026-03-09T10:00:00\""], "effective_at: no_time_zone"),
    BadRecord(["effective_at": "\"2099-01-01T00:00:00Z\""], "effective_at: in_the_future"),
    BadRecord(["observed_at": "\"2099-01-01T00:00:00Z\""], "observed_at: in_the_future"),
    BadRecord(["effective_at": "1790000000"], "effective_at: too_old"),
    BadRecord(["effective_at": "\"1989-12-31T23:59:59Z\""], "effective_at: too_old"),
    BadRecord(["effective_at": "1e30"], "effective_at: out_of_range"),
    BadRecord(
        ["transaction_id": "\"4111 1111 1111 1111\""], "transaction_id: card_number_in_identifier"),
    BadRecord(
        ["merchant": "{\"id\":\"T-5500005555555559\"}"], "merchant_id: card_number_in_identifier"),
]

@Suite struct CanonicalJSONTests {
    @Test func `a full record becomes a transaction with every field`() throws {
        let found = try #require(read(record()).transaction)
        #expect(found.id.string == "tx-1")
        #expect(found.idHash == Digest.digest64("tx-1"))
        #expect(found.account == testPseudonymiser().pseudonym("FR7630006000011234567890189", in: .account))
        #expect(found.effectiveAt.rfc3339 == "2026-03-09T17:22:31.250Z")
        #expect(found.observedAt.rfc3339 == "2026-03-10T11:59:00Z")
        #expect(found.amount == Money(amountMinor: 24_990, currency: try #require(Currency("EUR"))))
        #expect(found.card == testPseudonymiser().pseudonym("4111111111111111", in: .card))
        #expect(found.direction == .debit)
        #expect(found.channel == .inStore)
        #expect(found.entryMode == .chip)
        #expect(found.merchant.id.string == "M77")
        #expect(found.merchant.key == Digest.digest128("M77"))
        #expect(found.merchant.name.string == "Café Müller")
        #expect(found.merchant.categoryCode == 5462)
        #expect(found.merchant.city.string == "Strasbourg")
        #expect(packedText(UInt32(found.merchant.country)) == "FR")
        #expect(found.merchant.position.latitude == 48.5734)
        #expect(found.merchant.position.longitude == 7.7521)
        #expect(found.counterpartAccount == testPseudonymiser().pseudonym("DE02", in: .counterpart))
        #expect(found.device == testPseudonymiser().pseudonym("device 9", in: .device))
        #expect(found.balanceAfterMinor == -1250)
        #expect(found.authorisationErrors == [.badPIN, .insufficientFunds])
        #expect(found.accountOpenedAt?.rfc3339 == "2011-05-06T00:00:00Z")
    }

    @Test func `the required fields are enough`() throws {
        let json = #"{"transaction_id":"1","account_id":"2","effective_at":1772000000000,"#
            + #""amount":"5","currency":"JPY"}"#
        let found = try #require(read(json).transaction)
        #expect(found.amount.amountMinor == 5)
        #expect(found.effectiveAt.milliseconds == 1_772_000_000_000)
        #expect(found.observedAt == arrival)
        #expect(found.card.isNone && found.merchant.key.isNone && found.counterpart.isNone)
        #expect(found.channel == nil && found.balanceAfterMinor == nil && !found.merchant.position.isKnown)
    }

    @Test(arguments: badRecords) func `a bad record is refused with field and reason`(bad: BadRecord) {
        #expect(read(bad.json).verdict == bad.verdict)
    }

    @Test func `there are sixty bad records and they use nearly every reason`() {
        #expect(badRecords.count >= 60)
        let used = Set(badRecords.map { String($0.verdict.split(separator: " ")[1]) })
        let elsewhere: Set = ["too_large", "wrong_column_count", "unclosed_quote"]
        #expect(Set(RejectionReason.allCases.map(\.rawValue)).subtracting(used) == elsewhere)
    }

    @Test func `a rejection never quotes the record`() throws {
        for bad in badRecords {
            let rejection = try #require(read(bad.json).rejection)
            #expect(!rejection.hint.contains("4111") && !rejection.hint.contains("FR76"))
        }
    }

    @Test(arguments: [
        ("249.90", 24_990), ("\"249.90\"", 24_990), ("2.499e2", 24_990), ("24990e-2", 24_990), 
        ("0", 0), ("-0.00", 0),
        ("1.50000000000000000000000000000", 150), ("0e999999999999", 0), ("0.1", 10), ("1E+2", 10_000),
        ("99999999999999.99", 9_999_999_999_999_999), ("\"007.5\"", 750),
    ])
    func `an amount is exact`(text: String, amountMinor: Int64) {
        #expect(read(record(["amount": text])).transaction?.amount.amountMinor == amountMinor)
    }

    @Test(arguments: [
        #"{"deep":[[{"a":[1,2.5e-3,true,null]}]]}"#, "\"\\ud83d\\ude00 \\\"\\\\\\/\\b\"", "[]", "{}",
        "-0.5E+7", "false",
        "\"\\u0000\"",
    ])
    func `an unknown field of any type is ignored`(value: String) {
        #expect(read(record(["extra": value])).verdict == "accepted")
    }

    @Test func `space between tokens is allowed`() {
        let wide = record().replacing("\":", with: "\" : ").replacing(",\"", with: " ,\n\"")
        let spaced = " \r\n\t" + wide + "\n "
        #expect(read(spaced).verdict == "accepted")
    }

    @Test func `an escaped key is the same key`() throws {
        let json = record(["currency": nil, "curr\\u0065ncy": "\"USD\""])
        #expect(try #require(read(json).transaction).amount.currency.code == "USD")
    }

    @Test func `a record over the limit is refused and one at the limit is not`() {
        var limits = IntakeLimits()
        limits.recordBytes = record().utf8.count
        #expect(read(record(), limits: limits).verdict == "accepted")
        #expect(read(record() + " ", limits: limits).verdict == "record: too_large")
    }

    @Test(arguments: [
        [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82], [0x80], [0xFF], [0xC3],
    ] as [[UInt8]])
    func `bytes that are no UTF-8 are refused`(bytes: [UInt8]) {
        let parts = record(["extra": "\"#\""]).split(separator: "#").map { Array($0.utf8) }
        #expect(read(parts[0] + bytes + parts[1]).verdict == "record: invalid_utf8")
    }

    @Test func `every prefix of a record is refused`() {
        let bytes = Array(record().utf8)
        for count in 0..<bytes.count { #expect(read(Array(bytes[..<count])).rejection != nil, "\(count)") }
    }
}
