import RiskModels
import Synchronization

/// One cascade in use. Batches are stamped with it; two stamps are the same cascade when they are the same
/// object.
public final class CascadeInUse: Sendable {
    public let cascade: Cascade
    /// `Cascade.identity`.
    public let identity: String

    init(_ cascade: Cascade, identity: String? = nil) {
        self.cascade = cascade
        self.identity = identity ?? cascade.identity
    }
}

/// The cascade that the next batch is scored with. Any thread may replace it.
///
/// The historian stamps each batch with the cascade of that moment, so a batch is scored by one cascade
/// whichever worker takes it, and cascades change between two batches of the stream.
public final class CascadeSlot: Sendable {
    private let state: Mutex<CascadeInUse>

    public init(_ cascade: Cascade) { state = Mutex(CascadeInUse(cascade)) }

    public var current: CascadeInUse { state.withLock { $0 } }

    /// Puts another cascade in its place.
    /// - Parameter cascade: verified.
    /// - Throws: `CascadeError` (`cascade_foreign_history`) when its models were trained on a history kept in
    ///   another way: the facts of the running service would mean something else. The old one stays.
    public func replace(with cascade: Cascade) throws(CascadeError) {
        let running = current.cascade.history
        guard cascade.history == running else {
            throw CascadeError(
                .foreignHistory,
                cause: "the models need the history kept as \(cascade.history), the service keeps it as "
                    + "\(running); start the service again with a job of its own")
        }
        let next = CascadeInUse(cascade)
        state.withLock { $0 = next }
    }
}
