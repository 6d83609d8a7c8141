import Banking
import Foundation
import Testing

@testable import Simulator

@Suite struct CanonicalWriterTests {
    private let keys: Set<String> = [
        "transaction_id", "account_id", "card_number", "effective_at", "amount", "currency", "direction",
        "channel", "entry_mode", "merchant_id", "merchant_name", "merchant_category_code", "merchant_city",
        "merchant_country", "merchant_latitude", "merchant_longitude", "counterpart_account_id", "device_id",
        "balance_after", "authorisation_errors", "account_opened_at",
    ]

    private func objects(_ bytes: [UInt8]) throws -> [[String: Any]] {
        try bytes.split(separator: 10).map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
        }
    }

    @Test func `every line is a canonical object that says what the value says`() throws {
        let run = SimulatedRun.small
        let objects = try objects(run.bytes)
        #expect(objects.count == run.transactions.count)
        var seen: Set<String> = []
        for (object, transaction) in zip(objects, run.transactions) {
            seen.formUnion(object.keys)
            #expect(object["transaction_id"] as? String == transaction.transactionID)
            #expect(object["account_id"] as? String == transaction.accountID)
            #expect(object["card_number"] as? String == transaction.cardNumber)
            #expect(object["effective_at"] as? String == transaction.effectiveAt.rfc3339)
            #expect(object["channel"] as? String == transaction.channel.name)
            #expect(object["entry_mode"] as? String == transaction.entryMode?.name)
            #expect(object["device_id"] as? String == transaction.deviceID)
            #expect(object["counterpart_account_id"] as? String == transaction.counterpartAccountID)
            let merchant = transaction.merchant < 0 ? nil : run.world.merchants[Int(transaction.merchant)]
            #expect(object["merchant_id"] as? String == merchant?.id)
            #expect(object["merchant_name"] as? String == merchant?.name)
        }
        #expect(seen == keys)
    }

    @Test func `amounts are written as exact decimals`() {
        let transaction = SimulatedRun.small.transactions[0]
        for (cents, text) in [(5, "0.05"), (100, "1.00"), (123_456_789, "1234567.89")] as [(Int64, String)] {
            var copy = transaction
            copy.amountMinor = cents
            copy.balanceAfterMinor = -cents
            var writer = CanonicalWriter(world: SimulatedRun.small.world)
            var bytes: [UInt8] = []
            writer.append(copy, to: &bytes)
            let line = String(decoding: bytes, as: UTF8.self)
            #expect(line.contains("\"amount\":\(text),"))
            #expect(line.contains("\"balance_after\":-\(text),"))
        }
    }

    @Test func `errors are written by their canonical names`() {
        var transaction = SimulatedRun.small.transactions[0]
        transaction.errors = [.badPIN, .insufficientFunds]
        var writer = CanonicalWriter(world: SimulatedRun.small.world)
        var bytes: [UInt8] = []
        writer.append(transaction, to: &bytes)
        let line = String(decoding: bytes, as: UTF8.self)
        #expect(line.contains("\"authorisation_errors\":[\"bad_pin\",\"insufficient_funds\"]"))
    }

    @Test func `card numbers pass the Luhn check under the unassigned prefix`() throws {
        for transaction in SimulatedRun.small.transactions {
            guard let card = transaction.cardNumber else { continue }
            let digits = card.compactMap(\.wholeNumberValue)
            let sum = digits.reversed().enumerated().reduce(0) { sum, digit in
                let value = digit.element * (digit.offset % 2 == 1 ? 2 : 1)
                return sum + value / 10 + value % 10
            }
            #expect(digits.count == 16 && card.hasPrefix("999999"))
            #expect(sum % 10 == 0, "\(card)")
        }
    }

    /// Intake masks whatever looks like a card number, so no other identifier may look like one.
    @Test func `no identifier but the card has thirteen digits in a row`() {
        func longestRun(_ text: String) -> Int {
            text.split { !$0.isNumber }.map(\.count).max() ?? 0
        }
        for number in [0, 0x1234_5678_9012_3456, 0x9999_9999_9999_9999] as [UInt64] {
            var transaction = SimulatedRun.small.transactions[0]
            transaction.number = number
            transaction.counterpart = number & 0xFFFF_FFFF_FFFF
            transaction.device = number & 0xFFFF_FFFF_FFFF
            let texts = [
                transaction.transactionID, transaction.accountID, transaction.counterpartAccountID ?? "",
                transaction.deviceID ?? "",
            ]
            #expect(texts.allSatisfy { longestRun($0) < 13 }, "\(texts)")
        }
    }

    @Test func `merchants stay near their city`() {
        let world = SimulatedRun.small.world
        for merchant in world.merchants {
            guard let city = merchant.city else { continue }
            #expect(abs(Double(merchant.latitudeE4) / 10_000 - world.cities[city].latitude) < 0.2)
            #expect(abs(Double(merchant.longitudeE4) / 10_000 - world.cities[city].longitude) < 0.2)
        }
        #expect(world.merchants.allSatisfy { $0.name.utf8.count <= 40 && $0.id.utf8.count <= 32 })
    }

    @Test func `a label carries all that joins it to its transaction`() throws {
        let run = SimulatedRun.large
        let labels = try objects(run.labelBytes)
        #expect(labels.count == run.labels.count)
        let byNumber = Dictionary(uniqueKeysWithValues: run.transactions.map { ($0.transactionID, $0) })
        for label in labels {
            let identifier = try #require(label["transaction_id"] as? String)
            let transaction = try #require(byNumber[identifier])
            #expect(label["account_id"] as? String == transaction.accountID)
            #expect(label["effective_at"] as? String == transaction.effectiveAt.rfc3339)
            #expect(label["counterpart_account_id"] as? String == transaction.counterpartAccountID)
            #expect(label["currency"] as? String == "EUR")
            let amount = try #require(label["amount"] as? Double)
            #expect(Int64((amount * 100).rounded()) == transaction.amountMinor)
            #expect((label["merchant_id"] != nil) == (transaction.merchant >= 0))
            #expect(label["scenario"] as? Int == Int(transaction.scenario?.rawValue ?? 0))
            let outcome = try #require(label["outcome"] as? String)
            #expect(["fraud", "genuine"].contains(outcome))
        }
    }

    @Test func `credit outcomes are written on their own`() {
        var writer = CanonicalWriter(world: SimulatedRun.small.world)
        var bytes: [UInt8] = []
        let outcome = CreditOutcome(
            account: 7, defaultedAt: Timestamp(year: 2026, month: 3, day: 1),
            incomeLostAt: Timestamp(year: 2025, month: 12, day: 2), balanceMinor: -45_010, returnedDebits: 4)
        writer.append(lines: [outcome], to: &bytes)
        let expected = "{\"account_id\":\"acc-00000007\",\"outcome\":\"default\","
            + "\"effective_at\":\"2026-03-01T00:00:00Z\",\"income_lost_at\":\"2025-12-02T00:00:00Z\","
            + "\"balance\":-450.10,\"returned_debits\":4}\n"
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
    }
}
