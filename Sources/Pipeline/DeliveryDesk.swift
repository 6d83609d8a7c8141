import Banking

/// Everything that one commit makes durable.
public struct Delivery: Sendable {
    public var alerts: [Alert] = []
    public var decisions: [Decision] = []
    public var deadLetters: [DeadLetter] = []
    public var labels: [Label] = []
    /// How far each partition is with it: none of these records is scored again.
    public var progress: [PartitionProgress] = []
    /// Present when another cascade scored the later part of it.
    public var pin: CascadePin?

    public init() {}

    /// Nothing in it needs a commit; the progress alone can wait for the next one.
    public var isEmpty: Bool {
        alerts.isEmpty && decisions.isEmpty && deadLetters.isEmpty && labels.isEmpty && pin == nil
    }
}

/// From which offsets on a cascade scores; written in the transaction that delivers its first rows.
public struct CascadePin: Sendable, Equatable {
    /// `Cascade.identity`.
    public var cascade: String
    /// A partition that is not named begins where it stood when the pipeline began.
    public var from: [PartitionProgress]

    public init(cascade: String, from: [PartitionProgress]) {
        self.cascade = cascade
        self.from = from
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

    /// Does ahead what the first alerts of about a moment would wait for. Called when nothing waits to be
    /// delivered; what fails is left to the delivery.
    func prepare(for moment: Timestamp)
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
