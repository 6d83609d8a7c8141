/// An operating fault of PostgreSQL or of the way to it.
///
/// Its text never holds customer data: the DETAIL, HINT and CONTEXT lines of the server are dropped, and
/// so is the message of data exceptions (class 22), which quotes the value at fault.
public struct PostgresError: Error, Sendable, Equatable {
    public enum Code: Hashable, Sendable {
        /// PostgreSQL refused: its five-letter SQLSTATE.
        case server(sqlState: String)
        /// No connection could be made.
        case connectFailed
        /// The connection broke during a call.
        case connectionLost
        /// The client-side deadline passed; the connection was closed.
        case deadlineExceeded
        /// The connection was closed before this call.
        case closed
        /// A column was read as a type that it does not have, or does not exist.
        case wrongType
        /// The caller's input cannot be used: connection string, too many parameters, too large a value.
        case invalidInput
        /// A program on this machine is missing or failed (`LocalCluster`).
        case localServer
    }

    public let code: Code
    /// What was being done: `connect`, `query`, `commit`, …
    public let operation: String
    /// Why, in one line.
    public let cause: String

    public init(code: Code, operation: String, cause: String) {
        self.code = code
        self.operation = operation
        self.cause = cause
    }

    /// The SQLSTATE when PostgreSQL itself refused.
    public var sqlState: String? {
        if case .server(let state) = code { return state }
        return nil
    }

    /// Whether the same work may succeed later, on this connection or on another one.
    public var isRetriable: Bool {
        switch code {
        case .connectFailed, .connectionLost, .deadlineExceeded, .closed: true
        case .wrongType, .invalidInput, .localServer: false
        case .server(let state): Self.isRetriable(sqlState: state)
        }
    }

    /// True when a COMMIT was sent and its answer never came: the transaction may or may not be there.
    public var isOutcomeUnknown: Bool {
        operation == "commit" && (code == .connectionLost || code == .deadlineExceeded)
    }

    /// Classes of PostgreSQL's appendix A that pass by themselves: connection, rollback, resources, lock not
    /// available, operator intervention, system error, read-only (a standby being promoted), and a
    /// transaction that stood still for too long, as in a process that was stopped.
    private static func isRetriable(sqlState state: String) -> Bool {
        let classes = ["08", "40", "53", "57", "58"]
        let states = ["55P03", "25006", "25P03", "55006"]
        return classes.contains(String(state.prefix(2))) || states.contains(state)
    }
}

extension PostgresError: CustomStringConvertible {
    public var description: String {
        switch code {
        case .server(let state): "PostgreSQL refused (\(operation)): \(cause) [\(state)]"
        default: "PostgreSQL \(operation): \(cause)"
        }
    }
}
