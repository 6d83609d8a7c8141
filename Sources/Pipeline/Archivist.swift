import History

/// The archivist thread: stores the pieces of checkpoints over a connection of its own, so that alerts never
/// wait behind them, and commits a checkpoint once every batch before it is delivered.
struct Archivist {
    let archive: Archive
    let desk: any ArchiveDesk
    let delivered: DeliveryMark
    let statistics: PipelineStatistics
    let stopSwitch: StopSwitch
    let report: @Sendable (String) -> Void

    /// Works until the historian closes the archive.
    func run() {
        var isFailed = false
        var bytes = 0
        while let item = archive.items.receive() {
            guard !stopSwitch.isAbandoning else { continue }
            switch item {
            case .piece(let piece, let number):
                if isFailed { continue }
                isFailed = !attempt { () throws(DeliveryFault) in
                    bytes += try desk.store(piece, number: number)
                }
            case .complete(let checkpoint, let sequence):
                var isDurable = false
                if !isFailed, delivered.wait(for: sequence, unless: stopSwitch) {
                    isDurable = attempt { () throws(DeliveryFault) in try desk.commit(checkpoint) }
                }
                if isDurable {
                    statistics.update {
                        $0.checkpoints += 1
                        $0.checkpointBytes += Int64(bytes)
                    }
                }
                archive.outcomes.send(isDurable)
                isFailed = false
                bytes = 0
            }
        }
    }

    /// What fails in passing is tried again with the next checkpoint, which holds the same records and more.
    private func attempt(_ work: () throws(DeliveryFault) -> Void) -> Bool {
        do throws(DeliveryFault) {
            try work()
            return true
        } catch {
            switch error {
            case .passing(let cause):
                report("checkpoint put off: \(cause)")
            case .fenced(let cause):
                stopSwitch.abandon(
                    because: PipelineError(code: .fenced, operation: "checkpoint", cause: cause))
            case .lasting(let cause):
                stopSwitch.abandon(
                    because: PipelineError(code: .delivery, operation: "checkpoint", cause: cause))
            }
            return false
        }
    }
}
