import CPostgres

/// SQL that a connection prepares at its first use and then knows by name.
public struct PostgresStatement: Sendable {
    public let name: String
    public let sql: String

    /// - Parameters:
    ///   - name: unique within the program; `table.action`.
    ///   - sql: one command with `$1`, `$2`, … ; casts (`$1::bigint[]`) say the types.
    public init(_ name: String, _ sql: String) {
        self.name = name
        self.sql = sql
    }
}

/// How PostgreSQL writes values in its answer.
public enum PostgresFormat: Int32, Sendable {
    case text = 0
    case binary = 1
}

extension PostgresConnection {
    /// Runs SQL without parameters: one or more commands of the program's own, never text from outside.
    /// - Returns: the rows of the last command.
    @discardableResult
    public func execute(
        _ sql: String, operation: String = "execute", deadline: Duration? = nil
    ) throws -> PostgresRows {
        let end = ContinuousClock.now + (deadline ?? self.deadline)
        let handle = try openHandle(operation)
        guard PQsendQuery(handle, sql) == 1 else { throw sendFault(operation) }
        return try lastRows(operation, collect(operation, until: end))
    }

    /// Runs one command with bound parameters.
    @discardableResult
    public func query(
        _ sql: String, _ values: [PostgresValue] = [], format: PostgresFormat = .text,
        operation: String = "query", deadline: Duration? = nil
    ) throws -> PostgresRows {
        let end = ContinuousClock.now + (deadline ?? self.deadline)
        let handle = try openHandle(operation)
        try checkCount(values, operation)
        let sent = parameters.with(values) { count, types, pointers, lengths, formats in
            PQsendQueryParams(handle, sql, count, types, pointers, lengths, formats, format.rawValue)
        }
        guard sent == 1 else { throw sendFault(operation) }
        return try lastRows(operation, collect(operation, until: end))
    }

    /// Runs a statement, preparing it first if this connection has not yet.
    @discardableResult
    public func query(
        _ statement: PostgresStatement, _ values: [PostgresValue] = [], format: PostgresFormat = .binary,
        deadline: Duration? = nil
    ) throws -> PostgresRows {
        let end = ContinuousClock.now + (deadline ?? self.deadline)
        let operation = statement.name
        let handle = try openHandle(operation)
        try checkCount(values, operation)
        if !preparedNames.contains(statement.name) {
            guard PQsendPrepare(handle, statement.name, statement.sql, 0, nil) == 1 else {
                throw sendFault(operation)
            }
            _ = try collect(operation, until: end)
            preparedNames.insert(statement.name)
        }
        let sent = parameters.with(values) { count, _, pointers, lengths, formats in
            PQsendQueryPrepared(
                handle, statement.name, count, pointers, lengths, formats, format.rawValue)
        }
        guard sent == 1 else { throw sendFault(operation) }
        return try lastRows(operation, collect(operation, until: end))
    }

    /// Runs `body` between BEGIN and COMMIT; any error rolls back and is thrown on.
    ///
    /// - Throws: also the COMMIT's own error. When its `isOutcomeUnknown` is true, the transaction may or may
    ///   not have happened: connect again and look.
    public func transaction<R>(_ body: () throws -> R) throws -> R {
        try execute("BEGIN", operation: "begin")
        let value: R
        do {
            value = try body()
        } catch {
            // The first error is the one to tell; a rollback that fails leaves a closed connection.
            if isOpen { do { try execute("ROLLBACK", operation: "rollback") } catch { abandon() } }
            throw error
        }
        // COMMIT of a failed transaction answers ROLLBACK without an error.
        guard isOpen, isInTransaction else {
            throw PostgresError(
                code: .invalidInput, operation: "transaction", cause: "the transaction was ended inside")
        }
        try execute("COMMIT", operation: "commit")
        return value
    }

    private func checkCount(_ values: [PostgresValue], _ operation: String) throws {
        guard values.count <= Int(UInt16.max) else {
            throw PostgresError(code: .invalidInput, operation: operation, cause: "too many parameters")
        }
    }

    private func sendFault(_ operation: String) -> PostgresError {
        guard let handle, PQstatus(handle) == CONNECTION_OK else { return closeLost(operation) }
        return PostgresError(
            code: .invalidInput, operation: operation, cause: "the command could not be sent")
    }

    private func lastRows(_ operation: String, _ replies: [PostgresReply]) throws -> PostgresRows {
        guard case .rows(let rows)? = replies.last else {
            abandon()
            throw PostgresError(
                code: .invalidInput, operation: operation, cause: "COPY is run by copy(into:)")
        }
        return rows
    }
}
