import Banking

/// State as bytes, in pieces.
///
/// Layout of a piece, little-endian: magic "VIGH", version, configuration, number of accounts, of
/// counterparts, the accounts, the counterparts each with its chain of frauds, then FNV-1a of all that
/// (64 bits).
extension Historian {
    static let magic: UInt32 = 0x4847_4956
    static let version: UInt32 = 2
    private static let countsOffset = 24

    /// The whole state as one piece, by key: equal histories give equal bytes.
    public func save() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(
            PieceReader.headBytes + accountCount * AccountRecord.byteCount
                + counterpartCount * (CounterpartRecord.byteCount + 4) + frauds.entries.count * 20 + 8)
        Self.appendHead(configuration, to: &bytes)
        Self.setCounts(UInt64(accountCount), UInt64(counterpartCount), in: &bytes)
        for slot in accounts.slotsByKey() {
            bytes.append(
                contentsOf: UnsafeRawBufferPointer(
                    start: accounts.record(Int(slot)), count: AccountRecord.byteCount))
        }
        for slot in counterparts.slotsByKey() {
            let record = CounterpartRecord(base: counterparts.record(Int(slot)))
            Self.append(counterpart: record, frauds, to: &bytes)
        }
        Self.append(Self.digest(bytes[...]), to: &bytes)
        return bytes
    }

    /// A historian that continues exactly where the saved one stood.
    /// - Throws: `HistoryError` when the bytes are not a whole saved state of this version.
    public convenience init(restoring bytes: [UInt8]) throws {
        self.init()
        try restore(piece: bytes)
        endRestoring()
    }

    static func appendHead(_ configuration: HistoryConfiguration, to bytes: inout [UInt8]) {
        append(magic, to: &bytes)
        append(version, to: &bytes)
        append(configuration.labelDelaySeconds, to: &bytes)
        append(configuration.sealGraceSeconds, to: &bytes)
        append(UInt64(0), to: &bytes)
        append(UInt64(0), to: &bytes)
    }

    static func setCounts(_ accounts: UInt64, _ counterparts: UInt64, in bytes: inout [UInt8]) {
        bytes.withUnsafeMutableBytes { raw in
            raw.storeBytes(of: accounts.littleEndian, toByteOffset: countsOffset, as: UInt64.self)
            raw.storeBytes(of: counterparts.littleEndian, toByteOffset: countsOffset + 8, as: UInt64.self)
        }
    }

    // MARK: - Records

    /// Puts an account back unless it is known. False when the bytes are no account's.
    func restore(account bytes: ArraySlice<UInt8>) -> Bool {
        bytes.withUnsafeBytes { source in
            let header = source.loadUnaligned(as: AccountHeader.self)
            guard header.ringCount <= AccountRecord.ringCapacity,
                header.idCount <= AccountRecord.ringCapacity,
                header.amountCount <= AccountRecord.amountCapacity, header.ringCount <= header.amountCount
            else { return false }
            // Times in order: everything that subtracts them relies on it.
            for index in 1..<max(Int(header.ringCount), 1) {
                let newer = source.loadUnaligned(
                    fromByteOffset: AccountRecord.timesOffset + (index - 1) * 4, as: UInt32.self)
                let older = source.loadUnaligned(
                    fromByteOffset: AccountRecord.timesOffset + index * 4, as: UInt32.self)
                guard newer >= older else { return false }
            }
            let (record, isFresh) = accounts.findOrInsert(header.key)
            if isFresh {
                record.copyMemory(from: source.baseAddress.unsafelyUnwrapped, byteCount: source.count)
            }
            return true
        }
    }

    /// The record with its reference into the pool blanked, the number of frauds, the frauds.
    static func append(counterpart record: CounterpartRecord, _ frauds: FraudPool, to bytes: inout [UInt8]) {
        let start = bytes.count
        bytes.append(
            contentsOf: UnsafeRawBufferPointer(start: record.base, count: CounterpartRecord.byteCount))
        for index in 24..<30 { bytes[start + index] = 0 }
        let chain = frauds.chain(record)
        append(UInt32(chain.count), to: &bytes)
        for entry in chain {
            for value in [
                entry.eventSeconds, entry.knownSeconds, entry.idHash, entry.count, entry.amount,
            ] {
                append(value, to: &bytes)
            }
        }
    }

    /// Puts a counterpart back unless it is known. False when the bytes are no counterpart's.
    func restoreCounterpart(from cursor: inout StateCursor) -> Bool {
        guard let bytes = cursor.take(count: CounterpartRecord.byteCount),
            let count = cursor.take(UInt32.self),
            count <= FraudPool.capacityPerCounterpart
        else { return false }
        var chain: [FraudPool.Entry] = []
        for _ in 0..<count {
            guard let event = cursor.take(UInt32.self), let known = cursor.take(UInt32.self),
                let idHash = cursor.take(UInt32.self), let frauds = cursor.take(UInt32.self),
                let amount = cursor.take(UInt32.self),
                amount == FraudPool.Entry.unknownAmount || amount <= LogAmount.greatestCode
            else { return false }
            chain.append(
                FraudPool.Entry(
                    next: 0, eventSeconds: event, knownSeconds: known, idHash: idHash, count: frauds,
                    amount: amount))
        }
        return bytes.withUnsafeBytes { source in
            let header = source.loadUnaligned(as: CounterpartHeader.self)
            guard header.used <= CounterpartRecord.bodyBytes, header.isDense <= 1 else { return false }
            let (base, isFresh) = counterparts.findOrInsert(header.key)
            guard isFresh else { return true }
            let record = CounterpartRecord(base: base)
            record.base.copyMemory(from: source.baseAddress.unsafelyUnwrapped, byteCount: source.count)
            frauds.restore(chain, to: record)
            return true
        }
    }

    static func append<T: FixedWidthInteger>(_ value: T, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// FNV-1a over 8-byte words, then over the bytes that are left.
    static func digest(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.withUnsafeBytes { raw in
            var hash: UInt64 = 0xCBF2_9CE4_8422_2325
            var offset = 0
            while offset + 8 <= raw.count {
                let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                hash = (hash ^ word) &* 0x0000_0100_0000_01B3
                hash ^= hash >> 29
                offset += 8
            }
            while offset < raw.count {
                hash = (hash ^ UInt64(raw[offset])) &* 0x0000_0100_0000_01B3
                offset += 1
            }
            return hash
        }
    }
}

/// Reads numbers and runs of bytes one after the other; `nil` past the end.
struct StateCursor {
    private var rest: ArraySlice<UInt8>

    init(bytes: ArraySlice<UInt8>) { rest = bytes }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func take(count: Int) -> ArraySlice<UInt8>? {
        guard rest.count >= count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    mutating func take<T: FixedWidthInteger>(_ type: T.Type) -> T? {
        take(count: MemoryLayout<T>.size).map { slice in
            slice.withUnsafeBytes { T(littleEndian: $0.loadUnaligned(as: T.self)) }
        }
    }
}

/// A whole piece whose checksum is right, open behind its head.
struct PieceReader {
    static let headBytes = 40

    let configuration: HistoryConfiguration
    let accountCount: UInt64
    let counterpartCount: UInt64
    var cursor: StateCursor

    init(_ bytes: [UInt8]) throws {
        guard bytes.count >= Self.headBytes + 8 else { throw Self.damaged("too short") }
        cursor = StateCursor(bytes: bytes[..<(bytes.count - 8)])
        guard cursor.take(UInt32.self) == Historian.magic else { throw Self.damaged("not a saved history") }
        let version = cursor.take(UInt32.self) ?? 0
        guard version == Historian.version else {
            throw HistoryError(
                code: .unknownVersion, operation: "restore",
                cause: "the saved state has version \(version), this program reads \(Historian.version): "
                    + "go on with the program that saved it, or begin a job of another name, which reads the "
                    + "stream again")
        }
        var end = StateCursor(bytes: bytes[(bytes.count - 8)...])
        guard end.take(UInt64.self) == Historian.digest(bytes[..<(bytes.count - 8)]) else {
            throw Self.damaged("checksum does not match")
        }
        guard let delay = cursor.take(Int64.self), let grace = cursor.take(Int64.self),
            let accounts = cursor.take(UInt64.self), let counterparts = cursor.take(UInt64.self)
        else { throw Self.damaged("head is cut") }
        configuration = HistoryConfiguration(labelDelaySeconds: delay, sealGraceSeconds: grace)
        accountCount = accounts
        counterpartCount = counterparts
    }

    static func damaged(_ cause: String) -> HistoryError {
        HistoryError(code: .damagedState, operation: "restore", cause: cause)
    }
}
