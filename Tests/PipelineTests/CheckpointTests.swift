import Banking
import Foundation
import History
import Testing

@testable import Pipeline

@Suite struct CheckpointTests {
    private static func often(_ configuration: inout Pipeline.Configuration) {
        configuration.batchCapacity = 64
        configuration.checkpointInterval = .milliseconds(1)
    }

    @Test func `going on from a checkpoint gives the rows of an uninterrupted run, none twice`() throws {
        let records = Sample.records(2000)
        let whole = MemoryDesk()
        try Sample.run(MemorySource(records, seed: 8), desk: whole)
        let first = MemoryDesk()
        let archive = MemoryArchive()
        try Sample.run(MemorySource(Array(records[..<900]), seed: 9), desk: first, archive: archive) {
            Self.often(&$0)
        }
        let checkpoint = try #require(archive.contents.checkpoints.last)
        #expect(checkpoint.progress == [PartitionProgress(topic: "memory", partition: 0, nextOffset: 900)])
        #expect(first.contents.progress == checkpoint.progress)
        // As if it had crashed after the delivery of 1,100 and a checkpoint at 900.
        let second = MemoryDesk()
        let delivered = PartitionProgress(topic: "memory", partition: 0, nextOffset: 1100)
        let totals = try Sample.run(
            MemorySource(records, from: 900, seed: 10), desk: second, historian: archive.restored()
        ) { $0.delivered = [delivered] }
        #expect(totals.rebuilt == 200)
        #expect(second.contents.decisions.map(\.position.offset) == (1100..<2000).map(Int64.init))
        let between = whole.contents.decisions[900..<1100]
        let pieces = first.contents.decisions + between + second.contents.decisions
        #expect(
            pieces.map(\.probability.bitPattern) == whole.contents.decisions.map(\.probability.bitPattern))
    }

    @Test func `deliveries do not wait for a checkpoint`() throws {
        let desk = MemoryDesk()
        // The first commit does not return before every decision is delivered.
        let archive = MemoryArchive(atCommit: { _ in
            let deadline = ContinuousClock.now + .seconds(30)
            while desk.contents.decisions.count < 3000, ContinuousClock.now < deadline { usleep(1000) }
            #expect(desk.contents.decisions.count == 3000)
        })
        try Sample.run(MemorySource(Sample.records(3000), seed: 21), desk: desk, archive: archive) {
            Self.often(&$0)
        }
        #expect(archive.contents.checkpoints.count >= 2)
    }

    @Test func `a checkpoint never counts before what it stands for is delivered`() throws {
        let desk = MemoryDesk { $0 % 3 == 0 ? nil : .passing("away") }
        let archive = MemoryArchive(atCommit: { checkpoint in
            let delivered = desk.contents.decisions.last.map { $0.position.offset + 1 } ?? 0
            #expect(delivered >= checkpoint.progress[0].nextOffset)
        })
        try Sample.run(MemorySource(Sample.records(1500), seed: 22), desk: desk, archive: archive) {
            Self.often(&$0)
        }
        #expect(archive.contents.checkpoints.last?.progress[0].nextOffset == 1500)
    }

    @Test func `what a failed checkpoint held stands in the next one`() throws {
        let archive = MemoryArchive(fault: { $0 % 3 == 1 ? .passing("away") : nil })
        let desk = MemoryDesk()
        let historian = Historian(configuration: try Sample.cascade().history)
        try Sample.run(
            MemorySource(Sample.records(3000), seed: 23), desk: desk, archive: archive, historian: historian
        ) { Self.often(&$0) }
        #expect(archive.contents.attempts > archive.contents.pieces.count)
        let isSame = try archive.restored().save() == historian.save()
        #expect(isSame)
    }

    @Test func `a fenced archivist stops the pipeline`() throws {
        let archive = MemoryArchive(fault: { _ in .fenced("epoch 2") })
        let error = #expect(throws: PipelineError.self) {
            try Sample.run(MemorySource(Sample.records(500), seed: 24), desk: MemoryDesk(), archive: archive)
        }
        #expect(error?.code == .fenced)
    }

    @Test func `another cascade is pinned at the end of what the one before it scored`() throws {
        let desk = MemoryDesk()
        let (finished, pool) = (
            BoundedQueue<TransactionBatch>(capacity: 9), BoundedQueue<TransactionBatch>(capacity: 9)
        )
        let cascade = try Sample.cascade()
        // Out of order, as workers may finish.
        for (sequence, identity) in [(1, "a"), (0, "a"), (3, "b"), (2, "b"), (4, "b")] {
            let batch = TransactionBatch(capacity: 1)
            batch.sequence = sequence
            batch.cascade = CascadeInUse(cascade, identity: identity)
            batch.progress = [
                PartitionProgress(topic: "t", partition: 5, nextOffset: Int64(10 * sequence + 10))
            ]
            finished.send(batch)
        }
        finished.close()
        var clerk = Clerk(
            finished: finished, pool: pool, desk: desk, publisher: nil, statistics: PipelineStatistics(),
            stopSwitch: StopSwitch(), durableProgress: DurableProgress(), mark: DeliveryMark(),
            cascadeIdentity: "a", keepsLabels: false, report: { _ in })
        clerk.run()
        let from = [PartitionProgress(topic: "t", partition: 5, nextOffset: 20)]
        #expect(desk.contents.pins == [CascadePin(cascade: "b", from: from)])
    }
}
