import CRdKafka

/// A Kafka cluster inside this process, for demonstrations and tests: librdkafka's mock cluster, which serves
/// any client over TCP on 127.0.0.1, on ports that the system chooses.
///
/// What it is not: data live in memory, and of each partition **only the newest 5 MiB (as sent, so after
/// compression) or 100,000 batches are kept**, so produce in step with the consumer; a fetch returns one
/// batch per partition, so send large batches; no compaction, TLS, SASL, ACL or admin API; lookups of
/// offsets by time answer -1. The first join of a group takes 3 s. A topic first heard of in
/// a producer's metadata request is made with 4 partitions.
///
/// SAFETY (`@unchecked Sendable`): two pointers that never change; the mock cluster does its work on a
/// thread of its own, to which each call here is handed over.
public final class EmbeddedBroker: @unchecked Sendable {
    let cluster: OpaquePointer
    private let handle: ClientHandle
    /// Ids of the brokers: 1 up to their number.
    public let brokerIds: ClosedRange<Int32>
    /// What clients set as `bootstrap.servers`: `127.0.0.1:port,…`.
    public let bootstrapServers: String

    /// - Parameters:
    ///   - brokers: 1 or more, with ids from 1.
    ///   - topics: made at once.
    /// - Throws: `KafkaError` of operation `broker`.
    public init(
        brokers: Int = 1, topics: [(name: String, partitions: Int)] = [],
        onLog: (@Sendable (KafkaConfiguration.LogLine) -> Void)? = nil
    ) throws(KafkaError) {
        guard (1...100).contains(brokers) else {
            throw KafkaError(code: .invalidArgument, operation: "broker", cause: "1 to 100 brokers")
        }
        brokerIds = 1...Int32(brokers)
        // The cluster borrows the threads and the log of a client, which itself connects to nothing.
        handle = try ClientHandle(
            .producer, defaults: ["client.id": "vigie-broker", "log_level": "4"],
            configuration: KafkaConfiguration(onLog: onLog), context: ClientContext(onLog: onLog))
        guard let cluster = rd_kafka_mock_cluster_new(handle.pointer, Int32(brokers)) else {
            throw KafkaError(rd_kafka_last_error(), "broker", cause: "the embedded broker could not start")
        }
        self.cluster = cluster
        bootstrapServers = rd_kafka_mock_cluster_bootstraps(cluster).map { String(cString: $0) } ?? ""
        for topic in topics { try createTopic(topic.name, partitions: topic.partitions) }
    }

    deinit {
        // The cluster must go while its client still lives, which it does during this body.
        rd_kafka_mock_cluster_destroy(cluster)
    }

    /// Makes a topic with one replica. One that exists already is an error.
    public func createTopic(_ name: String, partitions: Int) throws(KafkaError) {
        guard (1...10_000).contains(partitions) else {
            throw KafkaError(
                code: .invalidArgument, operation: "create topic", cause: "1 to 10,000 partitions")
        }
        try KafkaError.check(
            rd_kafka_mock_topic_create(cluster, name, Int32(partitions), 1), "create topic",
            cause: "topic \(name) could not be made")
    }
}
