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
    /// The partition under whose epoch the shared state is written.
    private let first: PartitionClaim
    /// Numbers of earlier owners end here; those of this one follow.
    private let base: Int64
    /// Pieces of the checkpoint that is being stored, by partition.
    private var pieces: [Int32: Int32] = [:]
    private var number: UInt32 = 0

    /// - Parameter claimed: at least one partition of `topic`.
    init?(_ ledger: Ledger, job: String, topic: String, claimed: [PartitionClaim]) throws {
        guard let first = claimed.first(where: { $0.topic == topic }) else { return nil }
        self.ledger = ledger
        self.job = job
        self.topic = topic
        self.claimed = claimed
        self.first = first
        base = try ledger.newestPiece(job: job, topic: topic)
    }

    /// Reads the state of the last checkpoint.
    /// - Returns: whether there was any.
    func restore(_ historian: Historian) throws -> Bool {
        var isFresh = true
        try ledger.forEachPiece(job: job, topic: topic, partitions: owners.map(\.partition)) { bytes in
            try historian.restore(piece: bytes)
            isFresh = false
        }
        historian.endRestoring()
        return !isFresh
    }

    func store(_ piece: StatePiece, number: UInt32) throws(DeliveryFault) -> Int {
        if number != self.number {
            self.number = number
            pieces = [:]
        }
        let place = pieces[piece.partition, default: 0]
        pieces[piece.partition] = place + 1
        let epoch = claimed.first { $0.topic == topic && $0.partition == piece.partition }?.epoch
        let bytes = piece.sealed()
        do {
            if !ledger.isOpen { try ledger.reconnect() }
            try ledger.addPiece(
                job: job, topic: topic,
                at: PiecePlace(
                    partition: piece.partition, number: base + Int64(number), epoch: epoch ?? first.epoch,
                    piece: place),
                bytes)
        } catch {
            throw DeliveryFault(error)
        }
        return bytes.count
    }

    func commit(_ checkpoint: Checkpoint) throws(DeliveryFault) {
        do {
            if !ledger.isOpen { try ledger.reconnect() }
            try ledger.checkpoint(
                job: job, topic: topic, number: base + Int64(checkpoint.number), owners: owners,
                advances: claimed.map {
                    PartitionAdvance(
                        topic: $0.topic, partition: $0.partition,
                        nextOffset: checkpoint.progress.offset($0.topic, $0.partition), epoch: $0.epoch)
                })
        } catch {
            throw DeliveryFault(error)
        }
        // The checkpoint counts already: what it makes superfluous may stay until the next one.
        guard checkpoint.oldestNeeded > 0 else { return }
        try? ledger.dropState(
            job: job, topic: topic, partitions: owners.map(\.partition),
            below: base + Int64(min(checkpoint.oldestNeeded, checkpoint.number)))
    }

    private var owners: [(partition: Int32, epoch: Int64)] {
        let partitions = claimed.filter { $0.topic == topic }.map { ($0.partition, $0.epoch) }
        return partitions + [(StatePiece.shared, first.epoch)]
    }
}
