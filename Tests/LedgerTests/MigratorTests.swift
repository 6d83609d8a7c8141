import Foundation
import Ledger
import PostgresClient
import Testing

@Suite struct MigratorTests {
    /// A copy of the migrations that a test may spoil.
    private func copiedFolder() throws -> URL {
        let copy = FileManager.default.temporaryDirectory.appending(path: "migrations-\(UUID().uuidString)")
        try FileManager.default.copyItem(at: TestLedger.migrations, to: copy)
        return copy
    }

    private func move(_ name: String, to other: String, in folder: URL) throws {
        try FileManager.default.moveItem(
            at: folder.appending(path: name), to: folder.appending(path: other))
    }

    /// Everything that the schema consists of, one line each.
    private func dump(_ conninfo: String) throws -> [String] {
        let connection = try TestLedger.connection(conninfo)
        let rows = try connection.query(
            """
            SELECT 'column ' || concat_ws(' ', table_name, column_name, data_type, is_nullable,
                column_default)
                FROM information_schema.columns WHERE table_schema = 'vigie'
            UNION ALL SELECT 'constraint ' || conrelid::regclass || ' ' || conname || ' '
                || pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'vigie'::regnamespace
            UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'vigie'
            UNION ALL SELECT 'function ' || p.oid::regprocedure || ' ' || md5(prosrc)
                || coalesce(proacl::text, '') FROM pg_proc p WHERE pronamespace = 'vigie'::regnamespace
            UNION ALL SELECT 'policy ' || concat_ws(' ', tablename, policyname, cmd, roles::text, qual,
                with_check) FROM pg_policies WHERE schemaname = 'vigie'
            UNION ALL SELECT 'relation ' || concat_ws(' ', relname, relkind, relrowsecurity,
                relforcerowsecurity, relowner::regrole, relacl::text, reloptions::text)
                FROM pg_class WHERE relnamespace = 'vigie'::regnamespace
            UNION ALL SELECT 'trigger ' || pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c
                ON c.oid = tgrelid WHERE relnamespace = 'vigie'::regnamespace AND NOT tgisinternal
            UNION ALL SELECT 'schema ' || concat_ws(' ', nspowner::regrole, nspacl::text)
                FROM pg_namespace WHERE nspname = 'vigie'
            ORDER BY 1
            """)
        return try (0..<rows.count).map { try rows.string($0, 0) ?? "" }
    }

    @Test func `up, down and up again gives the same schema`() throws {
        let conninfo = try TestLedger.emptyDatabase()
        let migrator = try Migrator(conninfo: conninfo, folder: TestLedger.migrations)
        #expect(migrator.newestVersion == Ledger.schemaVersion)
        #expect(try migrator.up() == Array(1...Ledger.schemaVersion))
        let first = try dump(conninfo)
        #expect(first.count > 100)
        #expect(try migrator.down(to: 0) == (1...Ledger.schemaVersion).reversed())
        #expect(try dump(conninfo).filter { !$0.contains("migrations") }.count == 1, "only the schema stays")
        try migrator.up()
        #expect(try dump(conninfo) == first)
    }

    @Test func `each step goes down to what it was before`() throws {
        let conninfo = try TestLedger.emptyDatabase()
        let migrator = try Migrator(conninfo: conninfo, folder: TestLedger.migrations)
        try migrator.up(to: 1)
        for version in 1..<Ledger.schemaVersion {
            let before = try dump(conninfo)
            #expect(try migrator.up(to: version + 1) == [version + 1])
            #expect(try migrator.down(to: version) == [version + 1])
            #expect(try dump(conninfo) == before, "step \(version + 1)")
            try migrator.up(to: version + 1)
        }
    }

    @Test func `the status tells applied from pending, and up a second time does nothing`() throws {
        let conninfo = try TestLedger.emptyDatabase()
        let migrator = try Migrator(conninfo: conninfo, folder: TestLedger.migrations)
        try migrator.up(to: 2)
        let states = try migrator.status().map(\.state)
        #expect(states.filter { $0 == .pending }.count == Ledger.schemaVersion - 2)
        #expect(try migrator.up(to: 2) == [])
    }

    @Test func `a file that was changed after it was applied is refused`() throws {
        let conninfo = try TestLedger.database()
        let folder = try copiedFolder()
        let file = folder.appending(path: "0002_models_and_jobs.sql")
        let text = try String(contentsOf: file, encoding: .utf8)
        try (text + "\n-- harmless").write(to: file, atomically: true, encoding: .utf8)
        let migrator = try Migrator(conninfo: conninfo, folder: folder)
        let error = #expect(throws: LedgerError.self) { try migrator.up() }
        #expect(error?.code == .migration)
        #expect(error?.cause.contains("2 models_and_jobs was changed") == true)
        guard case .changed = try migrator.status()[1].state else {
            Issue.record("the status does not show the change")
            return
        }
    }

    @Test(arguments: [
        ("0002_models_and_jobs", "0099_models_and_jobs", "number 2 is missing"),
        ("0003_alerts", "0002_alerts", "two files have the number 0002"),
        ("0002_models_and_jobs", "2_models_and_jobs", "is not named NNNN_name.sql"),
    ])
    func `a gap, a duplicate and a bad name are refused`(old: String, renamed: String, cause: String) throws {
        let folder = try copiedFolder()
        for ending in [".sql", ".down.sql"] { try move(old + ending, to: renamed + ending, in: folder) }
        let error = #expect(throws: LedgerError.self) { try Migrator(conninfo: "host=/none", folder: folder) }
        #expect(error?.cause.contains(cause) == true, "\(error?.cause ?? "")")
    }

    @Test(arguments: ["0002_models_and_jobs.sql", "0002_models_and_jobs.down.sql"])
    func `a missing direction is refused`(name: String) throws {
        let folder = try copiedFolder()
        try FileManager.default.removeItem(at: folder.appending(path: name))
        let error = #expect(throws: LedgerError.self) { try Migrator(conninfo: "host=/none", folder: folder) }
        #expect(error?.code == .migration)
        #expect(error?.cause.contains("0002_models_and_jobs") == true)
    }

    @Test func `a migration that fails leaves nothing of itself`() throws {
        let conninfo = try TestLedger.database()
        let folder = try copiedFolder()
        let name = String(format: "%04d_half", Ledger.schemaVersion + 1)
        try "CREATE TABLE vigie.half (a int); SELECT 1 / 0;".write(
            to: folder.appending(path: name + ".sql"), atomically: true, encoding: .utf8)
        try "DROP TABLE vigie.half".write(
            to: folder.appending(path: name + ".down.sql"), atomically: true, encoding: .utf8)
        let migrator = try Migrator(conninfo: conninfo, folder: folder)
        #expect(throws: LedgerError.self) { try migrator.up() }
        let connection = try TestLedger.connection(conninfo)
        #expect(try connection.query("SELECT to_regclass('vigie.half') IS NULL").bool(0, 0) == true)
        #expect(try migrator.status().last?.state == .pending, "the migrator can still be asked")
    }

    @Test func `an older program refuses a newer schema`() throws {
        let conninfo = try TestLedger.database()
        let folder = try copiedFolder()
        let newest = String(format: "%04d_", Ledger.schemaVersion)
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path)
        where name.hasPrefix(newest) {
            try FileManager.default.removeItem(at: folder.appending(path: name))
        }
        let migrator = try Migrator(conninfo: conninfo, folder: folder)
        let error = #expect(throws: LedgerError.self) { try migrator.up() }
        let (known, later) = (Ledger.schemaVersion, Ledger.schemaVersion + 1)
        #expect(error?.code == .schemaTooNew(found: known, known: known - 1))
        let admin = try TestLedger.connection(conninfo)
        try admin.execute(
            "INSERT INTO vigie.migrations (version, name, sha256) VALUES (\(later), 'later', '')")
        let opening = #expect(throws: LedgerError.self) { try TestLedger.ledger(conninfo) }
        #expect(opening?.code == .schemaTooNew(found: later, known: known))
    }

    @Test func `a database without schema says what to run`() throws {
        let conninfo = try TestLedger.emptyDatabase()
        let error = #expect(throws: LedgerError.self) { try Ledger.open(conninfo: conninfo) }
        #expect(error?.code == .schemaTooOld(found: 0, needed: Ledger.schemaVersion))
        #expect(error?.cause.contains("vigie migrate up") == true)
    }

    @Test func `of two migrators at once each step is applied by one`() async throws {
        let conninfo = try TestLedger.emptyDatabase()
        let versions = try await withThrowingTaskGroup(of: [Int].self) { group in
            for _ in 0..<2 {
                group.addTask { try Migrator(conninfo: conninfo, folder: TestLedger.migrations).up() }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(versions.sorted() == Array(1...Ledger.schemaVersion))
    }
}
