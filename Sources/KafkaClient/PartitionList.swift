import CRdKafka

/// Owner of one librdkafka list of partitions: what its calls take and fill.
struct PartitionList: ~Copyable {
    let pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    init(_ partitions: some Collection<TopicPartition>) {
        pointer = rd_kafka_topic_partition_list_new(Int32(clamping: partitions.count))
        for item in partitions { append(item, .none) }
    }

    init(_ offsets: some Collection<TopicPartitionOffset>) {
        pointer = rd_kafka_topic_partition_list_new(Int32(clamping: offsets.count))
        for item in offsets { append(item.topicPartition, item.offset) }
    }

    init(topics: [String]) {
        pointer = rd_kafka_topic_partition_list_new(Int32(clamping: topics.count))
        // A subscription is to whole topics: no partition (-1).
        for topic in topics { append(TopicPartition(topic: topic, partition: -1), .none) }
    }

    deinit { rd_kafka_topic_partition_list_destroy(pointer) }

    private func append(_ item: TopicPartition, _ offset: KafkaOffset) {
        let element = rd_kafka_topic_partition_list_add(pointer, item.topic, item.partition)
        element?.pointee.offset = offset.rawValue
    }

    /// Contents of a list that somebody else owns.
    static func read(_ list: UnsafePointer<rd_kafka_topic_partition_list_t>?) -> [TopicPartitionOffset] {
        guard let list = list?.pointee, list.cnt > 0, let elements = list.elems else { return [] }
        return (0..<Int(list.cnt)).compactMap { index in
            guard let topic = elements[index].topic else { return nil }
            return TopicPartitionOffset(
                topic: String(cString: topic), partition: elements[index].partition,
                offset: KafkaOffset(elements[index].offset))
        }
    }

    var contents: [TopicPartitionOffset] { Self.read(pointer) }

    /// Throws the first error that librdkafka wrote beside a partition.
    func checkEach(_ operation: String) throws(KafkaError) {
        guard pointer.pointee.cnt > 0, let elements = pointer.pointee.elems else { return }
        for index in 0..<Int(pointer.pointee.cnt) where elements[index].err != RD_KAFKA_RESP_ERR_NO_ERROR {
            throw KafkaError(elements[index].err, operation)
        }
    }
}
