import Synchronization

/// The progress of the last delivery, handed from the clerk to the poll thread for lag displays.
final class DurableProgress: Sendable {
    private let state = Mutex<[PartitionProgress]?>(nil)

    func set(_ progress: [PartitionProgress]) { state.withLock { $0 = progress } }

    /// What was set since the last call.
    func take() -> [PartitionProgress]? {
        state.withLock { progress in
            defer { progress = nil }
            return progress
        }
    }
}
