import CRdKafka

/// Faults of the embedded broker, to see a client survive them. `broker` is an id from 1; nil means all.
extension EmbeddedBroker {
    /// Kinds of requests by their number in Kafka's protocol.
    public struct RequestKind: RawRepresentable, Hashable, Sendable {
        public let rawValue: Int16
        public init(rawValue: Int16) { self.rawValue = rawValue }

        public static let produce = Self(rawValue: 0)
        public static let fetch = Self(rawValue: 1)
        public static let listOffsets = Self(rawValue: 2)
        public static let metadata = Self(rawValue: 3)
        public static let offsetCommit = Self(rawValue: 8)
        public static let offsetFetch = Self(rawValue: 9)
        public static let findCoordinator = Self(rawValue: 10)
        public static let joinGroup = Self(rawValue: 11)
        public static let heartbeat = Self(rawValue: 12)
        public static let leaveGroup = Self(rawValue: 13)
        public static let syncGroup = Self(rawValue: 14)
        public static let initProducerId = Self(rawValue: 22)
    }

    /// Checked for each call, as 2.0.2 ends the process when it later meets an id that is no broker.
    private func id(_ broker: Int32?, _ operation: String) throws(KafkaError) -> Int32 {
        // -1: all brokers, or for a leader none.
        guard let broker else { return -1 }
        guard brokerIds.contains(broker) else {
            throw KafkaError(
                code: .invalidArgument, operation: operation, cause: "there is no broker \(broker)")
        }
        return broker
    }

    /// Cuts all connections of a broker and takes no new ones; leaders stay where they are.
    public func setDown(broker: Int32? = nil) throws(KafkaError) {
        try KafkaError.check(rd_kafka_mock_broker_set_down(cluster, id(broker, "set down")), "set down")
    }

    public func setUp(broker: Int32? = nil) throws(KafkaError) {
        try KafkaError.check(rd_kafka_mock_broker_set_up(cluster, id(broker, "set up")), "set up")
    }

    /// Delays every answer of a broker.
    public func setRoundTrip(_ delay: Duration, broker: Int32? = nil) throws(KafkaError) {
        try KafkaError.check(
            rd_kafka_mock_broker_set_rtt(cluster, id(broker, "set round trip"), delay.kafkaMilliseconds),
            "set round trip")
    }

    /// The next requests of this kind, on whichever broker, fail with these errors in turn. `.transport` cuts
    /// the connection.
    public func failNext(_ kind: RequestKind, with errors: [KafkaError.Code]) {
        let codes = errors.map(\.response)
        rd_kafka_mock_push_request_errors_array(cluster, kind.rawValue, codes.count, codes)
    }

    /// The next answer of one broker to this kind of request comes late, with an error or (nil) without.
    public func delayNext(
        _ kind: RequestKind, broker: Int32, by delay: Duration, error: KafkaError.Code? = nil
    ) throws(KafkaError) {
        let code = error?.response ?? RD_KAFKA_RESP_ERR_NO_ERROR
        try KafkaError.check(
            crdkafka_mock_push_error_rtt(
                cluster, id(broker, "delay next"), kind.rawValue, code, delay.kafkaMilliseconds),
            "delay next")
    }

    /// Takes back the faults of `failNext` that were not met yet.
    public func clearFailures(of kind: RequestKind) {
        rd_kafka_mock_clear_request_errors(cluster, kind.rawValue)
    }

    /// Metadata requests of a topic answer with this error; nil ends it.
    public func setTopicError(_ topic: String, _ error: KafkaError.Code?) {
        rd_kafka_mock_topic_set_error(cluster, topic, error?.response ?? RD_KAFKA_RESP_ERR_NO_ERROR)
    }

    /// Moves a partition to another broker; nil leaves it without a leader.
    public func setLeader(of partition: TopicPartition, to broker: Int32?) throws(KafkaError) {
        try KafkaError.check(
            rd_kafka_mock_partition_set_leader(
                cluster, partition.topic, partition.partition, id(broker, "set leader")),
            "set leader")
    }

    /// Moves the coordinator of a consumer group; to take it away, set that broker down.
    public func setCoordinator(ofGroup group: String, to broker: Int32) throws(KafkaError) {
        try KafkaError.check(
            rd_kafka_mock_coordinator_set(cluster, "group", group, id(broker, "set coordinator")),
            "set coordinator")
    }
}
