import Banking
import Foundation
import Ledger
import PostgresClient
import Testing

@Suite struct RecordsTests {
    private func label(_ number: Int, known: Int64, _ outcome: Label.Outcome) -> Label {
        var label = Label()
        label.transactionID = FixedText("t-\(number)")
        label.account = Pseudonym(high: 1, low: UInt64(number))
        label.counterpart = number % 2 == 0 ? .none : Pseudonym(high: 2, low: 3)
        label.effectiveAt = Sample.moment
        label.knownAt = Timestamp(milliseconds: known)
        label.outcome = outcome
        label.scenario = 3
        return label
    }

    @Test func `labels are kept once, with what they say`() throws {
        let ledger = try TestLedger.ledger(TestLedger.database())
        var labels = (0..<10_500).map { label($0, known: Int64(20_000 - $0), .fraud) }
        labels[3].amount = Money(amountMinor: 1250, currency: Currency(packed: packText("EUR")))
        #expect(try ledger.record(labels) == 10_500)
        #expect(try ledger.record(labels) == 0)
        let rows = try ledger.connection.query(
            """
            SELECT count(*), count(counterpart), count(amount), max(amount)::text, max(currency),
                bool_and(outcome = 'fraud' AND scenario = 3)::text
            FROM vigie.labels
            """)
        #expect(try (0..<3).map { try rows.int64(0, $0) } == [10_500, 5_250, 1])
        #expect(try (3..<6).map { try rows.string(0, $0) } == ["12.50", "EUR", "true"])
    }

    @Test func `a correction stands beside the first label and is the latest`() throws {
        let ledger = try TestLedger.ledger(TestLedger.database())
        try ledger.record([label(1, known: 10, .fraud), label(1, known: 20, .genuine)])
        let all = try ledger.connection.query("SELECT outcome FROM vigie.labels ORDER BY known_at")
        #expect(try (0..<all.count).map { try all.string($0, 0) } == ["fraud", "genuine"])
        let latest = try ledger.connection.query("SELECT outcome FROM vigie.latest_labels")
        #expect(latest.count == 1)
        #expect(try latest.string(0, 0) == "genuine")
    }

    @Test func `models and jobs are written once; a changed cascade is audited`() throws {
        let conninfo = try TestLedger.database()
        let ledger = try TestLedger.ledger(conninfo)
        for _ in 0..<2 {
            try ledger.recordModel(sha256: Sample.model.string, name: "demo", kind: "scorecard")
            try ledger.recordJob("live", kind: .live, cascade: "a")
        }
        try ledger.recordJob("live", kind: .live, cascade: "b", settingsJSON: "{\"label_delay_days\": 7}")
        let admin = try TestLedger.connection(conninfo)
        #expect(try admin.query("SELECT count(*) FROM vigie.models").int64(0, 0) == 1)
        let trail = try admin.query("SELECT action FROM vigie.audit ORDER BY audit_id")
        #expect(try (0..<trail.count).map { try trail.string($0, 0) } == ["job created", "job changed"])
    }

    @Test func `rejections are counted by field and reason`() throws {
        let ledger = try TestLedger.ledger(TestLedger.database())
        var other = Sample.deadLetter(1)
        other.rejection = Rejection(field: "currency", reason: "unknown", hint: "Write an ISO 4217 code.")
        _ = try ledger.deliver(
            job: "live", alerts: [], deadLetters: [Sample.deadLetter(2), other, Sample.deadLetter(3)],
            progress: [])
        let counts = try ledger.rejectionCounts(job: "live")
        #expect(counts.map(\.count) == [2, 1])
        #expect(counts.map(\.field) == ["amount", "currency"])
    }

    @Test func `a job is of one kind and remembers it`() throws {
        let ledger = try TestLedger.ledger(TestLedger.database())
        #expect(try ledger.jobKind("live") == nil)
        try ledger.recordJob("live", kind: .live, cascade: "name: x")
        #expect(try ledger.jobKind("live") == .live)
    }
}
