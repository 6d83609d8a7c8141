import Banking

/// Reads records by one plan: scans them into slots, derives, and builds transactions and labels.
///
/// One per thread. Nothing is allocated for a good record; its memory is reused.
struct RecordReader: ~Copyable {
    private(set) var plan: RecordPlan
    var memory: RecordMemory
    let pseudonymiser: Pseudonymiser
    let limits: IntakeLimits
    let cardLikeIdentifiers: IntakeLimits.CardLikeIdentifier
    let futureMilliseconds: Int64
    /// Bytes of constants; their slots point into it.
    private let constantBytes: UnsafeMutableRawPointer
    /// The currency of the record before, because it is nearly always the same one.
    var lastCurrency = Currency(packed: 0)
    var lastCurrencyDigits = 2

    /// A joined text is at most this long.
    static let longestJoin = 1024

    init(plan: RecordPlan, pseudonymiser: consuming Pseudonymiser, limits: IntakeLimits) {
        self.plan = plan
        self.pseudonymiser = pseudonymiser
        self.limits = limits
        cardLikeIdentifiers = plan.cardLikeIdentifiers ?? limits.cardLikeIdentifiers
        futureMilliseconds = min(max(limits.futureSeconds, 0), 1 << 40) * 1000
        memory = RecordMemory(valueCount: plan.slotCount)
        let total = plan.constants.reduce(1) { $0 + $1.count }
        constantBytes = .allocate(byteCount: total, alignment: 8)
        var offset = 0
        for (index, constant) in plan.constants.enumerated() {
            constant.withUnsafeBytes { bytes in
                if let start = bytes.baseAddress {
                    (constantBytes + offset).copyMemory(from: start, byteCount: bytes.count)
                }
            }
            memory.values[plan.sources.count + index] = RawValue(
                .string, UnsafeRawPointer(constantBytes + offset), constant.count)
            offset += constant.count
        }
    }

    deinit { constantBytes.deallocate() }

    /// Changes to another plan without constants (one of the canonical ones).
    mutating func adopt(_ plan: RecordPlan) {
        self.plan = plan
        memory = RecordMemory(valueCount: plan.slotCount)
    }

    /// Assigns the columns of a file to slots.
    /// - Parameter isComplete: whether every source must have its column.
    func columns(
        of header: CSVHeader, file: String, isComplete: Bool
    ) throws(IntakeError) -> CSVColumns {
        if isComplete, let lacking = plan.sources.first(where: { !header.names.contains($0) }) {
            throw IntakeError(
                .headerLacksColumn, operation: "reading the header of \(file)",
                cause: unknownName(lacking, in: "the header", allowed: header.names))
        }
        let slots = header.names.map { name in
            plan.sources.firstIndex(of: name).map(Int32.init) ?? -1
        }
        return CSVColumns(delimiter: header.delimiter, slots: slots)
    }

    /// Scans one JSON record into the slots.
    mutating func scanJSON(_ bytes: UnsafeRawBufferPointer) -> Failure? {
        guard let base = bytes.baseAddress, bytes.count > 0 else { return Failure(.tombstone) }
        guard bytes.count <= limits.recordBytes else { return Failure(.tooLarge) }
        memory.begin(
            sources: plan.sources.count, bytes: bytes.count + plan.derivations.count * Self.longestJoin)
        var scanner = JSONScanner(
            bytes, base: base, tree: plan.tree, values: memory.values, scratch: memory.scratch,
            depthLimit: limits.depth)
        guard scanner.scanRecord() else {
            if scanner.failedSlot == -2 { return Failure(.wrongType, .merchantID) }
            let slot = Int(scanner.failedSlot)
            return Failure(scanner.failure, slot >= 0 ? plan.field(ofSlot: slot) : nil)
        }
        memory.scratchUsed = scanner.scratchUsed
        return plan.derivations.isEmpty ? nil : derive()
    }

    /// Scans one record of a file: a row when it has columns, otherwise JSON.
    @inline(__always)
    mutating func scan(_ bytes: UnsafeRawBufferPointer, columns: CSVColumns?) -> Failure? {
        if let columns { return scanRow(bytes, columns: columns) }
        return scanJSON(bytes)
    }

    /// Scans one CSV row into the slots.
    mutating func scanRow(_ bytes: UnsafeRawBufferPointer, columns: CSVColumns) -> Failure? {
        guard bytes.count <= limits.recordBytes else { return Failure(.tooLarge) }
        guard UTF8Check.isValid(bytes) else { return Failure(.invalidUTF8) }
        memory.begin(
            sources: plan.sources.count, bytes: bytes.count + plan.derivations.count * Self.longestJoin)
        let splitter = CSVSplitter(delimiter: columns.delimiter)
        var count = 0
        let slots = columns.slots
        let (values, scratch) = (memory.values, memory.scratch)
        var used = 0
        let fault = splitter.forEachCell(of: bytes, scratch: scratch, scratchUsed: &used) { cell in
            if count < slots.count, slots[count] >= 0 { values[Int(slots[count])] = cell }
            count &+= 1
        }
        if let fault { return Failure(fault) }
        guard count == slots.count else { return Failure(.wrongColumnCount) }
        memory.scratchUsed = used
        return plan.derivations.isEmpty ? nil : derive()
    }

    /// The value that a field reads.
    @inline(__always)
    func value(_ field: CanonicalField, _ template: borrowing RecordPlan.Template) -> RawValue {
        let slot = template.slots[field.rawValue]
        return slot >= 0 ? memory.values[Int(slot)] : RawValue()
    }
}

extension RecordReader {
    /// Fills the derived slots.
    private mutating func derive() -> Failure? {
        for derivation in plan.derivations {
            switch derivation.work {
            case .join(let inputs, let separator, let prefix, let suffix):
                let joined = join(inputs, separator, prefix, suffix)
                switch joined {
                case .success(let value): memory.values[derivation.output] = value
                case .failure(let reason): return Failure(reason, derivation.field)
                }
            case .translate(let input, let table, let otherwise):
                let value = memory.values[input]
                guard !value.isMissing else {
                    memory.values[derivation.output] = RawValue()
                    continue
                }
                guard value.kind != .array, value.kind != .object else {
                    return Failure(.wrongType, derivation.field)
                }
                let bytes = value.bytes
                let match = table.first { $0.text.elementsEqual(bytes) }?.slot ?? otherwise
                guard let match else { return Failure(.unknownValue, derivation.field) }
                memory.values[derivation.output] = memory.values[match]
            }
        }
        return nil
    }

    private mutating func join(
        _ inputs: [Int], _ separator: [UInt8], _ prefix: [UInt8], _ suffix: [UInt8]
    ) -> Result<RawValue, RejectionReason> {
        var total = prefix.count + suffix.count + separator.count * max(inputs.count - 1, 0)
        for input in inputs {
            let value = memory.values[input]
            if value.isMissing { return .success(RawValue()) }
            guard value.kind == .string || value.kind == .number else { return .failure(.wrongType) }
            total += value.count
        }
        guard total <= Self.longestJoin else { return .failure(.tooLong) }
        let start = memory.scratch + memory.scratchUsed
        var offset = 0
        func append(_ bytes: UnsafeRawBufferPointer) {
            if let source = bytes.baseAddress {
                (start + offset).copyMemory(from: source, byteCount: bytes.count)
            }
            offset += bytes.count
        }
        prefix.withUnsafeBytes(append)
        for (index, input) in inputs.enumerated() {
            if index > 0 { separator.withUnsafeBytes(append) }
            append(memory.values[input].bytes)
        }
        suffix.withUnsafeBytes(append)
        memory.scratchUsed += total
        return .success(RawValue(.string, UnsafeRawPointer(start), total))
    }
}
