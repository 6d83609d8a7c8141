import Banking
import Ledger
import PostgresClient
import Testing

@Suite struct AlertMonthsTests {
    private func alert(_ number: Int, at moment: Timestamp) -> Alert {
        var alert = Sample.alert(number)
        alert.decision.effectiveAt = moment
        return alert
    }

    /// Delivers alerts and tells in which partition each landed, by offset.
    private func deliver(_ alerts: [Alert], _ ledger: Ledger) throws -> [String?] {
        _ = try ledger.deliver(job: "live", alerts: alerts, progress: [])
        let rows = try ledger.connection.query(
            "SELECT tableoid::regclass::text FROM vigie.alerts ORDER BY source_offset")
        return try (0..<rows.count).map { try rows.string($0, 0) }
    }

    @Test func `the partition of a month is made when its first alert comes`() throws {
        let ledger = try TestLedger.ledger(TestLedger.database())
        let places = try deliver(
            [
                alert(1, at: Timestamp(year: 2018, month: 7, day: 31, second: 86_399, millisecond: 999)),
                alert(2, at: Timestamp(year: 2018, month: 8, day: 1)),
                alert(3, at: Timestamp(year: 2018, month: 8, day: 14)),
            ], ledger)
        #expect(places == ["vigie.alerts_2018_07", "vigie.alerts_2018_08", "vigie.alerts_2018_08"])
    }

    @Test func `getting ready makes the partition and adds no row`() throws {
        let ledger = try TestLedger.ledger(TestLedger.database())
        let moment = Timestamp(year: 2018, month: 7, day: 31)
        for _ in 0..<2 { try ledger.prepare(for: [moment, moment.adding(seconds: 7 * 86_400)]) }
        let tables = try ledger.connection.query(
            "SELECT to_regclass('vigie.alerts_2018_07')::text, to_regclass('vigie.alerts_2018_08')::text")
        #expect(try tables.string(0, 0) == "vigie.alerts_2018_07")
        #expect(try tables.string(0, 1) == "vigie.alerts_2018_08")
        #expect(try ledger.counts(job: "").alerts == 0)
        #expect(try deliver([alert(1, at: moment)], ledger) == ["vigie.alerts_2018_07"])
    }

    @Test func `an invented date makes no table`() throws {
        let ledger = try TestLedger.ledger(TestLedger.database())
        let places = try deliver(
            [alert(1, at: Timestamp(year: 1970, month: 1, day: 1)),
                alert(2, at: Timestamp(year: 2099, month: 1, day: 1)),
                alert(3, at: Timestamp(milliseconds: .max / 4096))], ledger)
        #expect(places == Array(repeating: "vigie.alerts_other", count: 3))
    }

    @Test func `a month that has alerts among the others stays there`() throws {
        let conninfo = try TestLedger.database()
        let admin = try TestLedger.connection(conninfo)
        let long = alert(1, at: Timestamp(year: 1999, month: 5, day: 1))
        let first = try deliver([long], TestLedger.ledger(conninfo))
        #expect(first == ["vigie.alerts_other"])
        // As if the row had been written when its month was still too far ahead.
        try admin.execute("UPDATE vigie.alerts SET effective_at = '2019-05-02 00:00Z'")
        let ledger = try TestLedger.ledger(conninfo)
        let places = try deliver([alert(2, at: Timestamp(year: 2019, month: 5, day: 3))], ledger)
        #expect(places == ["vigie.alerts_other", "vigie.alerts_other"])
    }

    @Test func `two writers may need the same new month at once`() async throws {
        let conninfo = try TestLedger.database()
        try await withThrowingTaskGroup(of: Int.self) { group in
            for writer in 0..<2 {
                group.addTask {
                    let ledger = try TestLedger.ledger(conninfo)
                    let alerts = [Sample.alert(1)]
                    return try ledger.deliver(job: "job-\(writer)", alerts: alerts, progress: []).alerts
                }
            }
            for try await count in group { #expect(count == 1) }
        }
    }

    @Test func `retention drops one month with its cases and keys, and says so in the audit trail`() throws {
        let conninfo = try TestLedger.database()
        let ledger = try TestLedger.ledger(conninfo)
        _ = try deliver(
            [
                alert(1, at: Timestamp(year: 2018, month: 7, day: 3)),
                alert(2, at: Timestamp(year: 2018, month: 8, day: 3)),
            ], ledger)
        let admin = try TestLedger.connection(conninfo)
        try admin.execute("INSERT INTO vigie.cases (alert_id) SELECT alert_id FROM vigie.alerts")
        let migrator = try TestLedger.connection(conninfo, as: .migrator)
        let dropped = try migrator.query("SELECT vigie.drop_alert_month('2018-07-01')").int64(0, 0)
        #expect(dropped == 1)
        #expect(try ledger.alerts(top: 9, job: "live").map(\.transactionID) == ["t-2"])
        #expect(try admin.query("SELECT count(*) FROM vigie.cases").int64(0, 0) == 1)
        #expect(try admin.query("SELECT count(*) FROM vigie.alert_keys").int64(0, 0) == 1)
        #expect(try admin.query("SELECT to_regclass('vigie.alerts_2018_07') IS NULL").bool(0, 0) == true)
        let trail = try admin.query("SELECT object FROM vigie.audit WHERE action = 'alerts dropped'")
        #expect(try trail.string(0, 0) == "month 2018-07")
    }

    @Test func `the current month cannot be dropped`() throws {
        let connection = try TestLedger.connection(TestLedger.database(), as: .migrator)
        let error = #expect(throws: PostgresError.self) {
            try connection.execute("SELECT vigie.drop_alert_month(current_date)")
        }
        #expect(error?.sqlState == "22023")
    }
}
