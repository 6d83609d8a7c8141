import Banking
import PostgresClient

/// SQL of `vigie.checkpoints` and `vigie.state_pieces`.
///
/// Pieces come first and are committed one by one; they count only once `checkpoints` has their number, which
/// is written together with the progress under the fence. Numbers are never used twice by one owner, and a
/// piece also carries its owner's epoch: what a fenced owner leaves behind never counts.
enum CheckpointsTable {
    static let addPiece = PostgresStatement(
        "state_pieces.add",
        """
        INSERT INTO vigie.state_pieces
            (job, source_topic, source_partition, number, epoch, piece, state)
        VALUES ($1::text, $2::text, $3::integer, $4::bigint, $5::bigint, $6::integer, $7::bytea)
        """)

    static let add = PostgresStatement(
        "checkpoints.add",
        """
        INSERT INTO vigie.checkpoints (job, source_topic, source_partition, number, epoch)
        SELECT $1::text, $2::text, p.source_partition, $3::bigint, p.epoch
        FROM unnest($4::integer[], $5::bigint[]) AS p (source_partition, epoch)
        """)

    static let drop = PostgresStatement(
        "checkpoints.drop", "SELECT vigie.drop_state($1::text, $2::text, $3::integer[], $4::bigint)")

    static let newest = PostgresStatement(
        "state_pieces.newest",
        """
        SELECT coalesce(max(number), 0) FROM (
            SELECT number FROM vigie.state_pieces WHERE job = $1::text AND source_topic = $2::text
            UNION ALL
            SELECT number FROM vigie.checkpoints WHERE job = $1::text AND source_topic = $2::text) n
        """)

    /// What counts, as it must be read: the newest first, what is shared after all partitions.
    static let list = PostgresStatement(
        "state_pieces.list",
        """
        SELECT s.source_partition, s.number, s.epoch, s.piece
        FROM vigie.state_pieces s
        JOIN vigie.checkpoints c USING (job, source_topic, source_partition, number, epoch)
        WHERE s.job = $1::text AND s.source_topic = $2::text AND s.source_partition = ANY ($3::integer[])
        ORDER BY s.source_partition < 0, s.number DESC, s.source_partition, s.piece
        """)

    static let load = PostgresStatement(
        "state_pieces.load",
        """
        SELECT state FROM vigie.state_pieces WHERE job = $1::text AND source_topic = $2::text
            AND source_partition = $3::integer AND number = $4::bigint AND epoch = $5::bigint
            AND piece = $6::integer
        """)
}

/// Where a piece of state stands.
public struct PiecePlace: Hashable, Sendable {
    public var partition: Int32
    public var number: Int64
    public var epoch: Int64
    public var piece: Int32

    public init(partition: Int32, number: Int64, epoch: Int64, piece: Int32) {
        self.partition = partition
        self.number = number
        self.epoch = epoch
        self.piece = piece
    }
}

extension Ledger {
    /// Stores a piece of state. It counts once `checkpoint` names its number.
    /// - Parameter bytes: of the program's own format, a few MiB at most.
    public func addPiece(job: String, topic: String, at place: PiecePlace, _ bytes: [UInt8]) throws {
        _ = try LedgerError.wrapping {
            try Failpoint.checkpointBeforeRows.pass()
            try connection.query(
                CheckpointsTable.addPiece,
                [
                    .text(job), .text(topic), .int4(place.partition), .int8(place.number),
                    .int8(place.epoch), .int4(place.piece), .bytea(bytes),
                ])
        }
    }

    /// Makes the pieces of a number count, together with the progress that they belong to, under the fence.
    /// - Parameters:
    ///   - topic: the topic of the transactions.
    ///   - owners: the partitions of `topic` whose state it is, with their epochs; −1 stands for what all
    ///     partitions share.
    ///   - advances: every partition of this owner that the state has seen, with its epoch and next offset.
    ///   - followed: next offsets of the partitions of `topic` that other instances deliver.
    /// - Throws: `LedgerError`; `fenced` when another instance took a partition over, `notDelivered` when
    ///   another instance is not that far: try again.
    public func checkpoint(
        job: String, topic: String, number: Int64, owners: [(partition: Int32, epoch: Int64)],
        advances: [PartitionAdvance], followed: [(partition: Int32, nextOffset: Int64)] = []
    ) throws {
        var partitions = PostgresArray(of: .int4, capacity: owners.count)
        var epochs = PostgresArray(of: .int8, capacity: owners.count)
        for owner in owners {
            partitions.append(owner.partition)
            epochs.append(owner.epoch)
        }
        try LedgerError.wrapping {
            // Every piece is on disk already: deliveries, which wait for the fence's locks, wait for little.
            try connection.transaction {
                try ProgressTable.advance(job: job, advances, connection)
                try ProgressTable.follow(job: job, topic: topic, followed, connection)
                try connection.query(
                    CheckpointsTable.add,
                    [.text(job), .text(topic), .int8(number), .array(partitions), .array(epochs)])
                try Failpoint.checkpointBeforeCommit.pass()
            }
            try Failpoint.checkpointAfterCommit.pass()
        }
    }

    /// Lets go of the checkpoints of partitions before a number.
    public func dropState(job: String, topic: String, partitions: [Int32], below number: Int64) throws {
        _ = try LedgerError.wrapping {
            try connection.query(
                CheckpointsTable.drop,
                [.text(job), .text(topic), .array(Self.array(partitions)), .int8(number)])
        }
    }

    /// The highest number that a piece of this job ever had, whether it counts or not; 0 without any.
    public func newestPiece(job: String, topic: String) throws -> Int64 {
        try LedgerError.wrapping {
            try connection.query(CheckpointsTable.newest, [.text(job), .text(topic)]).int64(0, 0) ?? 0
        }
    }

    /// Lends the pieces of the last checkpoint, one in memory at a time: the newest first, what is shared
    /// last. All is read as it was at one moment, also while another instance commits a checkpoint.
    /// - Parameter partitions: with −1 for what all partitions share.
    /// - Returns: the job's progress that belongs to it.
    @discardableResult
    public func forEachPiece(
        job: String, topic: String, partitions: [Int32], _ body: ([UInt8]) throws -> Void
    ) throws -> [PartitionClaim] {
        try LedgerError.wrapping {
            try connection.transaction {
                try connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                let progress = try ProgressTable.all(job: job, connection)
                try lendPieces(job: job, topic: topic, partitions: partitions, body)
                return progress
            }
        }
    }

    private func lendPieces(
        job: String, topic: String, partitions: [Int32], _ body: ([UInt8]) throws -> Void
    ) throws {
        let list = try connection.query(
            CheckpointsTable.list, [.text(job), .text(topic), .array(Self.array(partitions))])
        for row in 0..<list.count {
            func key(_ column: Int) throws -> Int64 { try list.int64(row, column) ?? 0 }
            let piece = try connection.query(
                CheckpointsTable.load,
                [
                    .text(job), .text(topic), .int4(Int32(truncatingIfNeeded: try key(0))),
                    .int8(try key(1)), .int8(try key(2)), .int4(Int32(truncatingIfNeeded: try key(3))),
                ])
            guard piece.count == 1, let bytes = try piece.bytes(0, 0) else {
                throw LedgerError(
                    code: .unreadableRow, operation: "state", cause: "a piece of state is missing")
            }
            try body(bytes)
        }
    }

    private static func array(_ partitions: [Int32]) -> PostgresArray {
        var array = PostgresArray(of: .int4, capacity: partitions.count)
        for partition in partitions { array.append(partition) }
        return array
    }
}
