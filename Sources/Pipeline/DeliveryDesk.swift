import Banking

/// Everything that one commit makes durable.
public struct Delivery: Sendable {
    public var alerts: [Alert] = []
    public var decisions: [Decision] = []
    public var deadLetters: [DeadLetter] = []
    public var labels: [Label] = []
    /// Present when this commit is a checkpoint: state and progress change together or not at all.
    public var checkpoint: Checkpoint?

    public init() {}

    public var isEmpty: Bool {
        alerts.isEmpty && decisions.isEmpty && deadLetters.isEmpty && labels.isEmpty && checkpoint == nil
    }
}

/// The streaming state after every record before `progress`, and that progress.
public struct Checkpoint: Sendable {
    public var progress: [PartitionProgress]
    /// The historian's own bytes (`Historian.save`).
    public var state: [UInt8]

    public init(progress: [PartitionProgress], state: [UInt8]) {
        self.progress = progress
        self.state = state
    }
}

/// How many rows of a delivery were not there yet.
public struct DeliveryReceipt: Sendable {
    public var alerts: Int
    public var deadLetters: Int

    public init(alerts: Int, deadLetters: Int) {
        self.alerts = alerts
        self.deadLetters = deadLetters
    }
}

/// What a failed delivery means for the clerk.
public enum DeliveryFault: Error, Sendable {
    /// The database is away or busy: nothing was committed, or that is unknown. Delivering again is safe.
    case passing(String)
    /// Another instance owns the partitions now: stop without writing.
    case fenced(String)
    /// Trying again cannot help (schema too old, permission missing).
    case lasting(String)
}

/// Where rows go: the database, or memory in a comparison. Used from the clerk thread alone.
public protocol DeliveryDesk: AnyObject, Sendable {
    /// Makes all of it durable or nothing. Delivering the same rows again changes nothing.
    func deliver(_ delivery: Delivery) throws(DeliveryFault) -> DeliveryReceipt
}

/// A rejected record with its redacted payload, for the dead-letter topic.
public struct RejectedRecord: Sendable {
    public var deadLetter: DeadLetter
    /// The record with every full card number masked; `nil` for a tombstone.
    public var redactedPayload: [UInt8]?

    public init(deadLetter: DeadLetter, redactedPayload: [UInt8]?) {
        self.deadLetter = deadLetter
        self.redactedPayload = redactedPayload
    }
}

/// The dead-letter topic. Used from the clerk thread alone.
public protocol DeadLetterPublisher: AnyObject, Sendable {
    /// Publishes all, and returns when the broker has them.
    func publish(_ records: [RejectedRecord]) throws(DeliveryFault)
}
