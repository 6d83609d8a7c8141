import Banking
import Ledger
import PostgresClient
import Testing

@Suite struct RolesTests {
    /// A database with one alert, one dead letter, one label.
    private func filledDatabase() throws -> String {
        let conninfo = try TestLedger.database()
        let ledger = try TestLedger.ledger(conninfo)
        _ = try ledger.claim(job: "live", topic: "transactions", partitions: [0], clusterID: "c1")
        _ = try ledger.deliver(
            job: "live", alerts: [Sample.alert(1), Sample.alert(2)], decisions: [Sample.decision(1)],
            deadLetters: [Sample.deadLetter(3)],
            progress: [
                PartitionAdvance(topic: "transactions", partition: 0, nextOffset: 4, epoch: 1)
            ])
        return conninfo
    }

    private func isRefused(_ sql: String, as role: LedgerRole, _ conninfo: String) throws -> Bool {
        let connection = try TestLedger.connection(conninfo, as: role)
        do {
            try connection.execute(sql)
            return false
        } catch let error as PostgresError {
            guard error.sqlState == "42501" else { throw error }
            return true
        }
    }

    @Test(arguments: [
        "DELETE FROM vigie.alerts", "DELETE FROM vigie.decisions", "DELETE FROM vigie.labels",
        "DELETE FROM vigie.progress", "DELETE FROM vigie.state_pieces",
        "DELETE FROM vigie.checkpoints", "UPDATE vigie.alerts SET score = 0", "TRUNCATE vigie.alerts",
        "INSERT INTO vigie.audit (actor, action, object) VALUES ('a', 'b', 'c')",
        "SELECT note FROM vigie.cases", "SELECT vigie.drop_alert_month('2020-01-01')",
        "CREATE TABLE vigie.mine (a int)",
    ])
    func `the writer may not`(sql: String) throws {
        #expect(try isRefused(sql, as: .writer, filledDatabase()))
    }

    @Test(arguments: [
        "SELECT * FROM vigie.dead_letters", "SELECT * FROM vigie.labels", "SELECT * FROM vigie.latest_labels",
        "SELECT * FROM vigie.audit", "SELECT * FROM vigie.state_pieces",
        "INSERT INTO vigie.alerts SELECT * FROM vigie.alerts", "DELETE FROM vigie.cases",
    ])
    func `the analyst may not`(sql: String) throws {
        #expect(try isRefused(sql, as: .analyst, filledDatabase()))
    }

    @Test(arguments: [
        "SELECT * FROM vigie.alerts", "SELECT * FROM vigie.open_alerts", "SELECT * FROM vigie.decisions",
    ])
    func `the credit officer may not`(sql: String) throws {
        #expect(try isRefused(sql, as: .creditOfficer, filledDatabase()))
    }

    @Test(arguments: ["DELETE FROM vigie.audit", "UPDATE vigie.cases SET note = ''"])
    func `the auditor may not`(sql: String) throws {
        #expect(try isRefused(sql, as: .auditor, filledDatabase()))
    }

    @Test func `the analyst sees open alerts, highest first, with their reasons`() throws {
        let connection = try TestLedger.connection(filledDatabase(), as: .analyst)
        let rows = try connection.query("SELECT transaction_id, amount, status FROM vigie.open_alerts")
        #expect(try (0..<rows.count).map { try rows.string($0, 0) } == ["t-2", "t-1"])
        #expect(try rows.string(0, 1) == "249.90")
        let reasons = try connection.query(
            "SELECT kind, rank FROM vigie.alert_reasons WHERE score = 1 ORDER BY reading, rank")
        #expect(try (0..<reasons.count).map { try reasons.string($0, 0) } == ["amount", "novelty", "hour"])
        let changes = try connection.query("SELECT kind FROM vigie.alert_counterfactuals WHERE score = 1")
        #expect(try changes.string(0, 0) == "amount")
    }

    @Test func `a case is worked on, closed with a resolution, and leaves the open alerts`() throws {
        let conninfo = try filledDatabase()
        let connection = try TestLedger.connection(conninfo, as: .analyst)
        try connection.execute(
            """
            SET vigie.actor = 'zoe';
            INSERT INTO vigie.cases (alert_id, status, assigned)
                SELECT alert_id, 'investigating', 'zoe' FROM vigie.open_alerts WHERE transaction_id = 't-2';
            UPDATE vigie.cases
                SET status = 'closed', resolution = 'confirmed_fraud', note = 'called the customer'
            """)
        let rows = try connection.query("SELECT transaction_id FROM vigie.open_alerts")
        #expect(try (0..<rows.count).map { try rows.string($0, 0) } == ["t-1"])
        let trail = try TestLedger.connection(conninfo, as: .auditor).query(
            """
            SELECT actor, action, detail::text FROM vigie.audit WHERE object LIKE 'alert %'
            ORDER BY audit_id
            """)
        let actions = try (0..<trail.count).map { try trail.string($0, 1) }
        #expect(actions == ["case investigating", "case closed"])
        #expect(try trail.string(1, 0) == "zoe")
        #expect(try trail.string(1, 2)?.contains("called the customer") == false)
        #expect(try trail.string(1, 2)?.contains("\"note_changed\": true") == true)
    }

    @Test(arguments: [
        "UPDATE vigie.cases SET status = 'closed'", "UPDATE vigie.cases SET resolution = 'inconclusive'",
        "UPDATE vigie.cases SET status = 'forgotten'",
        "UPDATE vigie.cases SET status = 'closed', resolution = 'false_positive'; "
            + "UPDATE vigie.cases SET status = 'open', resolution = NULL",
    ])
    func `a case cannot take a state out of order`(sql: String) throws {
        let connection = try TestLedger.connection(filledDatabase(), as: .analyst)
        try connection.execute(
            """
            INSERT INTO vigie.cases (alert_id)
            SELECT alert_id FROM vigie.alerts WHERE transaction_id = 't-1'
            """)
        let error = #expect(throws: PostgresError.self) { try connection.execute(sql) }
        #expect(error?.sqlState == "23514")
    }

    @Test(arguments: [
        "UPDATE vigie.audit SET actor = 'x'", "DELETE FROM vigie.audit", "TRUNCATE vigie.audit",
    ])
    func `not even the superuser changes the audit trail`(sql: String) throws {
        let conninfo = try filledDatabase()
        try TestLedger.ledger(conninfo).recordJob("live", kind: .live, cascade: "bricks: [rules]")
        let connection = try TestLedger.connection(conninfo)
        #expect(throws: PostgresError.self) { try connection.execute(sql) }
        #expect(try connection.query("SELECT count(*) FROM vigie.audit").int64(0, 0) == 1)
    }

    @Test func `every table and column has a comment`() throws {
        let connection = try TestLedger.connection(TestLedger.database())
        let rows = try connection.query(
            """
            SELECT c.relname || coalesce('.' || a.attname, '') FROM pg_class c
            LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                AND c.relkind IN ('r', 'p') AND c.relname <> 'alerts_other'
            WHERE c.relnamespace = 'vigie'::regnamespace AND c.relkind IN ('r', 'p', 'v')
                AND (obj_description(c.oid, 'pg_class') IS NULL
                    OR a.attnum IS NOT NULL AND a.attname <> 'audit_id'
                        AND col_description(c.oid, a.attnum) IS NULL)
            """)
        #expect(try (0..<rows.count).map { try rows.string($0, 0) ?? "" } == [])
    }
}
