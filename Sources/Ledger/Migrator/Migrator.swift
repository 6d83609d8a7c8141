import Foundation
import PostgresClient

/// What became of one migration.
public struct MigrationStatus: Sendable, Equatable {
    public enum State: Sendable, Equatable {
        case pending
        /// RFC 3339.
        case applied(at: String)
        /// Applied, but the file is no longer what it was.
        case changed(at: String)
    }

    public var version: Int
    public var name: String
    public var state: State
}

/// Brings the schema up or down, one migration per transaction, one migrator at a time.
///
/// The files are numbered without gaps, each with its way back. What was applied is known by its SHA-256: a
/// file that was changed afterwards is refused, and so is a schema that is newer than the files.
public final class Migrator {
    private let files: [MigrationFile]
    private let connection: PostgresConnection

    /// Any number will do, as long as it stays: "vigie" in ASCII.
    private static let lock = 0x76_6967_6965

    /// - Parameters:
    ///   - conninfo: of a user who may create roles for the first migration; later ones need
    ///     `vigie_migrator`.
    ///   - folder: `NNNN_name.sql` and `NNNN_name.down.sql`.
    ///   - deadline: for each migration, and for waiting until another migrator is done.
    /// - Throws: `LedgerError`; `migration` for a folder with gaps, duplicates or missing directions.
    public init(conninfo: String, folder: URL, deadline: Duration = .seconds(300)) throws {
        files = try MigrationFile.all(in: folder)
        connection = try LedgerError.wrapping {
            try PostgresConnection(conninfo: conninfo, deadline: deadline)
        }
    }

    /// The newest migration in the folder.
    public var newestVersion: Int { files.last?.version ?? 0 }

    /// Every migration of the folder, ascending.
    /// - Throws: `schemaTooNew` when the database has migrations that the folder does not.
    public func status() throws -> [MigrationStatus] {
        try LedgerError.wrapping {
            let applied = try MigrationsTable.all(connection)
            try refuseNewer(applied)
            return try files.map { file in
                var state = MigrationStatus.State.pending
                if let row = applied.first(where: { $0.version == file.version }) {
                    let isSame = try MigrationsTable.sha256(file.up, connection) == row.sha256
                    state = isSame ? .applied(at: row.appliedAt) : .changed(at: row.appliedAt)
                }
                return MigrationStatus(version: file.version, name: file.name, state: state)
            }
        }
    }

    /// Applies what is pending, up to and including `target` (the newest when `nil`).
    /// - Returns: the versions applied, none when the schema was there already.
    @discardableResult
    public func up(to target: Int? = nil) throws -> [Int] {
        try LedgerError.wrapping {
            try withLock {
                try MigrationsTable.create(connection)
                let applied = try verified()
                let pending = files.filter {
                    $0.version > applied && $0.version <= (target ?? newestVersion)
                }
                for file in pending {
                    let sha256 = try MigrationsTable.sha256(file.up, connection)
                    try run(file.up, named: file) {
                        try MigrationsTable.insert(file, sha256: sha256, connection)
                    }
                }
                return pending.map(\.version)
            }
        }
    }

    /// Takes migrations back until `target` is the newest one applied (0 = none). Data in dropped
    /// tables is lost.
    /// - Returns: the versions taken back, newest first.
    @discardableResult
    public func down(to target: Int) throws -> [Int] {
        try LedgerError.wrapping {
            try withLock {
                let applied = try verified()
                let undone = files.filter { $0.version <= applied && $0.version > target }.reversed()
                for file in undone {
                    try run(file.down, named: file) { try MigrationsTable.delete(file.version, connection) }
                }
                return undone.map(\.version)
            }
        }
    }

    /// Runs a file and its book-keeping in one transaction.
    private func run(_ sql: String, named file: MigrationFile, _ book: () throws -> Void) throws {
        do {
            try connection.transaction {
                try connection.execute(sql, operation: "migrate")
                guard connection.isInTransaction else {
                    throw MigrationFile.fault("the file ends its own transaction; leave COMMIT out")
                }
                try book()
            }
        } catch let error as PostgresError {
            guard error.sqlState != nil, !error.isRetriable else { throw error }
            throw MigrationFile.fault("\(file.version) \(file.name): \(error)")
        }
    }

    /// Checks what was applied against the files.
    /// - Returns: the newest version applied.
    private func verified() throws -> Int {
        let applied = try MigrationsTable.all(connection)
        try refuseNewer(applied)
        for (place, row) in applied.enumerated() {
            guard row.version == place + 1 else {
                throw MigrationFile.fault("the database has \(row.version) but not \(place + 1)")
            }
            let file = files[place]
            guard try MigrationsTable.sha256(file.up, connection) == row.sha256 else {
                throw MigrationFile.fault(
                    "\(file.version) \(file.name) was changed after it was applied on \(row.appliedAt); "
                        + "restore the file and write a further migration instead")
            }
        }
        return applied.count
    }

    private func refuseNewer(_ applied: [MigrationsTable.Row]) throws {
        guard let newest = applied.last?.version, newest > newestVersion else { return }
        throw LedgerError(
            code: .schemaTooNew(found: newest, known: newestVersion), operation: "migrate",
            cause: "the schema is at \(newest), these migrations end at \(newestVersion); "
                + "upgrade the program")
    }

    /// Holds the advisory lock, which the server releases by itself when this process dies.
    private func withLock<R>(_ body: () throws -> R) throws -> R {
        try connection.query("SELECT pg_advisory_lock($1)", [.int8(Int64(Self.lock))], operation: "lock")
        defer {
            // Closing releases the lock even where the session can no longer say so.
            do {
                try connection.query("SELECT pg_advisory_unlock($1)", [.int8(Int64(Self.lock))])
            } catch {
                connection.close()
            }
        }
        return try body()
    }
}
