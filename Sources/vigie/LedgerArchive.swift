import Foundation
import History
import Ledger
import Pipeline

/// Checkpoints of one job in PostgreSQL, over a connection of their own. The archivist thread alone uses it.
final class LedgerArchive: ArchiveDesk, @unchecked Sendable {
    // SAFETY: handed to the archivist thread before the pipeline starts, and used by it alone.

    private let ledger: Ledger
    private let job: String
    /// The topic of the transactions.
    private let topic: String
    private let claimed: [PartitionClaim]
    /// All of `topic`: the state is that of the whole topic, whoever delivers a partition.
    private let partitions: [Int32]
    /// The partition under whose epoch state is written.
    private let first: PartitionClaim
    /// Numbers of earlier owners end here; those of this one follow.
    private let base: Int64
    /// Pieces of the checkpoint that is being stored, by partition.
    private var pieces: [Int32: Int32] = [:]
    private var number: UInt32 = 0

    /// - Parameters:
    ///   - partitions: all of `topic`.
    ///   - claimed: those that this instance delivers. The owner of the first one keeps the checkpoints.
    init?(
        _ ledger: Ledger, job: String, topic: String, partitions: [Int32], claimed: [PartitionClaim]
    ) throws {
        let lowest = partitions.min()
        guard let first = claimed.first(where: { $0.topic == topic && $0.partition == lowest })
        else { return nil }
        self.partitions = partitions
        self.ledger = ledger
        self.job = job
        self.topic = topic
        self.claimed = claimed
        self.first = first
        base = try ledger.newestPiece(job: job, topic: topic)
    }

    /// Reads the state of the job's last checkpoint.
    /// - Returns: whether there was any, and the progress that belongs to it.
    static func restore(
        _ historian: Historian, _ ledger: Ledger, job: String, topic: String, partitions: [Int32]
    ) throws -> (isFresh: Bool, progress: [PartitionProgress]) {
        var isFresh = true
        let all = partitions + [StatePiece.shared]
        let claims = try ledger.forEachPiece(job: job, topic: topic, partitions: all) { bytes in
            try historian.restore(piece: bytes)
            isFresh = false
        }
        historian.endRestoring()
        let progress = claims.filter { $0.nextOffset > 0 }.map {
            PartitionProgress(topic: $0.topic, partition: $0.partition, nextOffset: $0.nextOffset)
        }
        return (isFresh, progress)
    }

    func store(_ piece: StatePiece, number: UInt32) throws(DeliveryFault) -> Int {
        if number != self.number {
            self.number = number
            pieces = [:]
        }
        let place = pieces[piece.partition, default: 0]
        pieces[piece.partition] = place + 1
        let bytes = piece.sealed()
        do {
            if !ledger.isOpen { try ledger.reconnect() }
            try ledger.addPiece(
                job: job, topic: topic,
                at: PiecePlace(
                    partition: piece.partition, number: base + Int64(number), epoch: first.epoch,
                    piece: place),
                bytes)
        } catch {
            throw DeliveryFault(error, of: ledger)
        }
        return bytes.count
    }

    func commit(_ checkpoint: Checkpoint) throws(DeliveryFault) {
        let others = Set(partitions).subtracting(claimed.filter { $0.topic == topic }.map(\.partition))
        let followed = others.sorted().compactMap { partition in
            checkpoint.progress.offset(topic, partition).map { (partition: partition, nextOffset: $0) }
        }
        do {
            if !ledger.isOpen { try ledger.reconnect() }
            try waitingForOthers {
                try ledger.checkpoint(
                    job: job, topic: topic, number: base + Int64(checkpoint.number), owners: owners,
                    advances: claimed.map {
                        let offset = checkpoint.progress.offset($0.topic, $0.partition)
                        // Every batch before it is delivered; the last ones may have had no rows.
                        return PartitionAdvance(
                            topic: $0.topic, partition: $0.partition, nextOffset: offset,
                            deliveredOffset: offset, epoch: $0.epoch)
                    }, followed: followed)
            }
        } catch {
            throw DeliveryFault(error, of: ledger)
        }
        // The checkpoint counts already: what it makes superfluous may stay until the next one.
        guard checkpoint.oldestNeeded > 0 else { return }
        try? ledger.dropState(
            job: job, topic: topic, partitions: owners.map(\.partition),
            below: base + Int64(min(checkpoint.oldestNeeded, checkpoint.number)))
    }

    /// Other instances deliver their progress once a second: one that is a little behind is waited for.
    private func waitingForOthers(_ commit: () throws -> Void) throws {
        let deadline = ContinuousClock.now + .seconds(3)
        while true {
            do {
                return try commit()
            } catch let error as LedgerError where error.code == .notDelivered {
                guard ContinuousClock.now < deadline else { throw error }
                usleep(100_000)
            }
        }
    }

    private var owners: [(partition: Int32, epoch: Int64)] {
        (partitions + [StatePiece.shared]).map { ($0, first.epoch) }
    }
}
