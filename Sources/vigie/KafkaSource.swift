import Banking
import KafkaClient
import Pipeline
import Synchronization

/// Transactions, and labels where there is a topic of them, from Kafka.
///
/// All partitions are assigned explicitly, at the offsets that the ledger's progress gives. The labels topic
/// is read to its end before the first transaction, so that what was known is known; after that it is looked
/// at between batches. A backlog of several partitions is read in the order in which it came. Only the
/// poll thread uses it.
final class KafkaSource: RecordSource, @unchecked Sendable {
    // SAFETY: after `init` only the poll thread touches the mutable parts.

    /// Which part of the transactions topic is read.
    enum Extent {
        /// From the given offsets on, without end.
        case live
        /// To the end that the log has when reading starts, of every partition at most these offsets.
        case present(Range<Int64>)

        static let toPresentEnd = Extent.present(0..<Int64.max)
    }

    let topics: [SourceTopic]
    private let transactions: Consumer
    private let merged: MergedPartitions
    private let labels: Consumer?
    private let partitions: [TopicPartition]
    private var labelPartitions: [TopicPartition] = []
    private var ends: [Int32: Int64] = [:]
    private var labelEnds: [Int32: Int64] = [:]
    /// Where reading of each partition of transactions began.
    private let startedAt = Mutex<[TopicPartition: Int64]>([:])
    private var hasEnd: Bool { if case .present = extent { true } else { false } }
    private let extent: Extent
    private let log: @Sendable (String) -> Void

    /// Waits up to `patience` for the broker and the topic. Reading starts with `begin`.
    /// - Parameters:
    ///   - group: name under which progress is reported to Kafka, for lag displays.
    ///   - labelsTopic: is left out, with a word in the log, when there is no such topic.
    ///   - stop: ends the wait.
    /// - Throws: `KafkaError`, `PipelineError` when broker or topic do not show up, `StopRequest.Heeded`.
    init(
        _ configuration: KafkaConfiguration, group: String, transactionsTopic: String, labelsTopic: String?,
        extent: Extent, patience: Duration = .seconds(30), stop: StopRequest? = nil,
        log: @escaping @Sendable (String) -> Void
    ) throws {
        self.extent = extent
        self.log = log
        var own = configuration
        own["enable.partition.eof"] = "true"
        transactions = try Consumer(own, group: group)
        merged = MergedPartitions(transactions)
        let count = try Self.partitionCount(
            of: transactionsTopic, transactions, patience: patience, stop: stop)
        partitions = (0..<count).map { TopicPartition(topic: transactionsTopic, partition: Int32($0)) }
        var topics = [SourceTopic(name: transactionsTopic, content: .transactions)]
        var labels: Consumer?
        if let labelsTopic {
            let consumer = try Consumer(configuration, group: group)
            if let count = try? consumer.partitionCount(of: labelsTopic, timeout: .seconds(5)) {
                topics.append(SourceTopic(name: labelsTopic, content: .labels))
                labelPartitions = (0..<count).map {
                    TopicPartition(topic: labelsTopic, partition: Int32($0))
                }
                labels = consumer
            } else {
                log("there is no topic \(labelsTopic): no labels are read")
            }
        }
        self.labels = labels
        self.topics = topics
    }

    /// Every partition that is read, by topic.
    var allPartitions: [(topic: String, partitions: [Int32])] {
        [partitions, labelPartitions].compactMap { list in
            list.first.map { ($0.topic, list.map(\.partition)) }
        }
    }

    /// The cluster that the offsets belong to.
    func clusterID() throws -> String { try transactions.clusterID(timeout: .seconds(20)) }

    /// Starts reading.
    /// - Parameter progress: where each partition starts; without an entry it is the log's beginning.
    func begin(at progress: [PartitionProgress]) throws {
        if let labels {
            let starts = try Self.starts(labelPartitions, progress, labels)
            for start in starts {
                let end = try labels.watermarks(of: start.topicPartition, timeout: .seconds(10)).upperBound
                if start.offset.rawValue < end { labelEnds[start.partition] = end }
            }
            try labels.assign(starts)
        }
        var starts = try Self.starts(partitions, progress, transactions)
        if case .present(let range) = extent {
            for place in starts.indices {
                let partition = starts[place].topicPartition
                let log = try transactions.watermarks(of: partition, timeout: .seconds(10))
                let first = min(max(starts[place].offset.rawValue, range.lowerBound), log.upperBound)
                let end = min(log.upperBound, range.upperBound)
                starts[place] = partition.at(KafkaOffset(first))
                if first < end { ends[partition.partition] = end }
            }
        }
        startedAt.withLock { places in
            for start in starts { places[start.topicPartition] = start.offset.rawValue }
        }
        try merged.begin(at: starts)
    }

    /// Asks the leaders of all partitions that are read how many records wait. From any thread.
    func askWaiting(timeout: Duration = .seconds(2)) -> Readiness.Answer {
        let starts = startedAt.withLock { $0 }
        do throws(KafkaError) {
            var next = starts
            for position in try transactions.position(Array(starts.keys)) {
                next[position.topicPartition] = position.offset.rawValue
            }
            var waiting: Int64 = 0
            for (partition, offset) in next {
                let asked = Timestamp.present.milliseconds
                let end = try transactions.watermarks(of: partition, timeout: timeout).upperBound
                merged.note(end: end, of: partition, asked: asked)
                waiting += max(0, end - offset)
            }
            return .waiting(waiting)
        } catch {
            return .failed(error.description)
        }
    }

    private static func partitionCount(
        of topic: String, _ consumer: Consumer, patience: Duration, stop: StopRequest?
    ) throws -> Int {
        let deadline = ContinuousClock.now + patience
        while true {
            try stop?.check()
            do throws(KafkaError) {
                let count = try consumer.partitionCount(of: topic, timeout: .seconds(2))
                if count > 0 { return count }
            } catch {
                guard error.isRetriable else { throw error }
                if ContinuousClock.now > deadline {
                    throw PipelineError(
                        code: .source, operation: "read \(topic)",
                        cause: "\(error). Is the broker up, does the topic exist?"
                    )
                }
            }
            // Serves the client while it reconnects.
            _ = consumer.poll(timeout: .milliseconds(200)) { _ in }
        }
    }

    /// The recorded progress, or the first offset in the log.
    private static func starts(
        _ partitions: [TopicPartition], _ progress: [PartitionProgress], _ consumer: Consumer
    ) throws -> [TopicPartitionOffset] {
        try partitions.map { partition in
            let known = progress.first {
                $0.topic == partition.topic && $0.partition == partition.partition
            }
            if let known { return partition.at(KafkaOffset(known.nextOffset)) }
            let first = try consumer.watermarks(of: partition, timeout: .seconds(10)).lowerBound
            return partition.at(KafkaOffset(first))
        }
    }

    func poll(
        atMost maximum: Int, within timeout: Duration, _ body: (borrowing SourceRecord) -> Void
    ) throws -> SourceStatus {
        if maximum > 0, let labels {
            let isBehind = !labelEnds.isEmpty
            let drained = labels.drain(upTo: maximum, timeout: isBehind ? timeout : .zero) { record in
                Self.lend(record, topic: 1, to: body)
                let end = labelEnds[record.partition]
                if let end, record.offset + 1 >= end { labelEnds[record.partition] = nil }
            }
            try check(drained.event)
            if drained.records > 0 || isBehind { return .records(drained.records) }
        }
        if hasEnd, ends.isEmpty { return .end }
        let drained = merged.drain(upTo: maximum, timeout: timeout) { record in
            if hasEnd, record.offset >= ends[record.partition] ?? 0 { return }
            Self.lend(record, topic: 0, to: body)
        }
        if hasEnd { closeEnded() }
        try check(drained.event)
        return drained.records > 0 ? .records(drained.records) : .idle
    }

    private func closeEnded() {
        for partition in partitions {
            if let end = ends[partition.partition], merged.position(of: partition) ?? end < end { continue }
            ends[partition.partition] = nil
            merged.close(partition)
        }
    }

    private static func lend(
        _ record: borrowing KafkaRecord, topic: Int, to body: (borrowing SourceRecord) -> Void
    ) {
        body(
            SourceRecord(
                topic: topic, partition: record.partition, offset: record.offset,
                // A topic that keeps no time stamps leaves the moment of arrival.
                observedAt: record.timestampMilliseconds.map { Timestamp(milliseconds: $0) } ?? .present,
                payload: record.payloadIsNull ? nil : record.payload))
    }

    /// Passing faults are logged, the client goes on by itself; the others end the source.
    private func check(_ event: ConsumerEvent?) throws {
        switch event {
        case nil, .reachedEnd: break
        case .overtaken(let partition):
            log("\(partition) gives nothing: the other partitions are read without it")
        case .offsetOutOfRange(let partition, let offset, let error):
            throw PipelineError(
                code: .source, operation: "read \(partition)",
                cause:
                    "offset \(offset) is not in the log any more (\(error.cause)). Records may have been "
                    + "deleted before they were read: restore them, or start a new job")
        case .partitionFailed(_, let error), .failed(let error), .commitFailed(let error):
            guard error.code != .fatal else {
                throw PipelineError(code: .source, operation: "read", cause: error.description)
            }
            log(error.description)
        }
    }

    func report(progress: [PartitionProgress]) {
        let offsets = progress.map {
            TopicPartitionOffset(
                topic: $0.topic, partition: $0.partition, offset: KafkaOffset($0.nextOffset))
        }
        // Lag displays alone read it: a failure is of no consequence.
        try? transactions.commit(offsets)
    }

    func lag() -> Int64? {
        partitions.reduce(0) { sum, partition in
            guard let position = merged.position(of: partition) else { return sum }
            let high = transactions.lastWatermarks(of: partition)?.upperBound
            return sum + max(0, (high ?? position) - position)
        }
    }
}

extension TopicPartitionOffset {
    fileprivate var partition: Int32 { topicPartition.partition }
}
