import Synchronization

/// Running totals of a pipeline, readable from any thread while it works.
public final class PipelineStatistics: Sendable {
    /// One reading of all totals.
    public struct Snapshot: Sendable {
        /// Records taken from the source.
        public var received: Int64 = 0
        /// Records of which everything that they gave is durable.
        public var done: Int64 = 0
        public var scored: Int64 = 0
        public var duplicates: Int64 = 0
        /// Too late to be counted in state, scored all the same.
        public var late: Int64 = 0
        public var rejected: Int64 = 0
        public var labels: Int64 = 0
        /// Transactions of a band, or with a rule, that the policy wants looked at.
        public var alerts: Int64 = 0
        /// Alert rows that were new in the database.
        public var alertsInserted: Int64 = 0
        public var deliveries: Int64 = 0
        /// Records that were delivered before the start and only made history again.
        public var rebuilt: Int64 = 0
        public var checkpoints: Int64 = 0
        /// State written by all checkpoints.
        public var checkpointBytes: Int64 = 0
        /// From the beginning of each checkpoint until it was durable, added up.
        public var checkpointMicroseconds: Int64 = 0
        /// The longest time that the historian spent on a checkpoint between two batches.
        public var longestPauseMicroseconds: Int64 = 0
        /// Failed attempts to deliver.
        public var deliveryFaults: Int64 = 0
        /// Why the latest attempt to deliver failed; `nil` after one that did not.
        public var deliveryFault: String?
        /// Why the dead-letter topic did not take the latest rejected records; `nil` after it did.
        public var deadLetterFault: String?
        /// The source is paused because batches in flight are not durable yet.
        public var isPaused = false
        /// Every scored transaction, from the arrival of its record until its batch was done with: the
        /// commit where it holds something to commit.
        public var latency = LatencyHistogram()
        /// From the start of the run to the last delivery: the last checkpoint comes after it.
        public var deliveredMicroseconds: Int64 = 0
        /// Alerts alone, from the arrival of the record to the commit of the alert.
        public var alertLatency = LatencyHistogram()
        /// Alerts alone: how long each was in each stage, by `Stage.rawValue`.
        public var stages = [LatencyHistogram](repeating: LatencyHistogram(), count: Stage.allCases.count)
        /// Records that wait behind what was taken; `nil` when unknown.
        public var lag: Int64?
        /// Largest event time seen, as progress of a replay.
        public var effectiveAtMilliseconds: Int64 = 0
    }

    private let state = Mutex(Snapshot())

    public init() {}

    public var snapshot: Snapshot { state.withLock { $0 } }

    /// Records that are scored or rejected: the same as in a snapshot, without its histograms.
    public var settled: Int64 { state.withLock { $0.scored + $0.rejected } }

    func update(_ body: (inout Snapshot) -> Void) { state.withLock { body(&$0) } }
}
