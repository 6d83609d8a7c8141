import Banking

/// One record as the source lends it: valid only during the call that hands it over.
public struct SourceRecord: ~Copyable {
    /// Place of the topic among the source's `topics`.
    public let topic: Int
    public let partition: Int32
    public let offset: Int64
    /// The record's own time stamp (CreateTime): when it was observed.
    public let observedAt: Timestamp
    /// `nil` for a tombstone.
    public let payload: UnsafeRawBufferPointer?

    public init(
        topic: Int, partition: Int32, offset: Int64, observedAt: Timestamp, payload: UnsafeRawBufferPointer?
    ) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.observedAt = observedAt
        self.payload = payload
    }
}

/// What a poll of a source found.
public enum SourceStatus: Sendable, Equatable {
    /// So many records were handed over; more may wait.
    case records(Int)
    /// Nothing waits now.
    case idle
    /// The source has an end and it is reached.
    case end
}

/// Where records come from: a topic, a range of a topic, a file. Used from the poll thread alone.
public protocol RecordSource: AnyObject, Sendable {
    /// Names of the topics (or the file) that records come from; the first holds transactions.
    var topics: [SourceTopic] { get }

    /// Hands over at most `maximum` records, waiting at most `timeout` for the first one. With a maximum of 0
    /// it takes nothing and keeps connections alive.
    /// - Throws: an operating fault after which the source cannot go on; passing faults stay inside.
    func poll(
        atMost maximum: Int, within timeout: Duration, _ body: (borrowing SourceRecord) -> Void
    ) throws -> SourceStatus

    /// Tells outsiders how far the pipeline is (Kafka's committed offsets, for lag displays only).
    func report(progress: [PartitionProgress])

    /// Records that wait behind what was polled; `nil` when unknown.
    func lag() -> Int64?
}

/// A topic of a source and what its records are.
public struct SourceTopic: Sendable {
    public enum Content: Sendable {
        case transactions
        case labels
    }
    public let name: String
    public let content: Content

    public init(name: String, content: Content) {
        self.name = name
        self.content = content
    }
}

/// How far a partition is done: every record before `nextOffset` is scored or dead-lettered.
public struct PartitionProgress: Sendable, Equatable {
    public var topic: String
    public var partition: Int32
    public var nextOffset: Int64

    public init(topic: String, partition: Int32, nextOffset: Int64) {
        self.topic = topic
        self.partition = partition
        self.nextOffset = nextOffset
    }
}
