import History

/// Takes checkpoints on the historian thread, a little between batches, so that no batch waits for one.
///
/// One is under way at most: idle → (due) copying → (all pieces sent) waiting → (outcome) idle. Records that
/// belong to a checkpoint that failed belong to the next one too.
struct Checkpointer {
    /// Records that are copied between two batches, about a third of a millisecond.
    private static let recordsAtOnce = 1000
    /// Checkpoints take at most this part of the time.
    private static let mostShare = 5

    private enum Stage {
        case idle
        case copying(Checkpoint, sequence: Int)
        case waiting
    }

    private let historian: Historian
    private let archive: Archive
    private let interval: Int64
    /// Tries of the last checkpoint; `nil` tries until the drain deadline.
    private let lastTries: Int?
    private let statistics: PipelineStatistics
    private let stopSwitch: StopSwitch
    private var stage = Stage.idle
    private var unsent: [StatePiece] = []
    private var number: UInt32 = 0
    /// Where the last checkpoint began that did not fail.
    private var kept: [PartitionProgress] = []
    private var beganAt = clock.now
    private var dueAt: Int64

    init(
        historian: Historian, archive: Archive, interval: Duration, lastTries: Int?,
        statistics: PipelineStatistics, stopSwitch: StopSwitch
    ) {
        self.historian = historian
        self.archive = archive
        self.lastTries = lastTries
        self.interval = Int64(interval / .nanoseconds(1))
        self.statistics = statistics
        self.stopSwitch = stopSwitch
        dueAt = clock.now + self.interval
    }

    /// Does what is to be done next and takes little time.
    /// - Parameters:
    ///   - progress: after what the historian has read.
    ///   - sequence: batches that he has sent on.
    /// - Returns: whether there is more to do at once.
    mutating func work(_ progress: [PartitionProgress], sequence: Int) -> Bool {
        let start = clock.now
        defer { note(pause: clock.now - start) }
        switch stage {
        case .idle:
            guard start >= dueAt, progress != kept else { return false }
            begin(progress, sequence: sequence)
            return true
        case .copying(let checkpoint, let sequence):
            copy(checkpoint, sequence: sequence)
            return archive.hasRoom
        case .waiting:
            if let isDurable = archive.outcomes.receiveNow() { end(isDurable) }
            return false
        }
    }

    /// The last checkpoint, when everything is read: blocks until it is durable or the pipeline is abandoned.
    mutating func finish(_ progress: [PartitionProgress], sequence: Int) {
        defer { archive.items.close() }
        var tries = 0
        while !stopSwitch.isAbandoning {
            switch stage {
            case .idle:
                if progress == kept { return }
                begin(progress, sequence: sequence)
            case .copying(let checkpoint, let sequence):
                copy(checkpoint, sequence: sequence)
                if !archive.hasRoom { stopSwitch.wait(for: .milliseconds(1)) }
            case .waiting:
                guard let isDurable = archive.outcomes.receive(within: .milliseconds(50)) else { continue }
                end(isDurable)
                tries += 1
                if !isDurable, let lastTries, tries >= lastTries { return }
                if !isDurable { stopSwitch.wait(for: .milliseconds(200)) }
            }
        }
    }

    private mutating func begin(_ progress: [PartitionProgress], sequence: Int) {
        number += 1
        beganAt = clock.now
        kept = progress
        historian.beginSnapshot(number: number)
        stage = .copying(Checkpoint(number: number, oldestNeeded: 0, progress: progress), sequence: sequence)
    }

    private mutating func copy(_ checkpoint: Checkpoint, sequence: Int) {
        unsent += historian.takePieces(whole: true)
        sendWhatFits()
        guard unsent.isEmpty, archive.hasRoom else { return }
        guard historian.copySnapshot(atMost: Self.recordsAtOnce) else { return }
        unsent = historian.takePieces(whole: false)
        sendWhatFits()
        guard unsent.isEmpty, archive.hasRoom else { return }
        var checkpoint = checkpoint
        checkpoint.oldestNeeded = historian.oldestNeededSnapshot
        archive.items.send(.complete(checkpoint, sequence: sequence))
        stage = .waiting
    }

    private mutating func sendWhatFits() {
        while let piece = unsent.first, archive.hasRoom {
            archive.items.send(.piece(piece, number: number))
            unsent.removeFirst()
        }
    }

    private mutating func end(_ isDurable: Bool) {
        stage = .idle
        let duration = clock.now - beganAt
        dueAt = beganAt + max(interval, Int64(Self.mostShare) * duration)
        if isDurable {
            statistics.update { $0.checkpointMicroseconds += duration / 1000 }
        } else {
            historian.forgetSnapshot()
            kept = []
        }
    }

    private func note(pause: Int64) {
        guard pause > 50_000 else { return }
        statistics.update { $0.longestPauseMicroseconds = max($0.longestPauseMicroseconds, pause / 1000) }
    }
}
