import Ledger
import Testing

@Suite struct CheckpointTests {
    private static let topic = "t"
    private let ledger: Ledger
    private let conninfo: String

    init() throws {
        conninfo = try TestLedger.database()
        ledger = try TestLedger.ledger(conninfo)
    }

    private func claim(_ ledger: Ledger, _ partitions: [Int32] = [0, 1]) throws -> Int64 {
        let claims = try ledger.claim(
            job: "live", topic: Self.topic, partitions: partitions, clusterID: "c1")
        return claims[0].epoch
    }

    private func add(
        _ bytes: [UInt8], partition: Int32, number: Int64, epoch: Int64 = 1, piece: Int32 = 0,
        to ledger: Ledger? = nil
    ) throws {
        try (ledger ?? self.ledger).addPiece(
            job: "live", topic: Self.topic,
            at: PiecePlace(partition: partition, number: number, epoch: epoch, piece: piece), bytes)
    }

    private func commit(
        _ number: Int64, offset: Int64, epoch: Int64 = 1, partitions: [Int32] = [-1, 0, 1],
        by ledger: Ledger? = nil
    ) throws {
        try (ledger ?? self.ledger).checkpoint(
            job: "live", topic: Self.topic, number: number,
            owners: partitions.map { ($0, epoch) },
            advances: partitions.filter { $0 >= 0 }.map {
                PartitionAdvance(topic: Self.topic, partition: $0, nextOffset: offset, epoch: epoch)
            })
    }

    private func pieces(_ partitions: [Int32] = [-1, 0, 1]) throws -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        try ledger.forEachPiece(job: "live", topic: Self.topic, partitions: partitions) { pieces.append($0) }
        return pieces
    }

    @Test func `pieces count once their checkpoint does, the newest first and the shared last`() throws {
        _ = try claim(ledger)
        let large = [UInt8]((0..<(3 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        try add(large, partition: 0, number: 1)
        try add([1, 1], partition: 1, number: 1)
        try add([9, 1], partition: -1, number: 1)
        #expect(try pieces().isEmpty)
        try commit(1, offset: 10)
        #expect(try pieces() == [large, [1, 1], [9, 1]])
        try add([0, 2, 0], partition: 0, number: 2)
        try add([0, 2, 1], partition: 0, number: 2, piece: 1)
        try add([9, 2], partition: -1, number: 2)
        #expect(try pieces() == [large, [1, 1], [9, 1]])
        try commit(2, offset: 20)
        #expect(try pieces() == [[0, 2, 0], [0, 2, 1], large, [1, 1], [9, 2], [9, 1]])
        #expect(try pieces([1]) == [[1, 1]])
        #expect(try ledger.progress(job: "live").map(\.nextOffset) == [20, 20])
        try ledger.dropState(job: "live", topic: Self.topic, partitions: [-1, 0], below: 2)
        #expect(try pieces() == [[0, 2, 0], [0, 2, 1], [1, 1], [9, 2]])
        #expect(try ledger.newestPiece(job: "live", topic: Self.topic) == 2)
    }

    @Test func `what a fenced owner stored never counts`() throws {
        let owner = try TestLedger.ledger(conninfo)
        _ = try claim(ledger)
        try add([1], partition: 0, number: 1)
        try commit(1, offset: 10)
        try add([66], partition: 0, number: 2)
        let epoch = try claim(owner, [0])
        #expect(try owner.newestPiece(job: "live", topic: Self.topic) == 2)
        let error = #expect(throws: LedgerError.self) { try commit(2, offset: 30) }
        #expect(error?.code == .fenced(topic: Self.topic, partitions: [0]))
        // It goes on storing under the number that the owner uses next, before it learns of its fate.
        try add([67], partition: 0, number: 3)
        try add([3], partition: 0, number: 3, epoch: epoch, to: owner)
        try commit(3, offset: 20, epoch: epoch, partitions: [0], by: owner)
        #expect(try pieces([0]) == [[3], [1]])
        #expect(try ledger.progress(job: "live").map(\.nextOffset) == [20, 10])
        try owner.dropState(job: "live", topic: Self.topic, partitions: [0], below: 3)
        #expect(try pieces([0]) == [[3]])
    }

    @Test func `a cascade is pinned from the first record that it scores`() throws {
        let (first, second) = (String(repeating: "a", count: 64), String(repeating: "b", count: 64))
        func claim(_ cascade: String) throws {
            _ = try ledger.claim(
                job: "live", topic: Self.topic, partitions: [0, 1], clusterID: "c1", cascade: cascade)
        }
        func ranges() throws -> [String] {
            try ledger.cascadeRanges(job: "live").map {
                "\($0.partition) from \($0.fromOffset): \($0.cascade.prefix(1))"
            }
        }
        // Nothing was delivered by the first start: the second's cascade takes its place.
        try claim(second)
        try claim(first)
        #expect(try ranges() == ["0 from 0: a", "1 from 0: a"])
        let advance = PartitionAdvance(topic: Self.topic, partition: 0, deliveredOffset: 50, epoch: 2)
        _ = try ledger.deliver(job: "live", alerts: [], progress: [advance])
        try claim(first)
        #expect(try ranges() == ["0 from 0: a", "1 from 0: a"])
        let range = CascadeRange(topic: Self.topic, partition: 0, fromOffset: 70, cascade: second)
        let later = PartitionAdvance(topic: Self.topic, partition: 0, deliveredOffset: 90, epoch: 3)
        _ = try ledger.deliver(job: "live", alerts: [], progress: [later], ranges: [range])
        #expect(try ranges() == ["0 from 0: a", "0 from 70: b", "1 from 0: a"])
        let stale = #expect(throws: LedgerError.self) {
            try ledger.deliver(job: "live", alerts: [], progress: [advance], ranges: [range])
        }
        #expect(stale?.code == .fenced(topic: Self.topic, partitions: [0]))
        try claim(first)
        #expect(try ranges() == ["0 from 0: a", "0 from 70: b", "0 from 90: a", "1 from 0: a"])
    }
}
