import Banking
import Foundation
import Testing

@testable import Intake

@Suite struct FuzzTests {
    /// What holds for every transaction that leaves Intake.
    private func expectValid(_ found: Transaction, _ seed: UInt64) {
        #expect(found.id.count >= 1 && found.id.count <= 64, "seed \(seed)")
        #expect(!found.account.isNone, "seed \(seed)")
        #expect(0...IntakeLimits.largestAmountMinor ~= found.amount.amountMinor, "seed \(seed)")
        #expect(Currency(found.amount.currency.code) != nil, "seed \(seed)")
        #expect(found.effectiveAt >= IntakeLimits.earliest, "seed \(seed)")
        #expect(found.effectiveAt <= arrival.adding(seconds: 86_400), "seed \(seed)")
        #expect(String(validating: found.merchant.name.string.utf8, as: UTF8.self) != nil, "seed \(seed)")
    }

    @Test func `random changes never crash and what is accepted is valid JSON and a valid transaction`() {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("fuzz seed \(seed)")
        var random = SeededRandom(state: seed)
        let original = Array(record().utf8)
        let interesting = Array("\"\\{}[]:,-+.eE019ntfu\u{0}é".utf8) + [0xFF, 0xC0, 0x80]
        var accepted = 0
        for _ in 0..<4000 {
            var bytes = original
            for _ in 0...Int.random(in: 0...2, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] = interesting.randomElement(using: &random) ?? 0
                case 1: bytes.remove(at: place)
                case 2: bytes.insert(interesting.randomElement(using: &random) ?? 0, at: place)
                default: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                }
            }
            guard case .transaction(let found) = read(bytes) else { continue }
            accepted += 1
            expectValid(found, seed)
            // Foundation refuses numbers too large for a double (48.5E734); the grammar of JSON does not.
            let hasExponent = bytes.indices.dropLast().contains {
                bytes[$0] | 0x20 == UInt8(ascii: "e") && bytes[$0 + 1] &- 48 <= 9
            }
            if hasExponent { continue }
            let text = String(decoding: bytes, as: UTF8.self)
            let isJSON = (try? JSONSerialization.jsonObject(with: Data(bytes))) != nil
            #expect(isJSON, "seed \(seed): \(text)")
        }
        #expect(accepted > 100, "seed \(seed)")
    }

    @Test func `random CSV never crashes`() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("fuzz seed \(seed)")
        var random = SeededRandom(state: seed)
        let alphabet = Array("a1,\"\n\r;".utf8) + [0xC3, 0xA9]
        try withFolder { folder in
            for round in 0..<50 {
                let path = folder.appending(path: "\(round).csv").path
                let noise = (0..<300).map { _ in alphabet.randomElement(using: &random) ?? 0 }
                let bytes = Array("transaction_id,account_id\n".utf8) + noise
                try Data(bytes).write(to: URL(filePath: path))
                var intake = Intake(pseudonymiser: testPseudonymiser())
                try intake.readFile(path: path, latest: arrival) { _, outcome in
                    guard case .rejection = outcome else {
                        Issue.record("accepted without an amount, seed \(seed)")
                        return
                    }
                }
            }
        }
    }
}
