import PostgresClient

/// One row of `progress`.
public struct PartitionClaim: Hashable, Sendable {
    public var topic: String
    public var partition: Int32
    /// State is kept for everything before it: reading goes on here.
    public var nextOffset: Int64
    /// Everything before it is delivered and not scored again.
    public var deliveredOffset: Int64
    public var epoch: Int64
    public var clusterID: String
}

/// SQL of `vigie.progress`.
enum ProgressTable {
    private static let columns =
        "source_topic, source_partition, next_offset, delivered_offset, epoch, cluster_id"

    private static let advance = PostgresStatement(
        "progress.advance",
        """
        UPDATE vigie.progress p
        SET next_offset = greatest(p.next_offset, b.next_offset),
            delivered_offset = greatest(p.delivered_offset, b.delivered_offset), updated_at = now()
        FROM unnest($2::text[], $3::integer[], $4::bigint[], $5::bigint[], $6::bigint[])
            AS b (source_topic, source_partition, next_offset, delivered_offset, epoch)
        WHERE p.job = $1::text AND p.source_topic = b.source_topic
            AND p.source_partition = b.source_partition AND p.epoch = b.epoch
        RETURNING p.source_topic, p.source_partition
        """)

    private static let follow = PostgresStatement(
        "progress.follow",
        """
        UPDATE vigie.progress p
        SET next_offset = greatest(p.next_offset, b.next_offset), updated_at = now()
        FROM unnest($3::integer[], $4::bigint[]) AS b (source_partition, next_offset)
        WHERE p.job = $1::text AND p.source_topic = $2::text
            AND p.source_partition = b.source_partition AND p.delivered_offset >= b.next_offset
        RETURNING p.source_partition
        """)

    private static let claim = PostgresStatement(
        "progress.claim",
        """
        INSERT INTO vigie.progress (job, source_topic, source_partition, cluster_id)
        SELECT $1::text, $2::text, p, $4::text FROM unnest($3::integer[]) AS p ORDER BY p
        ON CONFLICT (job, source_topic, source_partition)
        DO UPDATE SET epoch = progress.epoch + 1, updated_at = now()
        RETURNING \(columns)
        """)

    private static let select = PostgresStatement(
        "progress.select",
        "SELECT \(columns) FROM vigie.progress WHERE job = $1::text ORDER BY 1, 2")

    /// Moves partitions forward (never back), each only under its epoch.
    /// - Throws: `fenced` when a partition has another epoch or no row.
    static func advance(
        job: String, _ advances: [PartitionAdvance], _ connection: PostgresConnection
    ) throws {
        guard !advances.isEmpty else { return }
        var topics = PostgresArray(of: .text, capacity: advances.count)
        var partitions = PostgresArray(of: .int4, capacity: advances.count)
        var offsets = PostgresArray(of: .int8, capacity: advances.count)
        var epochs = PostgresArray(of: .int8, capacity: advances.count)
        var delivered = PostgresArray(of: .int8, capacity: advances.count)
        for one in advances {
            topics.append(one.topic)
            partitions.append(one.partition)
            if let offset = one.nextOffset { offsets.append(offset) } else { offsets.appendNull() }
            if let offset = one.deliveredOffset { delivered.append(offset) } else { delivered.appendNull() }
            epochs.append(one.epoch)
        }
        let rows = try connection.query(
            advance,
            [
                .text(job), .array(topics), .array(partitions), .array(offsets), .array(delivered),
                .array(epochs),
            ])
        // Where the update found all rows there is nothing to look up.
        guard rows.count < advances.count else { return }
        var held: [String: Set<Int64>] = [:]
        for row in 0..<rows.count {
            let partition = try rows.int64(row, 1) ?? -1
            held[try rows.string(row, 0) ?? "", default: []].insert(partition)
        }
        let lost = advances.filter { held[$0.topic]?.contains(Int64($0.partition)) != true }
        guard let topic = lost.first?.topic else { return }
        let lostPartitions = Set(lost.filter { $0.topic == topic }.map(\.partition)).sorted()
        throw LedgerError(
            code: .fenced(topic: topic, partitions: lostPartitions), operation: "deliver",
            cause: "another instance took over \(topic) \(lostPartitions)")
    }

    /// Moves nothing, so that the server has planned the statement before it is needed.
    static func rehearse(_ connection: PostgresConnection) throws {
        let arrays = [PostgresType.text, .int4, .int8, .int8, .int8].map {
            PostgresValue.array(PostgresArray(of: $0, capacity: 0))
        }
        try connection.query(advance, [.text("")] + arrays)
    }

    /// Moves other instances' partitions forward for a checkpoint of the whole topic, as far as they have
    /// delivered.
    /// - Throws: `notDelivered` when one of them is not that far.
    static func follow(
        job: String, topic: String, _ offsets: [(partition: Int32, nextOffset: Int64)],
        _ connection: PostgresConnection
    ) throws {
        guard !offsets.isEmpty else { return }
        var partitions = PostgresArray(of: .int4, capacity: offsets.count)
        var next = PostgresArray(of: .int8, capacity: offsets.count)
        for one in offsets {
            partitions.append(one.partition)
            next.append(one.nextOffset)
        }
        let rows = try connection.query(
            follow, [.text(job), .text(topic), .array(partitions), .array(next)])
        guard rows.count < offsets.count else { return }
        throw LedgerError(
            code: .notDelivered, operation: "checkpoint",
            cause: "another instance has not delivered that far yet")
    }

    static func claim(
        job: String, topic: String, partitions: [Int32], clusterID: String, _ connection: PostgresConnection
    ) throws -> [PartitionClaim] {
        var numbers = PostgresArray(of: .int4, capacity: partitions.count)
        for partition in Set(partitions) { numbers.append(partition) }
        let rows = try connection.query(
            claim, [.text(job), .text(topic), .array(numbers), .text(clusterID)])
        let claimed = try read(rows).sorted { $0.partition < $1.partition }
        if let other = claimed.first(where: { $0.clusterID != clusterID }) {
            throw LedgerError(
                code: .otherCluster(known: other.clusterID), operation: "claim",
                cause: "job \(job) has offsets of \(topic) in another Kafka cluster (\(other.clusterID)); "
                    + "use another job name")
        }
        return claimed
    }

    static func all(job: String, _ connection: PostgresConnection) throws -> [PartitionClaim] {
        try read(connection.query(select, [.text(job)]))
    }

    private static func read(_ rows: PostgresRows) throws -> [PartitionClaim] {
        try (0..<rows.count).map { row in
            PartitionClaim(
                topic: try rows.string(row, 0) ?? "",
                partition: Int32(truncatingIfNeeded: try rows.int64(row, 1) ?? 0),
                nextOffset: try rows.int64(row, 2) ?? 0, deliveredOffset: try rows.int64(row, 3) ?? 0,
                epoch: try rows.int64(row, 4) ?? 0, clusterID: try rows.string(row, 5) ?? "")
        }
    }
}
