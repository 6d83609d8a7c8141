import Banking
import Ledger
import Pipeline

/// Rows of one job, written to PostgreSQL under the epochs that `claim` gave. The clerk thread alone uses it.
final class LedgerDesk: DeliveryDesk, @unchecked Sendable {
    // SAFETY: handed to the clerk thread before the pipeline starts, and used by it alone.

    private let ledger: Ledger
    private let job: String
    private let fences: [PartitionAdvance]

    init(_ ledger: Ledger, job: String, claimed: [PartitionClaim]) {
        self.ledger = ledger
        self.job = job
        fences = claimed.map {
            PartitionAdvance(topic: $0.topic, partition: $0.partition, nextOffset: nil, epoch: $0.epoch)
        }
    }

    func deliver(_ delivery: Delivery) throws(DeliveryFault) -> DeliveryReceipt {
        do {
            if !ledger.isOpen { try ledger.reconnect() }
            if !delivery.labels.isEmpty { _ = try ledger.record(delivery.labels) }
            let counts = try ledger.deliver(
                job: job, alerts: delivery.alerts, decisions: delivery.decisions,
                deadLetters: delivery.deadLetters, progress: fences)
            if let checkpoint = delivery.checkpoint {
                try ledger.checkpoint(job: job, advances: advances(checkpoint), state: checkpoint.state)
            }
            return DeliveryReceipt(alerts: counts.alerts, deadLetters: counts.deadLetters)
        } catch let error as LedgerError {
            if case .fenced = error.code { throw .fenced(error.description) }
            // An unknown outcome is delivered again: rows that are there already conflict away.
            throw error.isRetriable || error.isOutcomeUnknown
                ? .passing(error.description) : .lasting(error.description)
        } catch {
            throw .lasting("\(error)")
        }
    }

    private func advances(_ checkpoint: Checkpoint) -> [PartitionAdvance] {
        fences.map { fence in
            var advance = fence
            advance.nextOffset = checkpoint.progress.first {
                $0.topic == fence.topic && $0.partition == fence.partition
            }?.nextOffset
            return advance
        }
    }
}
