import CPostgres
import Glibc

/// What came back for one command.
enum PostgresReply {
    case rows(PostgresRows)
    case copyIn
}

extension PostgresConnection {
    /// Sends what is buffered and collects the replies of one round, until the server is ready again or
    /// wants COPY data.
    ///
    /// All replies are read even after an error, so that the connection can be used again; the first error
    /// is thrown. After a deadline or a broken connection it is closed.
    func collect(_ operation: String, until end: ContinuousClock.Instant) throws -> [PostgresReply] {
        let handle = try openHandle(operation)
        var replies: [PostgresReply] = []
        var fault: PostgresError?
        try flush(operation, until: end)
        while true {
            try awaitReply(operation, until: end)
            guard let result = PQgetResult(handle) else { break }
            switch PQresultStatus(result) {
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_SINGLE_TUPLE, PGRES_EMPTY_QUERY:
                replies.append(.rows(PostgresRows(owning: result)))
            case PGRES_COPY_IN:
                PQclear(result)
                replies.append(.copyIn)
                return replies
            case PGRES_COPY_OUT, PGRES_COPY_BOTH:
                PQclear(result)
                abandon()
                throw PostgresError(
                    code: .invalidInput, operation: operation, cause: "COPY TO is not read here")
            default:
                fault = fault ?? Self.error(operation, result)
                PQclear(result)
            }
        }
        if PQstatus(handle) != CONNECTION_OK {
            close()
            // An administrator's shutdown has a SQLSTATE; a broken pipe has none.
            throw fault ?? Self.lost(operation)
        }
        if let fault { throw fault }
        return replies
    }

    /// Writes the send buffer out, reading meanwhile so that neither side waits for the other.
    func flush(_ operation: String, until end: ContinuousClock.Instant) throws {
        let handle = try openHandle(operation)
        while true {
            switch PQflush(handle) {
            case 0: return
            case 1:
                try awaitSocket(operation, events: Int16(POLLIN | POLLOUT), until: end)
                guard PQconsumeInput(handle) == 1 else { throw closeLost(operation) }
            default: throw closeLost(operation)
            }
        }
    }

    private func awaitReply(_ operation: String, until end: ContinuousClock.Instant) throws {
        let handle = try openHandle(operation)
        while PQisBusy(handle) == 1 {
            try awaitSocket(operation, events: Int16(POLLIN), until: end)
            // A failure here leaves its message as a result: PQgetResult hands it out.
            if PQconsumeInput(handle) == 0 { return }
        }
    }

    /// Waits for the socket; closes the connection and throws when the deadline passes.
    func awaitSocket(_ operation: String, events: Int16, until end: ContinuousClock.Instant) throws {
        let handle = try openHandle(operation)
        guard try Self.wait(socket: PQsocket(handle), for: events, until: end) else {
            abandon()
            throw PostgresError(
                code: .deadlineExceeded, operation: operation,
                cause: "no answer in time; the connection was closed")
        }
    }

    func closeLost(_ operation: String) -> PostgresError {
        close()
        return Self.lost(operation)
    }

    static func lost(_ operation: String) -> PostgresError {
        PostgresError(code: .connectionLost, operation: operation, cause: "the connection broke")
    }

    /// The error of a failed result without what it quotes from the data.
    private static func error(_ operation: String, _ result: OpaquePointer) -> PostgresError {
        func field(_ code: Character) -> String? {
            PQresultErrorField(result, Int32(code.asciiValue ?? 0)).map { String(cString: $0) }
        }
        guard let state = field("C") else { return lost(operation) }
        var cause = field("M") ?? "no message"
        if state.hasPrefix("22") { cause = "a value does not fit its type or range" }
        if let constraint = field("n"), !cause.contains(constraint) { cause += " (\(constraint))" }
        return PostgresError(code: .server(sqlState: state), operation: operation, cause: cause)
    }
}
