import Banking
import Foundation
import Pipeline

/// Canonical records made on the spot by writing numbers into a text: far cheaper than reading them.
///
/// Record i belongs to account i × 7,368,787 mod n: each account once a round. 25 records share a second.
final class BenchSource: RecordSource, @unchecked Sendable {
    // SAFETY: used from the poll thread alone.
    static let topic = "bench"

    let topics = [SourceTopic(name: topic, content: .transactions)]
    private let range: Range<Int>
    private let accounts: Int
    private let partitions: Int
    private let rate: Double?
    private let started = ContinuousClock.now
    private var next: Int
    private var text: [UInt8]
    private let idPlace: Int
    private let accountPlace: Int
    private let timePlace: Int
    private let amountPlace: Int
    private let merchantPlace: Int
    private var second = -1
    private static let start: Int64 = 1_767_225_600

    init(_ range: Range<Int>, accounts: Int, partitions: Int, rate: Double?) {
        self.range = range
        self.accounts = accounts
        self.partitions = partitions
        self.rate = rate
        next = range.lowerBound
        let template = """
            {"transaction_id":"t0000000000","account_id":"a00000000","effective_at":"2026-01-01T00:00:00Z",\
            "amount":100.00,"currency":"EUR","direction":"debit","channel":"online","entry_mode":"manual",\
            "merchant_id":"m000000","merchant_name":"Shop","merchant_category_code":5732}
            """
        text = Array(template.utf8)
        func place(_ word: String) -> Int {
            guard let found = template.range(of: word) else { return 0 }
            return template.utf8.distance(from: template.startIndex, to: found.upperBound)
        }
        idPlace = place("_id\":\"t")
        accountPlace = place("_id\":\"a")
        timePlace = place("\"effective_at\":\"")
        amountPlace = place("\"amount\":")
        merchantPlace = place("_id\":\"m")
    }

    func poll(
        atMost maximum: Int, within timeout: Duration, _ body: (borrowing SourceRecord) -> Void
    ) -> SourceStatus {
        guard next < range.upperBound else { return .end }
        var end = min(next + maximum, range.upperBound)
        if let rate {
            let due = Int(rate * ((ContinuousClock.now - started) / .seconds(1)))
            end = min(end, range.lowerBound + due)
            guard next < end else {
                usleep(500)
                return .idle
            }
        }
        let count = end - next
        while next < end {
            write(next)
            let observedAt = Timestamp(seconds: Self.start + Int64(next / 25) + 1)
            text.withUnsafeBytes { bytes in
                body(
                    SourceRecord(
                        topic: 0, partition: Int32(next % partitions), offset: Int64(next / partitions),
                        observedAt: observedAt, payload: bytes))
            }
            next += 1
        }
        return .records(count)
    }

    private func write(_ index: Int) {
        let random = UInt64(truncatingIfNeeded: index) &* 0x9E37_79B9_7F4A_7C15 >> 20
        put(index, digits: 10, at: idPlace)
        put(index % accounts * 7_368_787 % accounts, digits: 8, at: accountPlace)
        put(100 + Int(random % 900), digits: 3, at: amountPlace)
        put(Int(random >> 12) % (accounts / 5 + 1) % 1_000_000, digits: 6, at: merchantPlace)
        guard second != index / 25 else { return }
        second = index / 25
        let time = Timestamp(seconds: Self.start + Int64(second)).description.utf8
        for (place, byte) in time.prefix(19).enumerated() { text[timePlace + place] = byte }
    }

    private func put(_ value: Int, digits: Int, at place: Int) {
        var rest = value
        for offset in stride(from: digits - 1, through: 0, by: -1) {
            text[place + offset] = UInt8(48 + rest % 10)
            rest /= 10
        }
    }

    func report(progress: [PartitionProgress]) {}
    func lag() -> Int64? { Int64(range.upperBound - next) }
}
