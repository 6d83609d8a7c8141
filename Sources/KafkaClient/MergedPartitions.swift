import CRdKafka
import Dispatch
import Glibc
import Synchronization

/// Partitions read as one stream in the order of their records' time stamps, which is the order in which a
/// live stream came: next is the oldest among the next records of all partitions, ties by partition. A record
/// without a time stamp, or with one of more than five minutes from now (a wrong clock), waits for nobody.
///
/// A partition that is read to the end of its log is not waited for, so a live stream is handed on as it
/// comes. One with records that have not arrived yet is waited for: a backlog is merged exactly, in the same
/// order each time it is read. As the client may have learned of the end long ago (before an outage), the
/// broker is asked when nothing came of a partition in the last minute before the record that is next. When
/// all are held up for `patience`, as when a leader is gone, those that are waited for are left behind
/// (`ConsumerEvent.overtaken`) until they give something again.
///
/// **Thread**: the consumer's poll thread; `begin` and `drain` take the place of its own `poll` and `drain`.
/// Only `note` may be called from any thread.
public final class MergedPartitions {
    /// One partition: a queue of its own and its next record.
    private struct Lane {
        let partition: TopicPartition
        let queue: OpaquePointer
        /// The next record, taken from the queue and not handed out yet.
        var head: UnsafeMutablePointer<rd_kafka_message_t>?
        /// Of `head`, milliseconds since 1970.
        var time: Int64 = 0
        /// Offset behind all that came.
        var next: Int64
        /// As far as the client knows.
        var isAtEnd = false
        /// All records up to this moment came, milliseconds since 1970.
        var readUntil = Int64.min
        /// Left behind, or read no further.
        var isLeftOut = false
        var isClosed = false

        /// Whether all records from before this moment came.
        func isRead(until time: Int64, present: Int64, slack: Int64) -> Bool {
            isAtEnd && (readUntil >= time || readUntil >= min(time, present) - slack)
        }
    }

    private let consumer: Consumer
    private let patience: Duration
    private let slack: Int64
    private var lanes: [Lane] = []
    /// Where logs ended, and when that was asked, milliseconds since 1970.
    private let ends = Mutex<[TopicPartition: (offset: Int64, asked: Int64)]>([:])
    /// Since when some partition is waited for.
    private var heldUpSince: ContinuousClock.Instant?
    /// Milliseconds since 1970, at the last call of `drain`.
    private var present = Int64.min
    /// Signalled by librdkafka's threads when something comes into an empty queue.
    private let arrivals = DispatchSemaphore(value: 0)

    /// - Parameter slack: by which partitions of a live stream may be apart: far below what facts allow for,
    ///   far above what a fetch takes.
    public init(
        _ consumer: Consumer, patience: Duration = .seconds(30), slack: Duration = .seconds(60)
    ) {
        self.consumer = consumer
        self.patience = patience
        self.slack = Int64(slack.kafkaMilliseconds)
    }

    deinit {
        for lane in lanes {
            if let head = lane.head { rd_kafka_message_destroy(head) }
            // SAFETY: calls back under the queue's lock, so never again after this.
            rd_kafka_queue_cb_event_enable(lane.queue, nil, nil)
            rd_kafka_queue_destroy(lane.queue)
        }
    }

    /// Starts reading these partitions from these offsets. Call it once, with `enable.partition.eof=true`.
    public func begin(at starts: [TopicPartitionOffset]) throws(KafkaError) {
        precondition(lanes.isEmpty, "partitions are merged once")
        for start in starts {
            let partition = start.topicPartition
            guard let queue = rd_kafka_queue_get_partition(
                consumer.handle.pointer, partition.topic, partition.partition)
            else { throw KafkaError(code: .invalidArgument, operation: "merge", cause: "\(partition)") }
            // Before `assign`: what was forwarded to the consumer's queue would be lost to this one.
            rd_kafka_queue_forward(queue, nil)
            rd_kafka_queue_cb_event_enable(
                queue,
                { _, semaphore in
                    guard let semaphore else { return }
                    Unmanaged<DispatchSemaphore>.fromOpaque(semaphore).takeUnretainedValue().signal()
                }, Unmanaged.passUnretained(arrivals).toOpaque())
            lanes.append(Lane(partition: partition, queue: queue, next: start.offset.rawValue))
            ask(partition)
        }
        try consumer.assign(starts)
    }

    /// Reads no further in a partition.
    public func close(_ partition: TopicPartition) {
        for place in lanes.indices where lanes[place].partition == partition {
            if let head = lanes[place].head { rd_kafka_message_destroy(head) }
            lanes[place].head = nil
            lanes[place].isClosed = true
            lanes[place].isLeftOut = true
        }
    }

    /// Tells where a log ended at a moment (milliseconds since 1970), so that it need not be asked for. From
    /// any thread.
    public func note(end: Int64, of partition: TopicPartition, asked: Int64) {
        ends.withLock { $0[partition] = (end, asked) }
    }

    /// Offset before which everything in a partition was handed out, if it is read.
    public func position(of partition: TopicPartition) -> Int64? {
        lanes.first { $0.partition == partition }.map { $0.head?.pointee.offset ?? $0.next }
    }

    /// Waits at most `timeout` for the first record, then lends all that can be put in order without waiting,
    /// at most `maximum`. It stops at an event. With a `maximum` of 0 nothing is taken: the client is kept
    /// alive, and its queues fill up to their bounds.
    public func drain(
        upTo maximum: Int, timeout: Duration, _ body: (borrowing KafkaRecord) -> Void
    ) -> Drained {
        var drained = Drained(records: 0, event: serve())
        guard drained.event == nil, maximum > 0 else { return drained }
        let deadline = ContinuousClock.now + timeout
        present = Self.now
        drained.event = fillAll()
        if drained.event != nil { return drained }
        while drained.records < maximum {
            let next = oldest
            let awaited = laggard(before: next.map { lanes[$0].time } ?? .min)
            if awaited == nil, let next {
                handOver(next, body)
                drained.records += 1
                drained.event = fill(next)
            } else {
                let left = deadline - .now
                guard drained.records == 0, left > .zero else { return drained }
                if let awaited {
                    drained.event = fill(awaited, within: left)
                } else {
                    _ = arrivals.wait(timeout: .now() + .milliseconds(Int(left.kafkaMilliseconds)))
                    drained.event = fillAll()
                }
            }
            if drained.event != nil { return drained }
        }
        return drained
    }

    /// Callbacks, and faults that belong to no partition.
    private func serve() -> ConsumerEvent? {
        switch consumer.poll(timeout: .zero, { _ in }) {
        case .event(let event): event
        case .nothing: nil
        case .record: .failed(KafkaError(code: .fatal, operation: "merge", cause: "a record was misled"))
        }
    }

    private func fillAll() -> ConsumerEvent? {
        // What is signalled from here on may not be seen below.
        while arrivals.wait(timeout: .now()) == .success {}
        for place in lanes.indices {
            if let event = fill(place) { return event }
        }
        return nil
    }

    /// Takes the next record of a partition from its queue, if it has none yet and one is there.
    private func fill(_ place: Int, within timeout: Duration = .zero) -> ConsumerEvent? {
        var milliseconds = timeout.kafkaMilliseconds
        while lanes[place].head == nil, !lanes[place].isClosed {
            guard let message = rd_kafka_consume_queue(lanes[place].queue, milliseconds) else {
                // An event says so only after the next fetch, which waits for records.
                let log = consumer.lastWatermarks(of: lanes[place].partition)
                if let log, log.upperBound <= lanes[place].next { lanes[place].isAtEnd = true }
                return nil
            }
            milliseconds = 0
            lanes[place].isLeftOut = false
            lanes[place].isAtEnd = message.pointee.err == RD_KAFKA_RESP_ERR__PARTITION_EOF
            if message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR {
                lanes[place].head = message
                lanes[place].next = message.pointee.offset + 1
                let time = KafkaRecord(lending: message).timestampMilliseconds ?? .min
                lanes[place].time = time > present + 300_000 ? .min : time
                lanes[place].readUntil = max(lanes[place].readUntil, lanes[place].time)
                return nil
            }
            defer { rd_kafka_message_destroy(message) }
            guard lanes[place].isAtEnd else { return consumer.event(of: message) }
            // Behind what no reader gets to see, as the marks of a transaction.
            lanes[place].next = max(lanes[place].next, message.pointee.offset)
        }
        return nil
    }

    /// A partition without a record here that may have one from before this moment.
    private func laggard(before time: Int64) -> Int? {
        for place in lanes.indices where isAwaited(place, before: time) {
            if lanes[place].isAtEnd {
                learnEnd(place)
                if !isAwaited(place, before: time) { continue }
                ask(lanes[place].partition)
                learnEnd(place)
                if !isAwaited(place, before: time) { continue }
                lanes[place].isAtEnd = false
            }
            let since = heldUpSince ?? .now
            heldUpSince = since
            if ContinuousClock.now - since < patience { return place }
            for place in lanes.indices where isAwaited(place, before: time) {
                lanes[place].isLeftOut = true
                consumer.context.add(.overtaken(lanes[place].partition))
            }
        }
        heldUpSince = nil
        return nil
    }

    /// Takes over that a log had ended where the partition is read to.
    private func learnEnd(_ place: Int) {
        let known = ends.withLock { $0[lanes[place].partition] }
        guard let end = known, end.offset <= lanes[place].next else { return }
        lanes[place].readUntil = max(lanes[place].readUntil, end.asked)
    }

    private func ask(_ partition: TopicPartition) {
        let asked = Self.now
        let log = try? consumer.watermarks(of: partition, timeout: .seconds(1))
        guard let log else { return }
        note(end: log.upperBound, of: partition, asked: asked)
    }

    private static var now: Int64 { Int64(time(nil)) * 1000 }

    private func isAwaited(_ place: Int, before time: Int64) -> Bool {
        lanes[place].head == nil && !lanes[place].isLeftOut
            && !lanes[place].isRead(until: time, present: present, slack: slack)
    }

    /// The place of the record that comes next, if any is there.
    private var oldest: Int? {
        var oldest: Int?
        for place in lanes.indices where lanes[place].head != nil {
            if let other = oldest, lanes[other].time <= lanes[place].time { continue }
            oldest = place
        }
        return oldest
    }

    private func handOver(_ place: Int, _ body: (borrowing KafkaRecord) -> Void) {
        guard let head = lanes[place].head else { return }
        lanes[place].head = nil
        defer { rd_kafka_message_destroy(head) }
        body(KafkaRecord(lending: head))
    }
}
