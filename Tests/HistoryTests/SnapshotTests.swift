import Banking
import Testing

@testable import History

/// Pieces as a store keeps them.
private struct PieceStore {
    private var kept: [(number: UInt32, partition: Int32, bytes: [UInt8])] = []

    mutating func add(_ pieces: [StatePiece], number: UInt32) {
        kept += pieces.map { (number, $0.partition, $0.sealed()) }
    }
    mutating func drop(below number: UInt32) { kept.removeAll { $0.number < number } }
    mutating func drop(number: UInt32) { kept.removeAll { $0.number == number } }

    var byteCount: Int { kept.reduce(0) { $0 + $1.bytes.count } }

    /// The state as a fresh program reads it, from some partitions.
    func restored(_ partitions: ClosedRange<Int32> = 0...7) throws -> Historian {
        let historian = Historian()
        let wanted = kept.filter { partitions.contains($0.partition) || $0.partition == StatePiece.shared }
        func isShared(_ partition: Int32) -> Int { partition == StatePiece.shared ? 1 : 0 }
        let order = wanted.sorted {
            (isShared($0.partition), $1.number) < (isShared($1.partition), $0.number)
        }
        for piece in order { try historian.restore(piece: piece.bytes) }
        historian.endRestoring()
        return historian
    }
}

@Suite struct SnapshotTests {
    @Test(arguments: [41, 42, 43] as [UInt64])
    func `pieces of snapshots give the state of the moment at which the last one began`(seed: UInt64) throws {
        var random = Randomness(seed: seed)
        var stream = randomStream(
            seed: seed, count: 20_000, accounts: 700, merchants: 90, stepSeconds: 400)[...]
        var historian = Historian()
        var store = PieceStore()
        var number: UInt32 = 0
        var base: UInt32 = 0
        var row = FactRow()
        var failures = 0
        func read(_ count: Int) {
            for transaction in stream.prefix(count) {
                if random.below(20) == 0 {
                    historian.learn(fraud(transaction, knownAt: transaction.effectiveAt.seconds + day))
                }
                let partition = Int32(transaction.account.low % 8)
                historian.read(transaction, partition: partition, into: &row)
            }
            stream = stream.dropFirst(count)
        }
        while !stream.isEmpty {
            read(random.below(120))
            number += 1
            let state = historian.save()
            historian.beginSnapshot(number: number)
            while !historian.copySnapshot(atMost: 1 + random.below(60)) {
                store.add(historian.takePieces(whole: true), number: base + number)
                read(random.below(5))
            }
            store.add(historian.takePieces(whole: false), number: base + number)
            if random.below(6) == 0 {
                failures += 1
                historian.forgetSnapshot()
                store.drop(number: base + number)
                continue
            }
            // 0 stands for all snapshots of earlier lives.
            let needed = historian.oldestNeededSnapshot
            if needed > 0 { store.drop(below: base + needed) }
            let isSame = try store.restored().save() == state
            #expect(isSame, "seed \(seed), snapshot \(number)")
            if random.below(25) == 0, number > 3 {
                // The program starts again and goes on from here; what was read since is lost to it.
                historian = try store.restored()
                base += number
                number = 0
            }
        }
        #expect(failures > 0)
    }

    @Test func `a quiet table is still written through, and twice the table is kept at most`() throws {
        let historian = Historian()
        var store = PieceStore()
        var row = FactRow()
        let accounts = 6400
        func pay(_ account: Int, _ time: Int) {
            let transaction = payment(account: UInt64(account + 1), at: start + Int64(time), merchant: 0)
            historian.read(transaction, partition: Int32(account % 4), into: &row)
        }
        for account in 0..<accounts { pay(account, account) }
        for number in 1...400 as ClosedRange<UInt32> {
            // The same few accounts all the time, then hardly any.
            for account in 0..<(number < 200 ? 300 : 2) { pay(account, accounts + Int(number)) }
            historian.beginSnapshot(number: number)
            #expect(historian.copySnapshot(atMost: .max))
            let pieces = historian.takePieces(whole: false)
            store.add(pieces, number: number)
            store.drop(below: historian.oldestNeededSnapshot)
            // The first snapshot holds all; while it is being replaced it counts once more.
            let most = (number < 40 ? 31 : 22) * accounts * AccountRecord.byteCount / 10
            #expect(store.byteCount < most, "snapshot \(number)")
            if number > 200 {
                let records = pieces.reduce(0) { $0 + $1.sealed().count } / AccountRecord.byteCount
                #expect(records <= accounts / 64 + 6)
            }
        }
        let isSame = try store.restored().save() == historian.save()
        #expect(isSame)
        #expect(try store.restored(1...1).accountCount == accounts / 4)
    }

    @Test func `an account of the shared past moves to the partition that pays with it`() throws {
        let historian = Historian()
        var store = PieceStore()
        var row = FactRow()
        historian.read(payment(account: 1, at: start), partition: StatePiece.shared, into: &row)
        historian.read(payment(account: 2, at: start), partition: StatePiece.shared, into: &row)
        for number in 1...2 as ClosedRange<UInt32> {
            historian.beginSnapshot(number: number)
            _ = historian.copySnapshot(atMost: .max)
            store.add(historian.takePieces(whole: false), number: number)
            let later = payment(account: 1, at: start + 60, id: 9)
            historian.read(later, partition: 3, into: &row)
        }
        let isSame = try store.restored().save() == historian.save()
        #expect(isSame)
    }
}
