import PostgresClient

/// SQL of `vigie.migrations`, which the migrator keeps for itself.
enum MigrationsTable {
    struct Row {
        var version: Int
        var name: String
        var sha256: String
        /// RFC 3339.
        var appliedAt: String
    }

    private static let exists = "SELECT to_regclass('vigie.migrations') IS NOT NULL"

    /// The newest applied migration, 0 when there is none.
    static func version(_ connection: PostgresConnection) throws -> Int {
        guard try connection.query(exists).bool(0, 0) == true else { return 0 }
        let rows = try connection.query("SELECT coalesce(max(version), 0) FROM vigie.migrations")
        return Int(try rows.int64(0, 0) ?? 0)
    }

    static func create(_ connection: PostgresConnection) throws {
        guard try connection.query(exists).bool(0, 0) != true else { return }
        try connection.transaction {
            // Asking first: CREATE … IF NOT EXISTS wants the right to create even with nothing to do.
            if try connection.query("SELECT to_regnamespace('vigie') IS NULL").bool(0, 0) == true {
                try connection.execute("CREATE SCHEMA vigie")
            }
            try connection.execute(
                """
                CREATE TABLE vigie.migrations (
                    version integer PRIMARY KEY,
                    name text NOT NULL,
                    sha256 text NOT NULL,
                    applied_by text NOT NULL DEFAULT session_user,
                    applied_at timestamptz NOT NULL DEFAULT now()
                );
                COMMENT ON TABLE vigie.migrations IS 'Steps of the schema that were applied here';
                COMMENT ON COLUMN vigie.migrations.version IS 'Number of the step';
                COMMENT ON COLUMN vigie.migrations.name IS 'Name of its file';
                COMMENT ON COLUMN vigie.migrations.sha256 IS 'SHA-256 of its file, lower-case hexadecimal';
                COMMENT ON COLUMN vigie.migrations.applied_by IS 'Database user who applied it';
                COMMENT ON COLUMN vigie.migrations.applied_at IS 'When it was applied';
                """)
        }
    }

    static func all(_ connection: PostgresConnection) throws -> [Row] {
        guard try connection.query(exists).bool(0, 0) == true else { return [] }
        let rows = try connection.query(
            """
            SELECT version, name, sha256, to_char(applied_at AT TIME ZONE 'UTC',
                'YYYY-MM-DD"T"HH24:MI:SS"Z"')
            FROM vigie.migrations ORDER BY version
            """)
        return try (0..<rows.count).map { row in
            Row(
                version: Int(try rows.int64(row, 0) ?? 0), name: try rows.string(row, 1) ?? "",
                sha256: try rows.string(row, 2) ?? "", appliedAt: try rows.string(row, 3) ?? "")
        }
    }

    static func insert(_ file: MigrationFile, sha256: String, _ connection: PostgresConnection) throws {
        try connection.query(
            "INSERT INTO vigie.migrations (version, name, sha256) VALUES ($1, $2, $3)",
            [.int4(Int32(file.version)), .text(file.name), .text(sha256)])
    }

    static func delete(_ version: Int, _ connection: PostgresConnection) throws {
        try connection.query("DELETE FROM vigie.migrations WHERE version = $1", [.int4(Int32(version))])
    }

    /// PostgreSQL's own SHA-256, so that no other library is needed for it.
    static func sha256(_ text: String, _ connection: PostgresConnection) throws -> String {
        let rows = try connection.query("SELECT encode(sha256($1), 'hex')", [.bytea(Array(text.utf8))])
        return try rows.string(0, 0) ?? ""
    }
}
