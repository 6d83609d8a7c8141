import Banking
import PostgresClient

/// SQL of `vigie.job_state`.
enum JobStateTable {
    /// Bytes of one chunk at most: well below PostgreSQL's limit of 1 GB for a value.
    static let chunkBytes = 8 << 20

    static let save = PostgresStatement(
        "job_state.save",
        """
        INSERT INTO vigie.job_state (job, chunk, state) VALUES ($1::text, $2::integer, $3::bytea)
        ON CONFLICT (job, chunk) DO UPDATE SET state = excluded.state, updated_at = now()
        """)

    /// Chunks of an earlier, longer state: the writer may not delete, so they become empty.
    static let emptyRest = PostgresStatement(
        "job_state.empty_rest",
        """
        UPDATE vigie.job_state SET state = '', updated_at = now()
        WHERE job = $1::text AND chunk >= $2::integer AND state <> ''
        """)

    static let load = PostgresStatement(
        "job_state.load", "SELECT state FROM vigie.job_state WHERE job = $1::text ORDER BY chunk")
}

extension Ledger {
    /// Writes a checkpoint: the state and the progress that it belongs to, all or nothing, under the fence.
    /// - Parameters:
    ///   - advances: every partition that the state has seen, with its epoch and next offset.
    ///   - state: bytes of the program's own format, cut into chunks here.
    /// - Throws: `LedgerError`; `fenced` when another instance took a partition over.
    public func checkpoint(job: String, advances: [PartitionAdvance], state: [UInt8]) throws {
        try LedgerError.wrapping {
            try connection.transaction {
                try ProgressTable.advance(job: job, advances, connection)
                try Failpoint.checkpointBeforeRows.pass()
                var chunk: Int32 = 0
                for start in stride(from: 0, to: state.count, by: JobStateTable.chunkBytes) {
                    let end = min(start + JobStateTable.chunkBytes, state.count)
                    try connection.query(
                        JobStateTable.save, [.text(job), .int4(chunk), .bytea(Array(state[start..<end]))])
                    chunk += 1
                }
                try connection.query(JobStateTable.emptyRest, [.text(job), .int4(chunk)])
                try Failpoint.checkpointBeforeCommit.pass()
            }
            try Failpoint.checkpointAfterCommit.pass()
        }
    }

    /// The state that the last checkpoint wrote; `nil` when there is none.
    public func state(job: String) throws -> [UInt8]? {
        try LedgerError.wrapping {
            let rows = try connection.query(JobStateTable.load, [.text(job)])
            var state: [UInt8] = []
            for row in 0..<rows.count { state += try rows.bytes(row, 0) ?? [] }
            return state.isEmpty ? nil : state
        }
    }
}
