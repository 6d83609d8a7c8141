import PostgresClient

/// A partition, and the first offset that a cascade scores.
public struct CascadeRange: Hashable, Sendable {
    public var topic: String
    public var partition: Int32
    public var fromOffset: Int64
    /// `Cascade.identity`, 64 hexadecimal digits.
    public var cascade: String

    public init(topic: String, partition: Int32, fromOffset: Int64, cascade: String) {
        self.topic = topic
        self.partition = partition
        self.fromOffset = fromOffset
        self.cascade = cascade
    }
}

/// SQL of `vigie.cascade_ranges`.
enum CascadeRangesTable {
    /// A range begins where the cascade is not the one of the last range already. A cascade that was pinned
    /// at the same offset and has delivered nothing gives way.
    private static let pin = PostgresStatement(
        "cascade_ranges.pin",
        """
        INSERT INTO vigie.cascade_ranges
            (job, source_topic, source_partition, from_offset, cascade_identity)
        SELECT $1::text, n.source_topic, n.source_partition, n.from_offset, n.cascade
        FROM unnest($2::text[], $3::integer[], $4::bigint[], $5::text[])
            AS n (source_topic, source_partition, from_offset, cascade)
        WHERE n.cascade IS DISTINCT FROM (
            SELECT r.cascade_identity FROM vigie.cascade_ranges r
            WHERE r.job = $1::text AND r.source_topic = n.source_topic
                AND r.source_partition = n.source_partition
            ORDER BY r.from_offset DESC LIMIT 1)
        ON CONFLICT (job, source_topic, source_partition, from_offset)
        DO UPDATE SET cascade_identity = excluded.cascade_identity, pinned_at = now()
        """)

    private static let all = PostgresStatement(
        "cascade_ranges.all",
        """
        SELECT source_topic, source_partition, from_offset, cascade_identity FROM vigie.cascade_ranges
        WHERE job = $1::text ORDER BY 1, 2, 3
        """)

    static func pin(job: String, _ ranges: [CascadeRange], _ connection: PostgresConnection) throws {
        guard !ranges.isEmpty else { return }
        var topics = PostgresArray(of: .text, capacity: ranges.count)
        var partitions = PostgresArray(of: .int4, capacity: ranges.count)
        var offsets = PostgresArray(of: .int8, capacity: ranges.count)
        var cascades = PostgresArray(of: .text, capacity: ranges.count)
        for range in ranges {
            topics.append(range.topic)
            partitions.append(range.partition)
            offsets.append(range.fromOffset)
            cascades.append(range.cascade)
        }
        try connection.query(
            pin, [.text(job), .array(topics), .array(partitions), .array(offsets), .array(cascades)])
    }

    static func all(job: String, _ connection: PostgresConnection) throws -> [CascadeRange] {
        let rows = try connection.query(all, [.text(job)])
        return try (0..<rows.count).map { row in
            CascadeRange(
                topic: try rows.string(row, 0) ?? "",
                partition: Int32(truncatingIfNeeded: try rows.int64(row, 1) ?? 0),
                fromOffset: try rows.int64(row, 2) ?? 0, cascade: try rows.string(row, 3) ?? "")
        }
    }
}

extension Ledger {
    /// Which cascades score a job's partitions, in order of their offsets.
    public func cascadeRanges(job: String) throws -> [CascadeRange] {
        try LedgerError.wrapping { try CascadeRangesTable.all(job: job, connection) }
    }
}
