import CRdKafka

// Thread: any, as librdkafka's calls are. Those with a timeout block for an answer of a broker.
extension Consumer {
    /// Offsets of the next records to be handed out; a partition of which nothing was read yet is left out.
    public func position(_ partitions: [TopicPartition]) throws(KafkaError) -> [TopicPartitionOffset] {
        let list = PartitionList(partitions)
        try KafkaError.check(rd_kafka_position(handle.pointer, list.pointer), "position")
        return list.contents.filter { $0.offset.rawValue >= 0 }
    }

    /// The partitions that are read now.
    public func assignment() throws(KafkaError) -> [TopicPartition] {
        var list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?
        try KafkaError.check(rd_kafka_assignment(handle.pointer, &list), "assignment")
        defer { rd_kafka_topic_partition_list_destroy(list) }
        return PartitionList.read(list).map(\.topicPartition)
    }

    /// Tells the group where this consumer stands (the next offset to read, for the display of lag). With
    /// `waiting` false it returns at once and a fault becomes the event `commitFailed`.
    public func commit(_ offsets: [TopicPartitionOffset], waiting: Bool = false) throws(KafkaError) {
        let list = PartitionList(offsets)
        try KafkaError.check(rd_kafka_commit(handle.pointer, list.pointer, waiting ? 0 : 1), "commit")
        if waiting { try list.checkEach("commit") }
    }

    /// What the group of this consumer has committed; a partition without a commit is left out. The consumer
    /// need not be subscribed, so a producer can watch how far a group is.
    public func committed(
        _ partitions: [TopicPartition], timeout: Duration
    ) throws(KafkaError) -> [TopicPartitionOffset] {
        let list = PartitionList(partitions)
        try KafkaError.check(
            rd_kafka_committed(handle.pointer, list.pointer, timeout.kafkaMilliseconds), "committed")
        try list.checkEach("committed")
        return list.contents.filter { $0.offset.rawValue >= 0 }
    }

    /// Offsets that the log of a partition holds, asked from its leader: the oldest up to, but without, the
    /// next.
    public func watermarks(
        of partition: TopicPartition, timeout: Duration
    ) throws(KafkaError) -> Range<Int64> {
        var low: Int64 = 0
        var high: Int64 = 0
        let code = rd_kafka_query_watermark_offsets(
            handle.pointer, partition.topic, partition.partition, &low, &high, timeout.kafkaMilliseconds)
        try KafkaError.check(code, "watermarks")
        guard low >= 0, low <= high else { throw KafkaError(code: .timedOut, operation: "watermarks") }
        return low..<high
    }

    /// The same as of the latest fetch, without a request; nil while nothing of it was fetched.
    public func lastWatermarks(of partition: TopicPartition) -> Range<Int64>? {
        var low: Int64 = 0
        var high: Int64 = 0
        let code = rd_kafka_get_watermark_offsets(
            handle.pointer, partition.topic, partition.partition, &low, &high)
        // The lower end is only known once it was asked for.
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, high >= 0, low <= high else { return nil }
        return max(low, 0)..<high
    }

    /// Number of partitions of a topic; a topic that does not exist is a retriable error.
    public func partitionCount(of topic: String, timeout: Duration) throws(KafkaError) -> Int {
        try handle.partitionCount(of: topic, timeout: timeout)
    }

    /// The cluster's own identifier, asked from a broker.
    /// - Throws: `.timedOut` (retriable) when no broker answers in time.
    public func clusterID(timeout: Duration) throws(KafkaError) -> String {
        guard let text = rd_kafka_clusterid(handle.pointer, timeout.kafkaMilliseconds) else {
            throw KafkaError(code: .timedOut, operation: "cluster id")
        }
        defer { rd_kafka_mem_free(handle.pointer, text) }
        return String(cString: text)
    }

    /// The error that made the client unusable, if there is one.
    public var fatalFault: KafkaError? { handle.fatalFault() }
}
