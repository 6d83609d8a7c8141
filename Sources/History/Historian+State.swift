import Banking

/// Saving and restoring: all state as bytes, in an order that tells nothing of arrival.
///
/// Layout, little-endian: magic "VIGH", version, configuration, counts, accounts by key, counterparts by
/// key each with its
/// chain of frauds, then FNV-1a of all that (64 bits). Equal histories give equal bytes.
extension Historian {
    static let magic: UInt32 = 0x4847_4956
    static let version: UInt32 = 1
    private static let headBytes = 8 + 16 + 16

    /// The whole state.
    public func save() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(
            Self.headBytes + accountCount * AccountRecord.byteCount
                + counterpartCount * (CounterpartRecord.byteCount + 4) + frauds.entries.count * 20 + 8)
        Self.append(Self.magic, to: &bytes)
        Self.append(Self.version, to: &bytes)
        Self.append(configuration.labelDelaySeconds, to: &bytes)
        Self.append(configuration.sealGraceSeconds, to: &bytes)
        Self.append(UInt64(accountCount), to: &bytes)
        Self.append(UInt64(counterpartCount), to: &bytes)
        for slot in accounts.slotsByKey() {
            bytes.append(contentsOf: saved(account: accounts.record(Int(slot))))
        }
        for slot in counterparts.slotsByKey() {
            append(counterpart: CounterpartRecord(base: counterparts.record(Int(slot))), to: &bytes)
        }
        Self.append(Self.digest(bytes[...]), to: &bytes)
        return bytes
    }

    /// A historian that continues exactly where the saved one stood.
    /// - Throws: `HistoryError` when the bytes are not a whole saved state of this version.
    public convenience init(restoring bytes: [UInt8]) throws {
        func damaged(_ cause: String) -> HistoryError {
            HistoryError(code: .damagedState, operation: "restore", cause: cause)
        }
        guard bytes.count >= Self.headBytes + 8 else { throw damaged("too short") }
        var cursor = StateCursor(bytes: bytes[..<(bytes.count - 8)])
        guard cursor.take(UInt32.self) == Self.magic else { throw damaged("not a saved history") }
        guard cursor.take(UInt32.self) == Self.version else {
            throw HistoryError(
                code: .unknownVersion, operation: "restore",
                cause: "this program reads version \(Self.version)")
        }
        var end = StateCursor(bytes: bytes[(bytes.count - 8)...])
        guard end.take(UInt64.self) == Self.digest(bytes[..<(bytes.count - 8)]) else {
            throw damaged("checksum does not match")
        }
        guard let delay = cursor.take(Int64.self), let grace = cursor.take(Int64.self),
            let accountCount = cursor.take(UInt64.self), let counterpartCount = cursor.take(UInt64.self)
        else { throw damaged("head is cut") }
        self.init(configuration: HistoryConfiguration(labelDelaySeconds: delay, sealGraceSeconds: grace))
        for _ in 0..<accountCount {
            guard let record = cursor.take(count: AccountRecord.byteCount), restore(account: record) else {
                throw damaged("an account is cut or out of range")
            }
        }
        for _ in 0..<counterpartCount {
            guard restoreCounterpart(from: &cursor) else {
                throw damaged("a counterpart is cut or out of range")
            }
        }
        guard cursor.isAtEnd else { throw damaged("bytes are left over") }
        accounts.clearChanges()
        counterparts.clearChanges()
    }

    /// Lends the bytes of every account written since the last `clearChanges`, for checkpoints.
    ///
    /// The bytes of one account are valid input of `restore(account:)`.
    public func forEachChangedAccount(
        _ body: (_ account: Pseudonym, _ partition: UInt16, _ bytes: [UInt8]) -> Void
    ) {
        accounts.forEachChange { base in
            let header = AccountRecord(base: base).header.pointee
            body(header.key, header.partition, saved(account: base))
        }
    }

    /// Lends the bytes of every counterpart written since the last `clearChanges`, its frauds included.
    public func forEachChangedCounterpart(_ body: (_ counterpart: Pseudonym, _ bytes: [UInt8]) -> Void) {
        counterparts.forEachChange { base in
            var bytes: [UInt8] = []
            let record = CounterpartRecord(base: base)
            append(counterpart: record, to: &bytes)
            body(record.header.pointee.key, bytes)
        }
    }

    /// Starts a new period for `forEachChanged…`.
    public func clearChanges() {
        accounts.clearChanges()
        counterparts.clearChanges()
    }

    /// Puts one account's bytes back, over whatever is known of it.
    /// - Returns: false, and nothing changes, when the bytes are no account's.
    @discardableResult
    public func restore(account bytes: ArraySlice<UInt8>) -> Bool {
        guard bytes.count == AccountRecord.byteCount else { return false }
        return bytes.withUnsafeBytes { source in
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
            accounts.findOrInsert(header.key).record.copyMemory(
                from: source.baseAddress.unsafelyUnwrapped, byteCount: source.count)
            return true
        }
    }

    /// Puts one counterpart's bytes back, over whatever is known of it.
    /// - Returns: false, and nothing changes, when the bytes are no counterpart's.
    @discardableResult
    public func restore(counterpart bytes: ArraySlice<UInt8>) -> Bool {
        var cursor = StateCursor(bytes: bytes)
        return restoreCounterpart(from: &cursor) && cursor.isAtEnd
    }

    // MARK: - Records

    private func saved(account base: UnsafeMutableRawPointer) -> [UInt8] {
        Array(UnsafeRawBufferPointer(start: base, count: AccountRecord.byteCount))
    }

    /// The record with its reference into the pool blanked, the number of frauds, the frauds.
    private func append(counterpart record: CounterpartRecord, to bytes: inout [UInt8]) {
        let start = bytes.count
        bytes.append(
            contentsOf: UnsafeRawBufferPointer(start: record.base, count: CounterpartRecord.byteCount))
        for index in 24..<30 { bytes[start + index] = 0 }
        let chain = frauds.chain(record)
        Self.append(UInt32(chain.count), to: &bytes)
        for entry in chain {
            for value in [entry.eventSeconds, entry.knownSeconds, entry.idHash, entry.count] {
                Self.append(value, to: &bytes)
            }
        }
    }

    private func restoreCounterpart(from cursor: inout StateCursor) -> Bool {
        guard let bytes = cursor.take(count: CounterpartRecord.byteCount),
            let count = cursor.take(UInt32.self),
            count <= FraudPool.capacityPerCounterpart
        else { return false }
        var chain: [FraudPool.Entry] = []
        for _ in 0..<count {
            guard let event = cursor.take(UInt32.self), let known = cursor.take(UInt32.self),
                let idHash = cursor.take(UInt32.self), let frauds = cursor.take(UInt32.self)
            else { return false }
            chain.append(
                FraudPool.Entry(
                    next: 0, eventSeconds: event, knownSeconds: known, idHash: idHash, count: frauds))
        }
        return bytes.withUnsafeBytes { source in
            let header = source.loadUnaligned(as: CounterpartHeader.self)
            guard header.used <= CounterpartRecord.bodyBytes, header.isDense <= 1 else { return false }
            let record = CounterpartRecord(base: counterparts.findOrInsert(header.key).record)
            frauds.clear(record)
            record.base.copyMemory(from: source.baseAddress.unsafelyUnwrapped, byteCount: source.count)
            frauds.restore(chain, to: record)
            return true
        }
    }

    private static func append<T: FixedWidthInteger>(_ value: T, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// FNV-1a over 8-byte words, then over the bytes that are left.
    private static func digest(_ bytes: ArraySlice<UInt8>) -> UInt64 {
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
private struct StateCursor {
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
