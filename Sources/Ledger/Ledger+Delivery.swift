import Banking
import PostgresClient

/// How far a partition is after a delivery, and by which right it is written.
public struct PartitionAdvance: Hashable, Sendable {
    public var topic: String
    public var partition: Int32
    /// State is kept for everything before it; `nil` leaves it.
    public var nextOffset: Int64?
    /// Everything before it is delivered; `nil` leaves it.
    public var deliveredOffset: Int64?
    /// As `claim` gave it.
    public var epoch: Int64

    public init(
        topic: String, partition: Int32, nextOffset: Int64? = nil, deliveredOffset: Int64? = nil, epoch: Int64
    ) {
        self.topic = topic
        self.partition = partition
        self.nextOffset = nextOffset
        self.deliveredOffset = deliveredOffset
        self.epoch = epoch
    }
}

/// Rows that a delivery added; what was there already is not counted.
public struct DeliveryCounts: Hashable, Sendable {
    public var alerts = 0
    public var decisions = 0
    public var deadLetters = 0

    public init(alerts: Int = 0, decisions: Int = 0, deadLetters: Int = 0) {
        self.alerts = alerts
        self.decisions = decisions
        self.deadLetters = deadLetters
    }
}

extension Ledger {
    /// Writes a batch and the progress it makes, all or nothing, in one transaction.
    ///
    /// A record or transaction that has its row already keeps it: delivering the same again adds nothing. A
    /// transaction id that alerted before gets no second alert in the same job.
    /// - Parameters:
    ///   - progress: every partition that the batch comes from.
    ///   - ranges: where another cascade begins.
    /// - Throws: `LedgerError`; `fenced` when a partition's epoch is no longer the one given, and nothing was
    ///   written then. With `isOutcomeUnknown` the batch may be there: deliver it again after `reconnect()`.
    public func deliver(
        job: String, alerts: [Alert], decisions: [Decision] = [], deadLetters: [DeadLetter] = [],
        progress: [PartitionAdvance], ranges: [CascadeRange] = []
    ) throws -> DeliveryCounts {
        try LedgerError.wrapping {
            try AlertsTable.ensureMonths(
                of: alerts.lazy.map(\.decision.effectiveAt), known: &knownMonths, connection)
            let counts = try connection.transaction {
                // The fence comes first: its row locks also keep a new owner out until the commit.
                try ProgressTable.advance(job: job, progress, connection)
                try CascadeRangesTable.pin(job: job, ranges, connection)
                try Failpoint.deliveryBeforeRows.pass()
                let counts = DeliveryCounts(
                    alerts: try AlertsTable.insert(job: job, alerts, connection),
                    decisions: try DecisionsTable.insert(job: job, decisions, connection),
                    deadLetters: try DeadLettersTable.insert(job: job, deadLetters, connection))
                try Failpoint.deliveryBeforeCommit.pass()
                return counts
            }
            try Failpoint.deliveryAfterCommit.pass()
            return counts
        }
    }

    /// Does ahead what the first alert of a connection or of a month would wait for: planning of the
    /// statements, and the month's partition. Where that is done it costs nothing; no row is written.
    /// - Parameter moments: about which alerts may come.
    public func prepare(for moments: [Timestamp]) throws {
        try LedgerError.wrapping {
            try AlertsTable.ensureMonths(of: moments, known: &knownMonths, connection)
            guard !isRehearsed else { return }
            try ProgressTable.rehearse(connection)
            try AlertsTable.rehearse(connection)
            isRehearsed = true
        }
    }

    /// Takes partitions over: whoever had them can no longer write. New partitions begin at offset 0.
    /// - Parameters:
    ///   - clusterID: Kafka's identifier of the cluster; offsets of another one are refused.
    ///   - cascade: what scores from the delivered offsets on (`Cascade.identity`); `nil` where nothing does.
    /// - Returns: one entry per partition, in ascending order.
    /// - Throws: `LedgerError`; `otherCluster` when offsets of another cluster are kept under this name.
    public func claim(
        job: String, topic: String, partitions: [Int32], clusterID: String, cascade: String? = nil
    ) throws -> [PartitionClaim] {
        try LedgerError.wrapping {
            try Failpoint.beforeClaim.pass()
            let claimed = try connection.transaction {
                let claims = try ProgressTable.claim(
                    job: job, topic: topic, partitions: partitions, clusterID: clusterID, connection)
                if let cascade {
                    let ranges = claims.map {
                        CascadeRange(
                            topic: topic, partition: $0.partition, fromOffset: $0.deliveredOffset,
                            cascade: cascade)
                    }
                    try CascadeRangesTable.pin(job: job, ranges, connection)
                }
                return claims
            }
            try Failpoint.afterClaim.pass()
            return claimed
        }
    }

    /// How far a job is, by topic and partition.
    public func progress(job: String) throws -> [PartitionClaim] {
        try LedgerError.wrapping { try ProgressTable.all(job: job, connection) }
    }

    /// Rows of a job in alerts, decisions and dead letters.
    public func counts(job: String) throws -> DeliveryCounts {
        try LedgerError.wrapping {
            DeliveryCounts(
                alerts: try AlertsTable.count(job: job, connection),
                decisions: try DecisionsTable.count(job: job, connection),
                deadLetters: try DeadLettersTable.count(job: job, connection))
        }
    }
}
