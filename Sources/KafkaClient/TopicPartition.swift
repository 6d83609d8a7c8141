/// One partition of one topic.
public struct TopicPartition: Hashable, Sendable, Comparable, CustomStringConvertible {
    public var topic: String
    public var partition: Int32

    public init(topic: String, partition: Int32) {
        self.topic = topic
        self.partition = partition
    }

    public func at(_ offset: KafkaOffset) -> TopicPartitionOffset {
        TopicPartitionOffset(topicPartition: self, offset: offset)
    }

    public static func < (left: Self, right: Self) -> Bool {
        (left.topic, left.partition) < (right.topic, right.partition)
    }

    public var description: String { "\(topic)[\(partition)]" }
}

/// A place in a partition: the offset of the next record to read, or one of the partition's two ends.
public struct KafkaOffset: RawRepresentable, Hashable, Sendable, CustomStringConvertible,
    ExpressibleByIntegerLiteral
{
    /// 0 or more: an offset. Below 0: one of librdkafka's markers.
    public let rawValue: Int64

    public init(rawValue: Int64) { self.rawValue = rawValue }
    public init(_ offset: Int64) { rawValue = offset }
    public init(integerLiteral offset: Int64) { rawValue = offset }

    /// The oldest record that the broker still keeps.
    public static let beginning = KafkaOffset(-2)
    /// Behind the newest record.
    public static let end = KafkaOffset(-1)
    /// No offset: nothing committed, or nothing read yet.
    static let none = KafkaOffset(-1001)

    /// Whether a partition can be read from here.
    public var isStart: Bool { rawValue >= 0 || self == .beginning || self == .end }

    public var description: String {
        switch self {
        case .beginning: "beginning"
        case .end: "end"
        default: "\(rawValue)"
        }
    }
}

/// A partition and the place in it where reading starts, stands or was committed.
public struct TopicPartitionOffset: Hashable, Sendable, CustomStringConvertible {
    public var topicPartition: TopicPartition
    public var offset: KafkaOffset

    public init(topicPartition: TopicPartition, offset: KafkaOffset) {
        self.topicPartition = topicPartition
        self.offset = offset
    }

    public init(topic: String, partition: Int32, offset: KafkaOffset) {
        self.init(topicPartition: TopicPartition(topic: topic, partition: partition), offset: offset)
    }

    public var description: String { "\(topicPartition)@\(offset)" }
}
