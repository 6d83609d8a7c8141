/// What a consumer has to say besides records: values, never thrown from a poll.
public enum ConsumerEvent: Sendable, Hashable {
    /// The reader stands behind the newest record (only with `enable.partition.eof=true`); `offset` is the
    /// offset that the next record will have.
    case reachedEnd(TopicPartition, offset: Int64)
    /// The offset asked for is not in the log. The partition is not read any further until
    /// `assign`: nothing is skipped silently.
    case offsetOutOfRange(TopicPartition, offset: Int64, KafkaError)
    /// A partition gave nothing for a while, though it is not known to be at its end: those that it is merged
    /// with (`MergedPartitions`) are read without it until it does.
    case overtaken(TopicPartition)
    /// A fault of one partition. The client goes on by itself if the error is retriable.
    case partitionFailed(TopicPartition, KafkaError)
    /// A fault of the connection, the group or the client. The client goes on by itself unless the error's
    /// code is `.fatal`.
    case failed(KafkaError)
    /// An asynchronous commit did not succeed.
    case commitFailed(KafkaError)
}

/// What one call of `Consumer.poll` met.
public enum PollOutcome: Sendable, Hashable {
    /// The time ran out (or a rebalance was served).
    case nothing
    /// A record was lent to the closure.
    case record
    case event(ConsumerEvent)
}

/// What one call of `Consumer.drain` met: it stops at an event, so events keep their place among records.
public struct Drained: Sendable, Hashable {
    /// Records that were lent to the closure.
    public var records: Int
    public var event: ConsumerEvent?

    public init(records: Int, event: ConsumerEvent? = nil) {
        self.records = records
        self.event = event
    }
}

/// The owner's part in a rebalance. All are called on the poll thread, inside `poll`, `drain` or `close`,
/// and may call the consumer's other methods. The assignor is eager: everything is revoked before
/// something is assigned.
public struct RebalanceHandlers {
    /// Gets the partitions of this consumer and returns those to read, each with its first offset: librdkafka
    /// never decides where to start. A partition that is left out stays unread until `assign`.
    public var onAssign: ([TopicPartition]) -> [TopicPartitionOffset]
    /// The partitions are still ours: the last moment to finish work and save progress.
    public var onRevoke: ([TopicPartition]) -> Void
    /// The partitions already belong to somebody else: give up their state, write nothing.
    public var onLost: ([TopicPartition]) -> Void

    public init(
        onAssign: @escaping ([TopicPartition]) -> [TopicPartitionOffset],
        onRevoke: @escaping ([TopicPartition]) -> Void,
        onLost: @escaping ([TopicPartition]) -> Void
    ) {
        self.onAssign = onAssign
        self.onRevoke = onRevoke
        self.onLost = onLost
    }
}
