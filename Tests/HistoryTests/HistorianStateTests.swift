import Banking
import Testing

@testable import History

@Suite struct HistorianStateTests {
    /// Busy merchants (dense), quiet ones (sparse), labels due and not yet due.
    private func fill(_ historian: Historian, seed: UInt64, skip: Int = 0, count: Int = 2500) -> [[UInt32]]
    {
        let stream = randomStream(
            seed: seed, count: 5000, accounts: 60, merchants: 5, stepSeconds: 2000, jitterSeconds: 200)
        return stream.dropFirst(skip).prefix(count).map { transaction in
            if transaction.idHash % 10 == 0 {
                historian.learn(fraud(transaction, knownAt: transaction.effectiveAt.seconds + 8 * day))
            }
            return historian.facts(transaction).bits
        }
    }

    @Test func `a restored history goes on bit for bit`() throws {
        let historian = Historian(configuration: HistoryConfiguration(labelDelaySeconds: 5 * day))
        _ = fill(historian, seed: 31)
        let bytes = historian.save()
        let restored = try Historian(restoring: bytes)
        #expect(restored.configuration == historian.configuration)
        #expect(restored.save() == bytes)
        let one = fill(historian, seed: 31, skip: 2500)
        let other = fill(restored, seed: 31, skip: 2500)
        #expect(one == other)
        #expect(restored.save() == historian.save())
    }

    @Test func `saved bytes tell nothing of the order of accounts`() {
        let (one, other) = (Historian(), Historian())
        let stream = (1...500).map { payment(account: UInt64($0), at: start, merchant: UInt64($0 % 7 + 1)) }
        for transaction in stream { _ = one.facts(transaction) }
        for transaction in stream.reversed() { _ = other.facts(transaction) }
        #expect(one.save() == other.save())
    }

    @Test func `damaged bytes are refused`() {
        let historian = Historian()
        _ = fill(historian, seed: 33, count: 50)
        let bytes = historian.save()
        #expect(throws: HistoryError.self) { try Historian(restoring: []) }
        #expect(throws: HistoryError.self) { try Historian(restoring: Array(bytes.dropLast())) }
        for place in stride(from: 0, to: bytes.count, by: 997) {
            var damaged = bytes
            damaged[place] ^= 4
            #expect(throws: HistoryError.self) { try Historian(restoring: damaged) }
        }
    }

    @Test func `the table finds every key through its growth`() {
        let table = RecordTable(recordBytes: 16)
        for key in 0..<50_000 { #expect(table.findOrInsert(Pseudonym(high: 0, low: UInt64(key))).isFresh) }
        for key in 0..<50_000 {
            let pseudonym = Pseudonym(high: 0, low: UInt64(key))
            #expect(table.find(pseudonym)?.load(as: Pseudonym.self) == pseudonym)
        }
        #expect(table.find(Pseudonym(high: 1, low: 0)) == nil)
        #expect(table.count == 50_000)
    }
}
