/// Whether the service does its work now and, if not, what is in the way: a state machine that is told the
/// totals and the time, so that tests step it without waiting.
public struct Readiness: Sendable {
    /// What is in the way.
    public enum Obstacle: String, Sendable {
        /// Nothing was heard of broker and database yet.
        case starting
        /// The last attempt to deliver failed.
        case database
        /// The broker does not say how far the log is.
        case broker
        /// The broker answers, and the dead-letter topic takes nothing.
        case deadLetters = "dead_letters"
        /// Records wait, and none was finished for `patience`.
        case stall
    }

    public enum State: Equatable, Sendable {
        case ready
        case waiting(Obstacle, String)
    }

    /// What the broker answered when it was asked how many records wait.
    public enum Answer: Equatable, Sendable {
        case waiting(Int64)
        case failed(String)
    }

    public private(set) var state = State.waiting(.starting, "the service is starting")
    private let patience: Duration
    private var done: Int64 = -1
    private var lastProgress: ContinuousClock.Instant

    /// - Parameter patience: how long records may wait without any being finished.
    public init(patience: Duration, now: ContinuousClock.Instant) {
        self.patience = patience
        lastProgress = now
    }

    /// Takes a reading.
    /// - Parameter broker: `nil` when the broker was not asked yet.
    /// - Returns: the new state where it differs in kind from the one before, for one line in the log.
    public mutating func take(
        _ totals: PipelineStatistics.Snapshot, broker: Answer?, now: ContinuousClock.Instant
    ) -> State? {
        var behind = totals.received - totals.done
        if case .waiting(let count) = broker { behind += count }
        if totals.done != done || behind <= 0 { lastProgress = now }
        done = totals.done
        let before = state
        state = judge(totals, broker, behind, idle: lastProgress.duration(to: now))
        return Self.obstacle(before) == Self.obstacle(state) ? nil : state
    }

    private func judge(
        _ totals: PipelineStatistics.Snapshot, _ broker: Answer?, _ behind: Int64, idle: Duration
    ) -> State {
        if let fault = totals.deliveryFault { return .waiting(.database, fault) }
        switch broker {
        case nil: return state
        case .failed(let cause): return .waiting(.broker, cause)
        case .waiting: break
        }
        if let fault = totals.deadLetterFault { return .waiting(.deadLetters, fault) }
        guard idle >= patience else { return .ready }
        return .waiting(
            .stall, "\(behind) records wait and none was finished for \(idle.components.seconds) s")
    }

    private static func obstacle(_ state: State) -> Obstacle? {
        if case .waiting(let obstacle, _) = state { obstacle } else { nil }
    }
}
