import Banking
import Foundation

/// Alerts that wait to be explained. Any number of threads take them one by one, of the oldest batch first,
/// so that many alerts in one batch do not wait for one thread.
///
/// SAFETY (`@unchecked Sendable`): `condition` guards the entries; while a batch is here its explainers only
/// read it, and the board alone writes to it.
final class ReasonBoard: @unchecked Sendable {
    fileprivate final class Entry {
        let batch: TransactionBatch
        /// In the order of `batch.alertRows`; `nil` where one is not explained yet.
        var alerts: [Alert?]
        var taken = 0
        var left: Int

        init(_ batch: TransactionBatch) {
            self.batch = batch
            left = batch.alertRows.count
            alerts = Array(repeating: nil, count: left)
        }
    }

    /// One alert to explain.
    struct Task {
        let batch: TransactionBatch
        /// Its place in `batch.rows`.
        let row: Int
        fileprivate let place: Int
        fileprivate let entry: Entry
    }

    private let condition = NSCondition()
    /// Batches with an alert that nobody has taken.
    private var entries: [Entry] = []
    private var isClosed = false

    /// Takes a batch with at least one alert.
    func add(_ batch: TransactionBatch) {
        condition.withLock {
            entries.append(Entry(batch))
            condition.broadcast()
        }
    }

    /// Waits for an alert; `nil` when the board is closed and nothing waits.
    func take() -> Task? {
        condition.lock()
        defer { condition.unlock() }
        while entries.isEmpty, !isClosed { condition.wait() }
        guard let entry = entries.first else { return nil }
        let place = entry.taken
        if place == 0 { entry.batch.stages.end(.waitingForReasons) }
        entry.taken += 1
        if entry.taken == entry.alerts.count { entries.removeFirst() }
        return Task(
            batch: entry.batch, row: Int(entry.batch.alertRows[place]), place: place, entry: entry)
    }

    /// Takes an alert back, explained.
    /// - Returns: whether its batch is complete; it then belongs to the caller.
    func finish(_ task: Task, _ alert: Alert) -> Bool {
        condition.withLock {
            let entry = task.entry
            entry.alerts[task.place] = alert
            entry.left -= 1
            guard entry.left == 0 else { return false }
            entry.batch.alerts = entry.alerts.compactMap { $0 }
            entry.batch.stages.end(.reasons)
            return true
        }
    }

    func close() {
        condition.withLock {
            isClosed = true
            condition.broadcast()
        }
    }
}
