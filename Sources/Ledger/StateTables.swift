import Banking
import PostgresClient

/// State of a whole partition as of an offset.
public struct PartitionState: Sendable, Equatable {
    /// First record that the state has not seen.
    public var nextOffset: Int64
    /// Bytes of the program's own format, cut anywhere.
    public var chunks: [[UInt8]]

    public init(nextOffset: Int64, chunks: [[UInt8]]) {
        self.nextOffset = nextOffset
        self.chunks = chunks
    }
}

/// State of one account or counterpart.
public struct KeyedState: Sendable, Equatable {
    public var key: Pseudonym
    /// Bytes of the program's own format.
    public var state: [UInt8]

    public init(key: Pseudonym, state: [UInt8]) {
        self.key = key
        self.state = state
    }
}

/// Whose state it is.
public enum StateOwner: String, Sendable {
    case account, counterpart
}

/// SQL of `vigie.partition_state`, `vigie.account_state` and `vigie.counterpart_state`.
enum StateTables {
    static let savePartition = PostgresStatement(
        "partition_state.save",
        """
        INSERT INTO vigie.partition_state (job, source_topic, source_partition, chunk, next_offset, state)
        SELECT $1::text, $2::text, $3::integer, (place - 1)::integer, $4::bigint, state
        FROM unnest($5::bytea[]) WITH ORDINALITY AS b (state, place)
        ON CONFLICT (job, source_topic, source_partition, chunk)
        DO UPDATE SET next_offset = excluded.next_offset, state = excluded.state, updated_at = now()
        """)

    /// Chunks of an earlier, longer state: the writer may not delete, so they become empty.
    static let emptyRest = PostgresStatement(
        "partition_state.empty_rest",
        """
        UPDATE vigie.partition_state SET next_offset = $4::bigint, state = '', updated_at = now()
        WHERE job = $1::text AND source_topic = $2::text AND source_partition = $3::integer
            AND chunk >= $5::bigint
        """)

    static let loadPartition = PostgresStatement(
        "partition_state.load",
        """
        SELECT next_offset, state FROM vigie.partition_state
        WHERE job = $1::text AND source_topic = $2::text AND source_partition = $3::integer
        ORDER BY chunk
        """)

    static func saveKeyed(_ owner: StateOwner) -> PostgresStatement {
        PostgresStatement(
            "\(owner.rawValue)_state.save",
            """
            INSERT INTO vigie.\(owner.rawValue)_state
                (job, source_topic, source_partition, \(owner.rawValue), state)
            SELECT $1::text, $2::text, $3::integer, b.* FROM unnest($4::text[], $5::bytea[]) AS b
            ON CONFLICT (job, source_topic, source_partition, \(owner.rawValue))
            DO UPDATE SET state = excluded.state, updated_at = now()
            """)
    }

    static func loadKeyed(_ owner: StateOwner) -> PostgresStatement {
        PostgresStatement(
            "\(owner.rawValue)_state.load",
            """
            SELECT \(owner.rawValue), state FROM vigie.\(owner.rawValue)_state
            WHERE job = $1::text AND source_topic = $2::text AND source_partition = $3::integer
                AND \(owner.rawValue) > $4::text
            ORDER BY \(owner.rawValue) LIMIT $5::bigint
            """)
    }
}

extension Ledger {
    /// Writes a checkpoint: the partition's state and its progress, all or nothing, under the fence.
    /// - Parameters:
    ///   - advance: the partition, its epoch and the offset that the state belongs to.
    ///   - state: the whole partition's state, or `nil` to leave it.
    ///   - accounts: state of single accounts to add or replace, each key once.
    ///   - counterparts: the same for counterparts.
    /// - Throws: `LedgerError`; `fenced` when another instance took the partition over.
    public func checkpoint(
        job: String, advance: PartitionAdvance, state: PartitionState?,
        accounts: [KeyedState] = [], counterparts: [KeyedState] = []
    ) throws {
        try LedgerError.wrapping {
            let key: [PostgresValue] = [.text(job), .text(advance.topic), .int4(advance.partition)]
            try connection.transaction {
                try ProgressTable.advance(job: job, [advance], connection)
                if let state {
                    var chunks = PostgresArray(of: .bytea)
                    for chunk in state.chunks { chunks.append(chunk) }
                    let next = PostgresValue.int8(state.nextOffset)
                    try connection.query(StateTables.savePartition, key + [next, .array(chunks)])
                    let count = PostgresValue.int8(Int64(state.chunks.count))
                    try connection.query(StateTables.emptyRest, key + [next, count])
                }
                for (owner, entries) in [(StateOwner.account, accounts), (.counterpart, counterparts)]
                where !entries.isEmpty {
                    var keys = PostgresArray(of: .text, capacity: entries.count * 3)
                    var states = PostgresArray(of: .bytea, capacity: entries.count * 16)
                    for entry in entries {
                        keys.append(entry.key.hexadecimal)
                        states.append(entry.state)
                    }
                    try connection.query(StateTables.saveKeyed(owner), key + [.array(keys), .array(states)])
                }
            }
        }
    }

    /// The state that the last checkpoint wrote; `nil` when there is none.
    public func partitionState(job: String, topic: String, partition: Int32) throws -> PartitionState? {
        try LedgerError.wrapping {
            let rows = try connection.query(
                StateTables.loadPartition, [.text(job), .text(topic), .int4(partition)])
            guard rows.count > 0, let next = try rows.int64(0, 0) else { return nil }
            var state = PartitionState(nextOffset: next, chunks: [])
            for row in 0..<rows.count {
                let chunk = try rows.bytes(row, 1) ?? []
                if !chunk.isEmpty { state.chunks.append(chunk) }
            }
            return state
        }
    }

    /// Lends the state of every account or counterpart of a partition, ascending by key, page by page.
    public func forEachState(
        of owner: StateOwner, job: String, topic: String, partition: Int32,
        _ body: (KeyedState) throws -> Void
    ) throws {
        let pageSize = 10_000
        var last = ""
        while true {
            let page = try LedgerError.wrapping {
                let rows = try connection.query(
                    StateTables.loadKeyed(owner),
                    [.text(job), .text(topic), .int4(partition), .text(last), .int8(Int64(pageSize))])
                return try (0..<rows.count).map { row in
                    (try rows.string(row, 0) ?? "", try rows.bytes(row, 1) ?? [])
                }
            }
            for (text, state) in page {
                guard let key = Pseudonym(hexadecimal: text) else {
                    throw LedgerError(
                        code: .unreadableRow, operation: "state", cause: "a key is no pseudonym")
                }
                try body(KeyedState(key: key, state: state))
            }
            guard page.count == pageSize, let final = page.last else { return }
            last = final.0
        }
    }
}
