import Banking
import Foundation
import KafkaClient
import Pipeline

/// This instance's place in the consumer group that shares a topic: which partitions it scores and delivers.
///
/// The group only says who owns what; the member reads nothing. What an assignment is worth is decided by the
/// ledger's epochs: a member that has not noticed that it lost its partitions is fenced by the next owner.
///
/// An assignment is held → while it is, a rebalance ends the work and waits until it is let go → released.
final class GroupMember: @unchecked Sendable {
    // SAFETY: `condition` guards the mutable parts; the consumer belongs to the member's thread.

    struct Assignment: Equatable {
        /// Grows with each rebalance.
        var number: Int
        var partitions: [Int32]
    }

    private let consumer: Consumer
    private let topic: String
    private let releaseDeadline: Duration
    private let log: @Sendable (String) -> Void
    private let condition = NSCondition()
    private var assignment: Assignment?
    private var number = 0
    private var isHeld = false
    private var isStopped = false
    private var endWork: (@Sendable () -> Void)?
    private var fault: KafkaError?
    private var thread: PipelineThread?

    /// Joins the group; the first join takes a few seconds.
    /// - Parameter releaseDeadline: how long a rebalance waits for the work on an assignment to end.
    init(
        _ configuration: KafkaConfiguration, group: String, topic: String, releaseDeadline: Duration,
        log: @escaping @Sendable (String) -> Void
    ) throws(KafkaError) {
        consumer = try Consumer(configuration, group: group)
        self.topic = topic
        self.releaseDeadline = releaseDeadline
        self.log = log
        let handlers = RebalanceHandlers(
            onAssign: { [weak self] partitions in
                self?.assign(partitions.map(\.partition).sorted())
                // Members read the whole topic, by another consumer.
                return []
            },
            onRevoke: { [weak self] _ in self?.give(up: "revoked") },
            onLost: { [weak self] _ in self?.give(up: "lost") })
        try consumer.subscribe(to: [topic], rebalance: handlers)
        thread = PipelineThread(name: "vigie-member") { [weak self] in
            while let self, self.serve() {}
        }
    }

    /// What the group gives to this member now.
    var assigned: Assignment? { condition.withLock { assignment } }

    /// Leaves the group. librdkafka 2.0.2 may stand still in a rebalance that comes just then: the member is
    /// given up, as if its process had died, and the group learns of it when the session is over.
    func close() {
        stop()
        let hasEnded = thread?.join(atMost: Consumer.closeTimeout + .seconds(2)) ?? true
        if !hasEnded { log("the group was not left in time") }
        thread = nil
    }

    /// Ends the work and all waiting; from any thread.
    func stop() {
        let endWork = condition.withLock {
            isStopped = true
            condition.broadcast()
            return self.endWork
        }
        endWork?()
    }

    /// Waits for an assignment that is newer than the last one, and holds it. A last one that ended without a
    /// rebalance (fenced by a member that came late) is held again after `patience`.
    /// - Returns: `nil` when the member was stopped.
    /// - Throws: `PipelineError` when the group cannot be used any more.
    func hold(after last: Assignment?, patience: Duration = .seconds(10)) throws -> Assignment? {
        let deadline = Date(timeIntervalSinceNow: patience / .seconds(1))
        condition.lock()
        defer { condition.unlock() }
        while !isStopped {
            if let fault {
                throw PipelineError(code: .source, operation: "join", cause: fault.description)
            }
            if let assignment, !assignment.partitions.isEmpty, assignment != last || Date() > deadline {
                isHeld = true
                return assignment
            }
            _ = condition.wait(until: Date(timeIntervalSinceNow: 0.1))
        }
        return nil
    }

    /// Names what a rebalance has to call to end the work on a held assignment; calls it at once when that
    /// has come already.
    func work(on assignment: Assignment, endedBy end: @escaping @Sendable () -> Void) {
        let isOver = condition.withLock {
            endWork = end
            return isStopped || self.assignment != assignment
        }
        if isOver { end() }
    }

    /// The work on the held assignment has ended.
    func release() {
        condition.withLock {
            isHeld = false
            endWork = nil
            condition.broadcast()
        }
    }

    // MARK: - On the member's thread

    private func serve() -> Bool {
        guard !condition.withLock({ isStopped && !isHeld }) else {
            do throws(KafkaError) { try consumer.close() } catch { log(error.description) }
            return false
        }
        let outcome = consumer.poll(timeout: .milliseconds(100)) { _ in }
        switch outcome {
        case .event(.failed(let error)), .event(.partitionFailed(_, let error)):
            if error.code == .fatal {
                condition.withLock {
                    fault = error
                    condition.broadcast()
                }
            }
            log(error.description)
        default: break
        }
        return true
    }

    private func assign(_ partitions: [Int32]) {
        condition.withLock {
            number += 1
            assignment = Assignment(number: number, partitions: partitions)
            condition.broadcast()
        }
        log("partitions of \(topic) assigned: \(partitions)")
    }

    /// Waits until the work on the assignment has ended: then its rows and progress are durable. A member
    /// that takes longer is fenced by the next owner.
    private func give(up cause: String) {
        log("partitions of \(topic) \(cause)")
        let endWork = condition.withLock {
            assignment = nil
            return self.endWork
        }
        Failpoint.beforeRelease.reach()
        endWork?()
        let deadline = Date(timeIntervalSinceNow: releaseDeadline / .seconds(1))
        condition.lock()
        while isHeld, condition.wait(until: deadline) {}
        let isOver = !isHeld
        condition.unlock()
        log("work on them \(isOver ? "has ended" : "goes on: the next owner fences it")")
        Failpoint.afterRelease.reach()
    }
}
