import Banking

/// A part of the state as bytes: whole records as they all were at one moment.
public struct StatePiece: Sendable {
    /// The state that all partitions share: counterparts, and accounts of which a history file told before
    /// the stream did.
    public static let shared: Int32 = -1

    /// The partition whose accounts it holds, or `shared`.
    public let partition: Int32
    /// Without their checksum: `sealed()` adds it on the thread that stores them.
    let bytes: [UInt8]

    /// The bytes to keep, which `Historian.restore(piece:)` takes back.
    public consuming func sealed() -> [UInt8] {
        var bytes = bytes
        Historian.append(Historian.digest(bytes[...]), to: &bytes)
        return bytes
    }
}

/// Checkpoints of changed records only.
///
/// A snapshot is the state at the moment of `beginSnapshot`, copied bit by bit between transactions, so that
/// nothing waits for it. See `RecordTable+Snapshot.swift` for what it holds.
extension Historian {
    /// Begins a snapshot; the last one has ended.
    /// - Parameter number: from 1 on, above that of the last.
    public func beginSnapshot(number: UInt32) {
        pieces = PieceWriter(configuration)
        accounts.beginSnapshot(number: number) { [unowned self] base in pieces?.append(account: base) }
        counterparts.beginSnapshot(number: number) { [unowned self] base in
            pieces?.append(counterpart: CounterpartRecord(base: base), frauds)
        }
    }

    /// Copies on, at most so many records.
    /// - Returns: whether all are copied.
    public func copySnapshot(atMost records: Int) -> Bool {
        accounts.copyAwaited(atMost: records)
        if !accounts.isAwaiting { counterparts.copyAwaited(atMost: records) }
        return !accounts.isAwaiting && !counterparts.isAwaiting
    }

    /// What is copied so far and not yet taken.
    /// - Parameter whole: only full pieces, of about 2 MiB. Without it also the last ones.
    public func takePieces(whole: Bool) -> [StatePiece] { pieces?.take(whole: whole) ?? [] }

    /// The running or last snapshot was not kept: the next one holds its records too.
    public func forgetSnapshot() {
        pieces = nil
        accounts.forgetSnapshot()
        counterparts.forgetSnapshot()
    }

    /// Snapshots before this number hold nothing that a later one does not hold; 0 stands for all of before
    /// this program's start.
    public var oldestNeededSnapshot: UInt32 { min(accounts.oldestNeeded, counterparts.oldestNeeded) }

    /// Puts a piece back. Records that are known already stay: give the newest snapshots first, and of each
    /// kind partitions before `StatePiece.shared`. `endRestoring` follows the last one.
    /// - Throws: `HistoryError` when the bytes are no whole piece of this version.
    public func restore(piece bytes: [UInt8]) throws {
        var reader = try PieceReader(bytes)
        configuration = reader.configuration
        for _ in 0..<reader.accountCount {
            guard let record = reader.cursor.take(count: AccountRecord.byteCount), restore(account: record)
            else { throw PieceReader.damaged("an account is cut or out of range") }
        }
        for _ in 0..<reader.counterpartCount {
            guard restoreCounterpart(from: &reader.cursor) else {
                throw PieceReader.damaged("a counterpart is cut or out of range")
            }
        }
        guard reader.cursor.isAtEnd else { throw PieceReader.damaged("bytes are left over") }
    }

    /// All pieces are back: what changes from here on is new.
    public func endRestoring() {
        accounts.endRestoring()
        counterparts.endRestoring()
    }
}

extension RecordTable {
    var isAwaiting: Bool { snapshot.awaitedCount > 0 }
}

/// Sorts copied records into pieces by partition.
struct PieceWriter {
    private static let fullBytes = 2 << 20

    private struct Open {
        var bytes: [UInt8] = []
        var accounts: UInt64 = 0
        var counterparts: UInt64 = 0
    }
    private let configuration: HistoryConfiguration
    /// Counterparts at index 0, shared accounts at 1, a partition's accounts at 2 + partition.
    private var open: [Open] = []
    private var full: [StatePiece] = []

    init(_ configuration: HistoryConfiguration) { self.configuration = configuration }

    mutating func append(account base: UnsafeMutableRawPointer) {
        let number = AccountRecord(base: base).header.pointee.partition
        let place = number == UInt16(truncatingIfNeeded: StatePiece.shared) ? 1 : Int(number) + 2
        begin(place)
        open[place].accounts += 1
        open[place].bytes.append(
            contentsOf: UnsafeRawBufferPointer(start: base, count: AccountRecord.byteCount))
        if open[place].bytes.count >= Self.fullBytes { close(place) }
    }

    mutating func append(counterpart record: CounterpartRecord, _ frauds: FraudPool) {
        begin(0)
        open[0].counterparts += 1
        Historian.append(counterpart: record, frauds, to: &open[0].bytes)
        if open[0].bytes.count >= Self.fullBytes { close(0) }
    }

    mutating func take(whole: Bool) -> [StatePiece] {
        if !whole { for place in open.indices { close(place) } }
        defer { full = [] }
        return full
    }

    private mutating func begin(_ place: Int) {
        while open.count <= place { open.append(Open()) }
        guard open[place].bytes.isEmpty else { return }
        Historian.appendHead(configuration, to: &open[place].bytes)
    }

    private mutating func close(_ place: Int) {
        guard !open[place].bytes.isEmpty else { return }
        var done = Open()
        swap(&done, &open[place])
        Historian.setCounts(done.accounts, done.counterparts, in: &done.bytes)
        full.append(
            StatePiece(partition: place < 2 ? StatePiece.shared : Int32(place) - 2, bytes: done.bytes))
    }
}
