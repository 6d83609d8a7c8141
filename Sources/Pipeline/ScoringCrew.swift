/// The threads between the historian and the clerk: workers that score, and as many that explain.
///
/// A batch without an alert goes from a worker straight to the clerk.
struct ScoringCrew {
    private let workers: [PipelineThread]
    private let explainers: [PipelineThread]
    private let board: ReasonBoard
    private let finished: BoundedQueue<TransactionBatch>

    init(
        cascade: CascadeInUse, configuration: Pipeline.Configuration, topics: [String],
        ready: BoundedQueue<TransactionBatch>, finished: BoundedQueue<TransactionBatch>
    ) {
        let board = ReasonBoard()
        self.board = board
        self.finished = finished
        workers = (0..<configuration.workers).map { number in
            let desk = HandOver(
                ScoringDesk(
                    cascade: cascade, configuration: configuration, topics: topics, ready: ready,
                    board: board, finished: finished))
            return PipelineThread(name: "vigie-worker-\(number)") { desk.value.run() }
        }
        explainers = (0..<configuration.workers).map { number in
            let desk = HandOver(
                ExplainingDesk(cascade: cascade, topics: topics, board: board, finished: finished))
            return PipelineThread(name: "vigie-reason-\(number)") { desk.value.run() }
        }
    }

    /// Waits for the end of the historian's batches; closes the clerk's queue behind the last.
    func join() {
        for worker in workers { worker.join() }
        board.close()
        for explainer in explainers { explainer.join() }
        finished.close()
    }
}

/// Carries a value to the one thread that uses it from then on.
final class HandOver<Value>: @unchecked Sendable {
    // SAFETY: written at creation, then used by one thread alone.
    var value: Value
    init(_ value: consuming Value) { self.value = value }
}
