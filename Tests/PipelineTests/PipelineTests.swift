import Banking
import History
import Testing

@testable import Pipeline

@Suite struct PipelineTests {
    @Test func `every record is scored once and in order`() throws {
        let desk = MemoryDesk()
        let totals = try Sample.run(MemorySource(Sample.records(3000), seed: 1), desk: desk)
        #expect(totals.scored == 3000)
        #expect(desk.contents.decisions.map(\.position.offset) == (0..<3000).map(Int64.init))
    }

    @Test func `batch sizes and workers do not change a bit of any row`() throws {
        let records = Sample.records(3000)
        var runs: [[UInt64]] = []
        for (capacity, workers) in [(1, 1), (7, 2), (1024, 3)] {
            let desk = MemoryDesk()
            try Sample.run(MemorySource(records, seed: UInt64(capacity)), desk: desk) {
                $0.batchCapacity = capacity
                $0.workers = workers
            }
            let contents = desk.contents
            runs.append(
                contents.decisions.map(\.probability.bitPattern)
                    + contents.alerts.map { UInt64($0.reasons.count) << 32 | UInt64($0.tokens.count) })
        }
        #expect(runs[0] == runs[1])
        #expect(runs[0] == runs[2])
        #expect(runs[0].count > 3000, "the sample should also raise alerts")
    }

    @Test func `a database that is away delays and loses nothing`() throws {
        let desk = MemoryDesk { $0 <= 6 ? .passing("away") : nil }
        let source = MemorySource(Sample.records(4000), seed: 3)
        let totals = try Sample.run(source, desk: desk) {
            $0.batchCapacity = 16
            $0.batches = 4
        }
        #expect(totals.deliveryFaults == 6)
        #expect(desk.contents.decisions.map(\.position.offset) == (0..<4000).map(Int64.init))
        #expect(source.pauses > 0)
    }

    @Test func `the desk gets ready while nothing alerts`() throws {
        let desk = MemoryDesk()
        try Sample.run(MemorySource(Sample.records(3000), seed: 3), desk: desk) {
            $0.batchCapacity = 4
            $0.keepsDecisions = false
        }
        let contents = desk.contents
        #expect(contents.prepared.count > 10)
        #expect(!contents.alerts.isEmpty)
        #expect(contents.prepared == contents.prepared.sorted())
    }

    @Test func `a fenced instance stops without another attempt`() throws {
        let desk = MemoryDesk { _ in .fenced("epoch 2") }
        let error = #expect(throws: PipelineError.self) {
            try Sample.run(MemorySource(Sample.records(500), seed: 4), desk: desk)
        }
        #expect(error?.code == .fenced)
        #expect(desk.contents.attempts == 1)
    }

    @Test func `a stream of rubbish stops before it drains into the dead letters`() throws {
        let desk = MemoryDesk()
        let rubbish = [[UInt8]](repeating: Array("{]".utf8), count: 20_000)
        let error = #expect(throws: PipelineError.self) {
            try Sample.run(MemorySource(rubbish, seed: 5), desk: desk)
        }
        #expect(error?.code == .poisoned)
        #expect((1000..<4000).contains(desk.contents.deadLetters.count))
    }

    @Test func `bad records among good ones become dead letters with their position`() throws {
        let desk = MemoryDesk()
        var records = Sample.records(200)
        records[17] = []
        records[111] = Array(#"{"transaction_id":"x"}"#.utf8)
        let totals = try Sample.run(MemorySource(records, seed: 6), desk: desk)
        #expect(totals.scored == 198)
        #expect(desk.contents.deadLetters.map(\.position.offset) == [17, 111])
        #expect(desk.contents.deadLetters.map(\.rejection.reason) == ["tombstone", "missing"])
    }

    @Test func `a repeated transaction is not scored twice`() throws {
        let desk = MemoryDesk()
        var records = Sample.records(100)
        records.insert(records[40], at: 41)
        let totals = try Sample.run(MemorySource(records, seed: 7), desk: desk)
        #expect(totals.duplicates == 1)
        #expect(Set(desk.contents.decisions.map(\.transactionID)).count == 100)
        #expect(desk.contents.decisions.count == 100)
    }

    @Test func `a paced replay keeps the distances of the events`() throws {
        // 31 events 97 s apart at 9,700 times real time: 0.3 s, however fast the machine is.
        let started = ContinuousClock.now
        let totals = try Sample.run(MemorySource(Sample.records(31), seed: 12), desk: MemoryDesk()) {
            $0.speed = 9_700
        }
        #expect(totals.scored == 31)
        #expect(ContinuousClock.now - started >= .milliseconds(300))
    }

    @Test func `transactions before the scored period make history only`() throws {
        let desk = MemoryDesk()
        let from = Timestamp(year: 2026, month: 1, day: 1).adding(seconds: 97 * 600)
        let totals = try Sample.run(MemorySource(Sample.records(1000), seed: 11), desk: desk) {
            $0.scoresFrom = from
        }
        #expect(totals.scored == 400)
        #expect(desk.contents.decisions.allSatisfy { $0.effectiveAt >= from })
    }
}
