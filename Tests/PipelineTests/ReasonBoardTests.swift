import Banking
import Testing

@testable import Pipeline

@Suite struct ReasonBoardTests {
    private func batch(alertRows: [Int32]) -> TransactionBatch {
        let batch = TransactionBatch(capacity: 8)
        batch.alertRows = alertRows
        return batch
    }

    private func alert(_ offset: Int) -> Alert {
        let position = SourcePosition(topic: "t", partition: 0, offset: Int64(offset))
        return Alert(decision: Decision(position: position), transaction: Transaction())
    }

    @Test func `alerts of a batch are handed out in order and put together whatever ends first`() throws {
        let board = ReasonBoard()
        let first = batch(alertRows: [1, 4, 6])
        let second = batch(alertRows: [0])
        board.add(first)
        board.add(second)
        let tasks = try (0..<4).map { _ in try #require(board.take()) }
        #expect(tasks.map(\.row) == [1, 4, 6, 0])
        #expect(board.finish(tasks[3], alert(0)), "the second batch is complete before the first")
        #expect(!board.finish(tasks[2], alert(6)))
        #expect(!board.finish(tasks[0], alert(1)))
        #expect(board.finish(tasks[1], alert(4)))
        #expect(first.alerts.map(\.decision.position.offset) == [1, 4, 6])
        #expect(second.alerts.map(\.decision.position.offset) == [0])
    }

    @Test func `a closed board gives out what waits, then nothing`() {
        let board = ReasonBoard()
        board.add(batch(alertRows: [2]))
        board.close()
        #expect(board.take()?.row == 2)
        #expect(board.take() == nil)
    }

    @Test func `the stages of an alert add up to its way, and one that was left out takes no time`() {
        var ends = StageEnds()
        ends.end(.gathering, at: 110)
        ends.end(.facts, at: 150)
        ends.end(.commit, at: 400)
        var times: [Int64] = []
        ends.durations(from: 120) { times.append($1) }
        // It arrived after its batch was sent on, which cannot take less than no time.
        #expect(times == [0, 0, 30, 0, 0, 0, 0, 0, 250])
        ends.clear()
        var sum: Int64 = 0
        ends.durations(from: 5) { sum += $1 }
        #expect(sum == 0)
    }
}
