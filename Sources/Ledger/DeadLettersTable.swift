import Banking
import PostgresClient

/// How often a kind of rejection was met.
public struct RejectionCount: Hashable, Sendable {
    public var field: String
    public var reason: String
    public var count: Int
}

/// SQL of `vigie.dead_letters`.
enum DeadLettersTable {
    private static let insert = PostgresStatement(
        "dead_letters.insert",
        """
        INSERT INTO vigie.dead_letters
            (job, source_topic, source_partition, source_offset, field, reason, hint, record_size,
            record_sha256, received_at)
        SELECT $1::text, b.* FROM unnest($2::text[], $3::integer[], $4::bigint[], $5::text[], $6::text[],
            $7::text[], $8::bigint[], $9::text[], $10::timestamptz[]) AS b
        ON CONFLICT DO NOTHING
        """)

    private static let count = PostgresStatement(
        "dead_letters.count", "SELECT count(*) FROM vigie.dead_letters WHERE job = $1::text")

    private static let reasons = PostgresStatement(
        "dead_letters.reasons",
        """
        SELECT field, reason, count(*) FROM vigie.dead_letters WHERE job = $1::text
        GROUP BY field, reason ORDER BY count(*) DESC, field, reason
        """)

    /// - Returns: dead letters added; positions that have one already are left out.
    static func insert(job: String, _ letters: [DeadLetter], _ connection: PostgresConnection) throws -> Int {
        guard !letters.isEmpty else { return 0 }
        var topics = PostgresArray(of: .text)
        var partitions = PostgresArray(of: .int4)
        var offsets = PostgresArray(of: .int8)
        var fields = PostgresArray(of: .text)
        var reasons = PostgresArray(of: .text)
        var hints = PostgresArray(of: .text)
        var sizes = PostgresArray(of: .int8)
        var digests = PostgresArray(of: .text)
        var moments = PostgresArray(of: .timestamptz)
        for letter in letters {
            topics.append(letter.position.topic)
            partitions.append(letter.position.partition)
            offsets.append(letter.position.offset)
            fields.append(letter.rejection.field)
            reasons.append(letter.rejection.reason)
            hints.append(letter.rejection.hint)
            sizes.append(Int64(letter.recordSize))
            digests.append(letter.recordSHA256)
            moments.append(milliseconds: letter.receivedAt.milliseconds)
        }
        let columns = [topics, partitions, offsets, fields, reasons, hints, sizes, digests, moments]
        return try connection.query(insert, [.text(job)] + columns.map { .array($0) }).affectedCount
    }

    static func count(job: String, _ connection: PostgresConnection) throws -> Int {
        Int(try connection.query(count, [.text(job)]).int64(0, 0) ?? 0)
    }

    static func reasons(job: String, _ connection: PostgresConnection) throws -> [RejectionCount] {
        let rows = try connection.query(reasons, [.text(job)])
        return try (0..<rows.count).map { row in
            RejectionCount(
                field: try rows.string(row, 0) ?? "", reason: try rows.string(row, 1) ?? "",
                count: Int(try rows.int64(row, 2) ?? 0))
        }
    }
}

extension Ledger {
    /// Why records of a job were refused, the most frequent first.
    public func rejectionCounts(job: String) throws -> [RejectionCount] {
        try LedgerError.wrapping { try DeadLettersTable.reasons(job: job, connection) }
    }
}
