import PostgresClient

/// Whether a job follows the live stream or reads history again.
public enum JobKind: String, Sendable {
    case live, replay
}

/// SQL of `vigie.jobs`.
enum JobsTable {
    static let upsert = PostgresStatement(
        "jobs.upsert",
        """
        INSERT INTO vigie.jobs (job, kind, cascade_text, cascade_sha256, settings)
        VALUES ($1::text, $2::text, $3::text, encode(sha256(convert_to($3::text, 'UTF8')), 'hex'), $4::jsonb)
        ON CONFLICT (job) DO UPDATE SET kind = excluded.kind, cascade_text = excluded.cascade_text,
            cascade_sha256 = excluded.cascade_sha256, settings = excluded.settings, started_at = now()
        """)

    static let update = PostgresStatement(
        "jobs.update",
        """
        UPDATE vigie.jobs SET cascade_text = $2::text,
            cascade_sha256 = encode(sha256(convert_to($2::text, 'UTF8')), 'hex'), settings = $3::jsonb
        WHERE job = $1::text
        """)

    static let kind = PostgresStatement("jobs.kind", "SELECT kind FROM vigie.jobs WHERE job = $1::text")
}

extension Ledger {
    /// Writes a job down, or that it started again; a changed cascade or setting goes to the audit trail.
    /// - Parameters:
    ///   - cascade: text of the cascade file.
    ///   - settingsJSON: a JSON object with the settings that change scores.
    public func recordJob(
        _ job: String, kind: JobKind, cascade: String, settingsJSON: String = "{}"
    ) throws {
        _ = try LedgerError.wrapping {
            try connection.query(
                JobsTable.upsert, [.text(job), .text(kind.rawValue), .text(cascade), .jsonb(settingsJSON)])
        }
    }

    /// Writes down that a running job goes on with another cascade; the old one goes to the audit trail.
    /// - Parameters: as for `recordJob`.
    public func recordCascade(ofJob job: String, _ cascade: String, settingsJSON: String) throws {
        _ = try LedgerError.wrapping {
            try connection.query(JobsTable.update, [.text(job), .text(cascade), .jsonb(settingsJSON)])
        }
    }

    /// Whether a job of this name is live or a replay; `nil` when there is none.
    public func jobKind(_ job: String) throws -> JobKind? {
        try LedgerError.wrapping {
            let rows = try connection.query(JobsTable.kind, [.text(job)])
            return rows.count == 0 ? nil : try rows.string(0, 0).flatMap(JobKind.init)
        }
    }
}
