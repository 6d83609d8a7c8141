import History

/// The state after every record before `progress`; its pieces are stored under `number` and earlier ones.
public struct Checkpoint: Sendable, Equatable {
    /// Counts from 1 within the life of a pipeline.
    public var number: UInt32
    /// Checkpoints before this number hold nothing that is needed any more. 0 stands for those of earlier
    /// lives.
    public var oldestNeeded: UInt32
    public var progress: [PartitionProgress]

    public init(number: UInt32, oldestNeeded: UInt32, progress: [PartitionProgress]) {
        self.number = number
        self.oldestNeeded = oldestNeeded
        self.progress = progress
    }
}

/// Where checkpoints go: the database, or memory in a comparison. Used from the archivist thread alone.
public protocol ArchiveDesk: AnyObject, Sendable {
    /// Stores a piece of the state. It means nothing until the checkpoint of its number is committed.
    /// - Returns: its size in bytes.
    func store(_ piece: StatePiece, number: UInt32) throws(DeliveryFault) -> Int

    /// Makes all pieces of this number and the progress durable together, or nothing; lets go of what is not
    /// needed any more.
    func commit(_ checkpoint: Checkpoint) throws(DeliveryFault)
}

/// The way from the historian to the archivist, and the answer.
final class Archive: Sendable {
    enum Item: Sendable {
        case piece(StatePiece, number: UInt32)
        /// No more pieces; `sequence`: batches that must be delivered before the checkpoint may count.
        case complete(Checkpoint, sequence: Int)
    }

    static let capacity = 8
    let items = BoundedQueue<Item>(capacity: capacity)
    /// Whether the checkpoint that was completed last became durable.
    let outcomes = BoundedQueue<Bool>(capacity: 2)

    /// The historian, who alone sends, need not wait to send a piece.
    var hasRoom: Bool { items.count < Self.capacity }
}
