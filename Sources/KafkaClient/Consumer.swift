import CRdKafka
import Glibc

/// A reader of Kafka topics: of whole topics as member of a group (`subscribe`), or of chosen partitions from
/// chosen offsets (`assign`), which takes part in no group.
///
/// **Thread**: `poll`, `drain` and `close` belong to the one thread that polls first (checked), and so do all
/// closures given to this class. The other methods may be called from any thread. Keep polling, also
/// when nothing is wanted: a group member that does not poll for `max.poll.interval.ms` loses its partitions.
///
/// SAFETY (`@unchecked Sendable`): the mutable state is that of `context` and `pollThread`, touched by the
/// poll thread alone (and by `init`, before any other thread can know the object).
public final class Consumer: @unchecked Sendable {
    let handle: ClientHandle
    let context: ConsumerContext
    private var pollThread: pthread_t?

    /// - Parameters:
    ///   - group: the consumer group. nil for a reader that only assigns: librdkafka wants a name all the
    ///     same, so it gets `<client.id>-ungrouped` and never joins or commits, unless `group.id` is set.
    ///   - onStatistics: gets librdkafka's statistics as JSON on the poll thread, every
    ///     `statistics.interval.ms` (must be set).
    /// - Throws: `KafkaError` of operation `configure` that names the setting at fault.
    public init(
        _ configuration: KafkaConfiguration, group: String? = nil, onStatistics: ((String) -> Void)? = nil
    ) throws(KafkaError) {
        var configuration = configuration
        if let group { configuration["group.id"] = group }
        if configuration["group.id"] == nil {
            configuration["group.id"] = (configuration["client.id"] ?? "vigie") + "-ungrouped"
        }
        context = ConsumerContext(onLog: configuration.onLog)
        context.onStatistics = onStatistics
        handle = try ClientHandle(
            .consumer, defaults: KafkaConfiguration.consumerDefaults, configuration: configuration,
            context: context)
        // Connection events, statistics and records all come through one queue and one poll.
        try KafkaError.check(rd_kafka_poll_set_consumer(handle.pointer), "configure")
    }

    /// Joins the group for these topics. The first join takes about 3 s; `handlers` decides the offsets.
    /// Call it before polling or on the poll thread.
    public func subscribe(to topics: [String], rebalance handlers: RebalanceHandlers) throws(KafkaError) {
        context.rebalance = handlers
        let list = PartitionList(topics: topics)
        try KafkaError.check(rd_kafka_subscribe(handle.pointer, list.pointer), "subscribe")
    }

    /// Reads exactly these partitions from these offsets, in place of those read before.
    public func assign(_ starts: [TopicPartitionOffset]) throws(KafkaError) {
        for start in starts where !start.offset.isStart { throw .noStart(start) }
        let list = PartitionList(starts)
        try KafkaError.check(rd_kafka_assign(handle.pointer, list.pointer), "assign")
    }

    /// How long leaving a group may take.
    public static let closeTimeout = Duration.seconds(10)

    /// Leaves the group, after `onRevoke` or `onLost`, and ends all reading. A consumer that is dropped
    /// without it stays in the group until its session times out, and no handler is called.
    ///
    /// - Throws: `.timedOut` when the group could not be left within `timeout`, as when its broker is away
    ///   while a commit is under way. The handlers were called all the same; drop the consumer then.
    public func close(timeout: Duration = Consumer.closeTimeout) throws(KafkaError) {
        claimThread()
        defer {
            // The handlers may hold this consumer: let go of each other.
            context.rebalance = nil
            context.onStatistics = nil
        }
        // `rd_kafka_consumer_close` knows no deadline, and took 46 s with a broker that was down.
        guard let queue = rd_kafka_queue_new(handle.pointer) else {
            throw KafkaError(rd_kafka_last_error(), "close")
        }
        defer { rd_kafka_queue_destroy(queue) }
        try KafkaError.check(taking: rd_kafka_consumer_close_queue(handle.pointer, queue), "close")
        let end = ContinuousClock.now + timeout
        while rd_kafka_consumer_closed(handle.pointer) == 0 {
            guard ContinuousClock.now < end else {
                handle.abandon()
                throw KafkaError(code: .timedOut, operation: "close")
            }
            // Serves the rebalance. A record that comes with it has no reader any more.
            if let message = rd_kafka_consume_queue(queue, 10) { rd_kafka_message_destroy(message) }
        }
    }

    /// Binds the consumer to the thread that polls it first.
    func claimThread() {
        let current = pthread_self()
        guard let owner = pollThread else {
            pollThread = current
            return
        }
        precondition(pthread_equal(owner, current) != 0, "a Consumer is polled by one thread")
    }
}

// MARK: - Polling

extension Consumer {
    /// Waits at most `timeout` for one record, lent to `body`, or one event. Rebalances, commit results and
    /// statistics are served here too.
    ///
    /// The reader's position has moved past a record when `body` gets it, also if `body` throws.
    @discardableResult
    public func poll<Failure: Error>(
        timeout: Duration, _ body: (borrowing KafkaRecord) throws(Failure) -> Void
    ) throws(Failure) -> PollOutcome {
        claimThread()
        return try step(milliseconds: timeout.kafkaMilliseconds, body)
    }

    /// Waits at most `timeout` for the first record, then lends all records that already wait, at most
    /// `maximum`. It stops at an event.
    ///
    /// It takes one record at a time: librdkafka 2.0.2 may hand out a batch gathered before a rebalance
    /// after it, whereas a single poll drops what is no longer assigned.
    @discardableResult
    public func drain<Failure: Error>(
        upTo maximum: Int, timeout: Duration,
        _ body: (borrowing KafkaRecord) throws(Failure) -> Void
    ) throws(Failure) -> Drained {
        claimThread()
        var drained = Drained(records: 0, event: nil)
        var milliseconds = timeout.kafkaMilliseconds
        while drained.records < maximum {
            switch try step(milliseconds: milliseconds, body) {
            case .record: drained.records += 1
            case .nothing: return drained
            case .event(let event):
                drained.event = event
                return drained
            }
            milliseconds = 0
        }
        return drained
    }

    @inline(__always)
    private func step<Failure: Error>(
        milliseconds: Int32, _ body: (borrowing KafkaRecord) throws(Failure) -> Void
    ) throws(Failure) -> PollOutcome {
        if let event = context.takeEvent() { return .event(event) }
        guard let message = rd_kafka_consumer_poll(handle.pointer, milliseconds) else {
            return context.takeEvent().map { .event($0) } ?? .nothing
        }
        defer { rd_kafka_message_destroy(message) }
        if message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR {
            try body(KafkaRecord(lending: message))
            return .record
        }
        return .event(event(of: message))
    }

    func event(of message: UnsafeMutablePointer<rd_kafka_message_t>) -> ConsumerEvent {
        let code = message.pointee.err
        let cause = rd_kafka_message_errstr(message).map { String(cString: $0) }
        let error = KafkaError(code, "consume", cause: cause)
        guard let topic = message.pointee.rkt, let name = rd_kafka_topic_name(topic) else {
            return .failed(error)
        }
        let place = TopicPartition(topic: String(cString: name), partition: message.pointee.partition)
        switch code {
        case RD_KAFKA_RESP_ERR__PARTITION_EOF:
            return .reachedEnd(place, offset: message.pointee.offset)
        case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
            return .offsetOutOfRange(place, offset: message.pointee.offset, error)
        default:
            return .partitionFailed(place, error)
        }
    }
}
