import Banking
import Descriptions
import RiskModels

/// A thread that writes alerts, with their reasons, for the rows that the workers marked.
///
/// Explaining one alert reads its description some dozens of times over; no other transaction waits for that
/// to be scored. The clerk puts batches back in order, so any number of these threads gives the same rows.
struct ExplainingDesk {
    private let topics: [String]
    private let board: ReasonBoard
    private let finished: BoundedQueue<TransactionBatch>
    private var inUse: CascadeInUse
    private var writer: AlertWriter

    init(
        cascade: CascadeInUse, topics: [String], board: ReasonBoard,
        finished: BoundedQueue<TransactionBatch>
    ) {
        self.topics = topics
        self.board = board
        self.finished = finished
        inUse = cascade
        writer = AlertWriter(cascade.cascade)
    }

    /// Works until the board is closed and empty.
    mutating func run() {
        while let task = board.take() {
            let batch = task.batch
            if let scored = batch.cascade, scored !== inUse {
                inUse = scored
                writer = AlertWriter(scored.cascade)
            }
            if board.finish(task, alert(of: task.row, in: batch)) { finished.send(batch) }
        }
    }

    private func alert(of row: Int, in batch: TransactionBatch) -> Alert {
        let verdict = batch.verdicts[row]
        let arrival = batch.arrivals[Int(batch.rowArrivals[row])]
        return writer.alert(
            writer.decision(verdict, arrival, topic: topics[arrival.topic]), verdict: verdict,
            transaction: arrival.transaction, facts: batch.rows[row],
            tokens: batch.descriptions.tokens[batch.descriptions.row(row)])
    }
}
