import Banking
import Ledger
import Pipeline

/// Rows of one job, written to PostgreSQL under the epochs that `claim` gave. The clerk thread alone uses it.
final class LedgerDesk: DeliveryDesk, @unchecked Sendable {
    // SAFETY: handed to the clerk thread before the pipeline starts, and used by it alone.

    private let ledger: Ledger
    private let job: String
    /// The topic (or file) of the transactions.
    private let topic: String
    private let claimed: [PartitionClaim]
    private let fences: [PartitionAdvance]
    /// Getting ready did not fail since the last delivery.
    private var mayPrepare = true

    init(_ ledger: Ledger, job: String, topic: String, claimed: [PartitionClaim]) {
        self.ledger = ledger
        self.job = job
        self.topic = topic
        self.claimed = claimed
        fences = claimed.map {
            PartitionAdvance(topic: $0.topic, partition: $0.partition, epoch: $0.epoch)
        }
    }

    func deliver(_ delivery: Delivery) throws(DeliveryFault) -> DeliveryReceipt {
        do {
            if !ledger.isOpen { try ledger.reconnect() }
            if !delivery.labels.isEmpty { _ = try ledger.record(delivery.labels) }
            let advances = fences.map { fence in
                var advance = fence
                advance.deliveredOffset = delivery.progress.offset(fence.topic, fence.partition)
                return advance
            }
            let counts = try ledger.deliver(
                job: job, alerts: delivery.alerts, decisions: delivery.decisions,
                deadLetters: delivery.deadLetters, progress: advances, ranges: ranges(delivery.pin))
            mayPrepare = true
            return DeliveryReceipt(alerts: counts.alerts, deadLetters: counts.deadLetters)
        } catch {
            throw DeliveryFault(error, of: ledger)
        }
    }

    func prepare(for moment: Timestamp) {
        guard mayPrepare, ledger.isOpen else { return }
        do {
            try ledger.prepare(for: [moment, moment.adding(seconds: 7 * 86_400)])
        } catch {
            // The delivery meets it again and says so; a connection that broke is closed until then.
            mayPrepare = false
            _ = DeliveryFault(error, of: ledger)
        }
    }

    private func ranges(_ pin: CascadePin?) -> [CascadeRange] {
        guard let pin else { return [] }
        return claimed.filter { $0.topic == topic }.map { claim in
            CascadeRange(
                topic: claim.topic, partition: claim.partition,
                fromOffset: pin.from.offset(claim.topic, claim.partition) ?? claim.deliveredOffset,
                cascade: pin.cascade)
        }
    }
}

extension DeliveryFault {
    /// What a fault of the ledger means; a connection that cannot mend it is closed.
    init(_ error: any Error, of ledger: Ledger) {
        if (error as? LedgerError)?.wantsOtherConnection == true { ledger.close() }
        guard let error = error as? LedgerError else {
            self = .lasting("\(error)")
            return
        }
        if case .fenced = error.code {
            self = .fenced(error.description)
        } else {
            // An unknown outcome is delivered again: rows that are there already conflict away.
            self = error.isRetriable || error.isOutcomeUnknown
                ? .passing(error.description) : .lasting(error.description)
        }
    }
}

extension [PartitionProgress] {
    func offset(_ topic: String, _ partition: Int32) -> Int64? {
        first { $0.partition == partition && $0.topic == topic }?.nextOffset
    }
}
