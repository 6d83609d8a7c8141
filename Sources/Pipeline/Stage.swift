/// The stages of an alert's way, in order: where the time between arrival and commit goes.
public enum Stage: Int, CaseIterable, Sendable {
    /// In a batch that still takes records.
    case gathering
    /// Behind the batches before it.
    case waitingForFacts
    case facts
    case waitingForScores
    case scores
    case waitingForReasons
    case reasons
    /// Behind the batches before it, and for the commit before it.
    case waitingForCommit
    case commit
}

/// When a batch left each stage, in monotonic nanoseconds.
struct StageEnds: Sendable {
    private var ends = [Int64](repeating: 0, count: Stage.allCases.count)

    /// Notes that a stage is over.
    mutating func end(_ stage: Stage, at moment: Int64 = clock.now) { ends[stage.rawValue] = moment }

    /// How long a record that arrived at a moment was in each stage. A stage that was left out took no time.
    func durations(from arrival: Int64, _ body: (Stage, Int64) -> Void) {
        var last = arrival
        for stage in Stage.allCases {
            let end = max(last, ends[stage.rawValue])
            body(stage, end - last)
            last = end
        }
    }

    mutating func clear() {
        for place in ends.indices { ends[place] = 0 }
    }
}
