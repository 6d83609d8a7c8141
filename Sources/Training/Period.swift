import Banking

/// Moments from `from` on and before `to`.
public struct Period: Sendable, Equatable {
    public var from: Timestamp
    public var to: Timestamp

    /// - Returns: `nil` unless `from` lies before `to`.
    public init?(from: Timestamp, to: Timestamp) {
        guard from < to else { return nil }
        self.from = from
        self.to = to
    }

    public func contains(_ moment: Timestamp) -> Bool { from <= moment && moment < to }
    /// Length in days.
    public var days: Double { Double(to.milliseconds - from.milliseconds) / 86_400_000 }
}
