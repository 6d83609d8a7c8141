import Banking
import PostgresClient

/// An operating fault of the ledger. Its text never holds customer data.
public struct LedgerError: Error, Sendable, Equatable {
    public enum Code: Sendable, Equatable {
        /// PostgreSQL or the way to it failed.
        case postgres(PostgresError)
        /// Another instance has taken these partitions over; nothing was written. Give them up.
        case fenced(topic: String, partitions: [Int32])
        /// The offsets kept for this topic belong to another Kafka cluster.
        case otherCluster(known: String)
        /// The database has no schema or an older one: `vigie migrate up` is needed.
        case schemaTooOld(found: Int, needed: Int)
        /// The database was migrated by a newer program, which this one must not touch.
        case schemaTooNew(found: Int, known: Int)
        /// A migration file is missing, doubled, out of order, or differs from what was applied.
        case migration
        /// Other instances have not delivered what a checkpoint stands for: it must wait for them.
        case notDelivered
        /// A stored row cannot be read back as a value of the domain.
        case unreadableRow
    }

    public let code: Code
    public let operation: String
    public let cause: String

    public init(code: Code, operation: String, cause: String) {
        self.code = code
        self.operation = operation
        self.cause = cause
    }

    init(_ error: PostgresError) {
        self.init(code: .postgres(error), operation: error.operation, cause: error.description)
    }

    /// Whether the same call may succeed later (on a new connection where this one is closed).
    public var isRetriable: Bool {
        if case .postgres(let error) = code { return error.isRetriable }
        return code == .notDelivered
    }

    /// True when a COMMIT was sent and its answer never came: read `progress` on a new connection.
    public var isOutcomeUnknown: Bool {
        if case .postgres(let error) = code { return error.isOutcomeUnknown }
        return false
    }

    /// True when another connection may do what this one cannot: it began while the database only reads, or
    /// leads to a server that no longer leads.
    public var wantsOtherConnection: Bool {
        if case .postgres(let error) = code { return error.sqlState == "25006" }
        return false
    }

    /// Runs `body` and turns PostgreSQL's errors into the ledger's.
    static func wrapping<R>(_ body: () throws -> R) throws -> R {
        do {
            return try body()
        } catch let error as PostgresError {
            throw LedgerError(error)
        } catch let error as FailpointError {
            throw LedgerError(
                PostgresError(code: .closed, operation: "failpoint", cause: error.cause))
        }
    }
}

extension LedgerError: CustomStringConvertible {
    public var description: String { "ledger \(operation): \(cause)" }
}
