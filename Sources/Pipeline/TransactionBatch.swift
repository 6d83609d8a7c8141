import Banking
import Descriptions
import History
import RiskModels

/// What waits together on its way through the pipeline. Batches are made once and reused.
///
/// A batch belongs to one thread at a time: whoever received it from a queue.
final class TransactionBatch: @unchecked Sendable {
    // SAFETY: handed over whole through `BoundedQueue`, whose lock orders the accesses.

    /// A valid transaction and where it came from.
    struct Arrival {
        var transaction = Transaction()
        var topic = 0
        var partition: Int32 = 0
        var offset: Int64 = 0
        /// Monotonic nanoseconds when the source handed the record over.
        var arrivedAt: Int64 = 0
    }

    // Reception
    var arrivals: [Arrival] = []
    var labels: [Label] = []
    var rejected: [RejectedRecord] = []
    /// Records that were taken into it, whatever became of them.
    var receivedCount: Int64 = 0
    /// After this batch, for every partition seen so far.
    var progress: [PartitionProgress] = []

    // Historian
    /// Place in the order of delivery, gap-free from 0.
    var sequence = 0
    /// What it is scored with; it changes in order of `sequence`. Set before scoring.
    var cascade: CascadeInUse?
    // One row per transaction that is scored, and the arrival that it belongs to.
    var rows: [FactRow] = []
    var rowArrivals: [Int32] = []
    var duplicateCount = 0
    var lateCount = 0
    /// Delivered before this pipeline began: they only made history.
    var rebuiltCount = 0

    /// Event time of the last transaction that is scored; `nil` where none is.
    var lastScored: Timestamp? {
        rowArrivals.last.map { arrivals[Int($0)].transaction.effectiveAt }
    }

    // Scoring
    var descriptions = DescriptionBatch()
    var verdicts: [Verdict] = []
    /// Places in `rows` of what becomes an alert, ascending.
    var alertRows: [Int32] = []
    /// Arrival times of the same, monotonic nanoseconds.
    var alertArrivals: [Int64] = []
    var decisions: [Decision] = []

    // Explaining
    var alerts: [Alert] = []

    var stages = StageEnds()

    /// Most transactions.
    let capacity: Int

    init(capacity: Int) {
        self.capacity = capacity
        arrivals.reserveCapacity(capacity)
        rows.reserveCapacity(capacity)
        rowArrivals.reserveCapacity(capacity)
        verdicts.reserveCapacity(capacity)
    }

    /// Forgets everything and keeps the memory.
    func clear() {
        arrivals.removeAll(keepingCapacity: true)
        labels.removeAll(keepingCapacity: true)
        rejected.removeAll(keepingCapacity: true)
        progress.removeAll(keepingCapacity: true)
        rows.removeAll(keepingCapacity: true)
        rowArrivals.removeAll(keepingCapacity: true)
        receivedCount = 0
        cascade = nil
        duplicateCount = 0
        lateCount = 0
        rebuiltCount = 0
        descriptions.removeAll()
        verdicts.removeAll(keepingCapacity: true)
        alertRows.removeAll(keepingCapacity: true)
        alerts.removeAll(keepingCapacity: true)
        alertArrivals.removeAll(keepingCapacity: true)
        decisions.removeAll(keepingCapacity: true)
        stages.clear()
    }
}
