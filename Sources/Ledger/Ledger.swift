import Banking
import PostgresClient

/// Roles of the database (see `migrations/0001_roles_and_audit.sql`).
public enum LedgerRole: String, Sendable {
    case migrator = "vigie_migrator"
    case writer = "vigie_writer"
    case analyst = "vigie_analyst"
    case creditOfficer = "vigie_credit_officer"
    case auditor = "vigie_auditor"
}

/// The books: alerts, decisions, dead letters, labels and progress in PostgreSQL.
///
/// All SQL of the house is in this module, one file per table. A ledger owns one connection and is
/// used by one
/// thread at a time. After a lost connection or a deadline it is closed: `reconnect()` and try again.
public final class Ledger {
    /// The migration that this program's SQL is written for.
    public static let schemaVersion = 10

    private let conninfo: String
    private let role: LedgerRole?
    private let deadline: Duration
    private let idleInTransaction: Duration
    /// Open unless a call ended with a lost connection or a deadline.
    public private(set) var connection: PostgresConnection
    /// Months that are known to need no new partition, as months since year 0.
    var knownMonths: Set<Int> = []
    /// This connection has planned the statements of a delivery.
    var isRehearsed = false

    /// Connects and checks the schema's version.
    /// - Parameters:
    ///   - conninfo: libpq's connection string or URL.
    ///   - role: taken on after connecting (`SET ROLE`); `nil` keeps the connecting user.
    ///   - deadline: for connecting and for each call.
    ///   - idleInTransaction: after so long without a word inside a transaction the server ends the session:
    ///     a process that stands still must not keep its locks.
    /// - Throws: `LedgerError`: `schemaTooOld`, `schemaTooNew`, or PostgreSQL's fault.
    public static func open(
        conninfo: String, role: LedgerRole? = nil, deadline: Duration = .seconds(10),
        idleInTransaction: Duration = .seconds(15)
    ) throws -> Ledger {
        try Ledger(
            conninfo: conninfo, role: role, deadline: deadline, idleInTransaction: idleInTransaction)
    }

    private init(
        conninfo: String, role: LedgerRole?, deadline: Duration, idleInTransaction: Duration
    ) throws {
        self.conninfo = conninfo
        self.role = role
        self.deadline = deadline
        self.idleInTransaction = idleInTransaction
        connection = try Self.connect(conninfo, role, deadline, idleInTransaction)
    }

    public var isOpen: Bool { connection.isOpen }

    public func close() { connection.close() }

    /// Replaces the connection by another one to the same database.
    public func reconnect() throws {
        connection.close()
        isRehearsed = false
        connection = try Self.connect(conninfo, role, deadline, idleInTransaction)
    }

    /// Settings by which the server lets go of locks before this side has to cut the connection: of one that
    /// it waits for, of those of a client that stands still, and of those of a client that is gone.
    private static func patience(_ deadline: Duration, _ idleInTransaction: Duration) -> String {
        let lock = max(1, Int(deadline * 0.8 / .milliseconds(1)))
        let idle = max(1, Int(idleInTransaction / .milliseconds(1)))
        return """
            SET lock_timeout = \(lock); SET idle_in_transaction_session_timeout = \(idle);
            SELECT set_config(name, '1000', false) FROM pg_settings
            WHERE name = 'client_connection_check_interval'
            """
    }

    /// An alert is longer than a row that PostgreSQL leaves alone: packing it with pglz was half of the
    /// server's work on it. Servers that were built without lz4 keep pglz.
    private static let compression = """
        SELECT set_config(name, 'lz4', false) FROM pg_settings
        WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)
        """

    private static func connect(
        _ conninfo: String, _ role: LedgerRole?, _ deadline: Duration, _ idleInTransaction: Duration
    ) throws -> PostgresConnection {
        try LedgerError.wrapping {
            let connection = try PostgresConnection(conninfo: conninfo, deadline: deadline)
            try connection.execute("SET timezone = 'UTC'; SET synchronous_commit = on; \(compression)")
            try connection.execute(Self.patience(deadline, idleInTransaction))
            let version = try MigrationsTable.version(connection)
            guard version >= schemaVersion else {
                throw LedgerError(
                    code: .schemaTooOld(found: version, needed: schemaVersion), operation: "open",
                    cause: "the schema is at \(version), \(schemaVersion) is needed; run: vigie migrate up")
            }
            guard version == schemaVersion else {
                throw LedgerError(
                    code: .schemaTooNew(found: version, known: schemaVersion), operation: "open",
                    cause: "the schema is at \(version), this program knows \(schemaVersion); upgrade it")
            }
            // After the check: without a schema there are no roles either.
            if let role { try connection.execute("SET ROLE \(role.rawValue)") }
            return connection
        }
    }
}
