import CRdKafka

/// An operating fault of Kafka or of librdkafka. Its text names settings, topics and brokers, never a
/// record's contents and never the value of a secret setting.
public struct KafkaError: Error, Hashable, Sendable {
    /// librdkafka's error number: negative for its own errors, positive for a broker's, as in the protocol.
    public struct Code: RawRepresentable, Hashable, Sendable {
        public let rawValue: Int32
        public init(rawValue: Int32) { self.rawValue = rawValue }

        init(_ code: rd_kafka_resp_err_t) { rawValue = code.rawValue }
        var response: rd_kafka_resp_err_t { rd_kafka_resp_err_t(rawValue: rawValue) }
        /// Short name as librdkafka gives it, such as `_TRANSPORT` or `UNKNOWN_TOPIC_OR_PART`.
        public var name: String { String(cString: rd_kafka_err2name(response)) }
    }

    public let code: Code
    /// What was being done: `produce`, `commit`, `configure`, …
    public let operation: String
    /// Why it failed, for people.
    public let cause: String
    /// Whether the same operation may succeed later with nothing changed by its caller.
    public let isRetriable: Bool

    public init(code: Code, operation: String, cause: String? = nil) {
        self.code = code
        self.operation = operation
        self.cause = cause ?? String(cString: rd_kafka_err2str(code.response))
        isRetriable = Code.retriable.contains(code)
    }

    init(_ code: rd_kafka_resp_err_t, _ operation: String, cause: String? = nil) {
        self.init(code: Code(code), operation: operation, cause: cause)
    }

    /// Throws unless `code` says that all is well.
    static func check(
        _ code: rd_kafka_resp_err_t, _ operation: String, cause: @autoclosure () -> String? = nil
    ) throws(KafkaError) {
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(code, operation, cause: cause()) }
    }

    /// Takes over and frees librdkafka's error object; nil means success.
    static func check(taking error: OpaquePointer?, _ operation: String) throws(KafkaError) {
        guard let error else { return }
        defer { rd_kafka_error_destroy(error) }
        throw KafkaError(
            rd_kafka_error_code(error), operation, cause: String(cString: rd_kafka_error_string(error)))
    }
}

extension KafkaError: CustomStringConvertible {
    public var description: String { "kafka \(operation): \(cause) (\(code.name))" }
}

extension KafkaError.Code {
    public static let invalidArgument = Self(RD_KAFKA_RESP_ERR__INVALID_ARG)
    public static let unknownSetting = Self(RD_KAFKA_RESP_ERR__NOENT)
    public static let queueFull = Self(RD_KAFKA_RESP_ERR__QUEUE_FULL)
    public static let timedOut = Self(RD_KAFKA_RESP_ERR__TIMED_OUT)
    public static let messageTimedOut = Self(RD_KAFKA_RESP_ERR__MSG_TIMED_OUT)
    public static let transport = Self(RD_KAFKA_RESP_ERR__TRANSPORT)
    public static let allBrokersDown = Self(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
    public static let unknownTopicOrPartition = Self(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
    public static let notLeaderForPartition = Self(RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION)
    public static let topicAuthorizationFailed = Self(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
    public static let fatal = Self(RD_KAFKA_RESP_ERR__FATAL)

    /// Faults of the network, of a broker or of a moment, which pass without a change by the caller: the
    /// protocol's own list of retriable errors and librdkafka's errors of transport and waiting.
    static let retriable: Set<KafkaError.Code> = [
        .queueFull, .timedOut, .messageTimedOut, .transport, .allBrokersDown,
        .unknownTopicOrPartition, .notLeaderForPartition,
        Self(RD_KAFKA_RESP_ERR__RESOLVE), Self(RD_KAFKA_RESP_ERR__WAIT_COORD),
        Self(RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE), Self(RD_KAFKA_RESP_ERR__RETRY),
        Self(RD_KAFKA_RESP_ERR__IN_PROGRESS), Self(RD_KAFKA_RESP_ERR__WAIT_CACHE),
        Self(RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE), Self(RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT),
        Self(RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE), Self(RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE),
        Self(RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION),
        Self(RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS),
        Self(RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE), Self(RD_KAFKA_RESP_ERR_NOT_COORDINATOR),
        Self(RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS),
        Self(RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND),
        Self(RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS), Self(RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR),
        Self(RD_KAFKA_RESP_ERR_NOT_CONTROLLER), Self(RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE),
    ]
}
