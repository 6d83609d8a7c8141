import Glibc

/// The records of a `.csv` or `.jsonl` file, plain or `.gz`, in order and in bounded memory.
///
/// A CSV row ends at a line end outside of quotes. Empty lines are no records, a byte order mark is passed.
public struct RecordFile: ~Copyable {
    public enum Layout: Sendable {
        case csv
        case jsonLines

        /// By the name's ending, `.gz` aside; `nil` when it is neither.
        public init?(path: String) {
            let name = path.lowercased()
            let plain = name.hasSuffix(".gz") ? String(name.dropLast(3)) : name
            if plain.hasSuffix(".csv") || plain.hasSuffix(".tsv") {
                self = .csv
            } else if [".jsonl", ".ndjson", ".json"].contains(where: plain.hasSuffix) {
                self = .jsonLines
            } else {
                return nil
            }
        }
    }

    /// One record.
    public struct Record {
        /// Without line end; valid until the next call of `next`. Empty when `fault` is `too_large`.
        public var bytes: UnsafeRawBufferPointer
        /// Number of records before it; a CSV header counts, so the first row below it is 1.
        public var row: Int64
        /// `too_large` or `unclosed_quote`.
        public var fault: RejectionReason?
    }

    public let layout: Layout
    private let recordBytes: Int
    private let delimiter: UInt8
    private var source: ByteSource
    private var buffer: UnsafeMutableRawPointer
    private var capacity: Int
    private var start = 0
    private var end = 0
    private var isAtEnd = false
    private var isAtBeginning = true
    private var row: Int64 = 0
    private static let step = 1 << 18

    /// - Parameters:
    ///   - path: of the file.
    ///   - layout: by the name's ending unless given.
    ///   - recordBytes: a longer record is handed out as the fault `too_large`, and never held in memory.
    ///   - delimiter: of CSV cells; a quote opens only at the beginning of a cell.
    /// - Throws: `IntakeError` when the file cannot be opened or its layout is not known.
    public init(
        path: String, layout: Layout? = nil, recordBytes: Int = IntakeLimits().recordBytes,
        delimiter: UInt8 = UInt8(ascii: ",")
    ) throws(IntakeError) {
        guard let known = layout ?? Layout(path: path) else {
            throw IntakeError(
                .fileUnreadable, operation: "opening \(path)",
                cause: "the name must end in .csv, .jsonl, .csv.gz or .jsonl.gz")
        }
        source = try ByteSource.opening(path)
        self.layout = known
        self.recordBytes = recordBytes
        self.delimiter = delimiter
        capacity = Self.step * 2
        buffer = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit { buffer.deallocate() }

    /// The next record, or `nil` at the end.
    /// - Throws: `IntakeError` when the file cannot be read on or its gzip stream ends too early.
    public mutating func next() throws(IntakeError) -> Record? {
        while true {
            if let lineEnd = recordEnd() {
                let record = UnsafeRawBufferPointer(start: buffer + start, count: lineEnd - start)
                start = lineEnd + 1
                if let found = handOut(record) { return found }
                continue
            }
            if end - start > recordBytes || (isAtEnd && end > start) {
                if let found = try endlessRecord() { return found }
                continue
            }
            if isAtEnd { return nil }
            try refill()
        }
    }

    /// A record without its carriage return; `nil` for an empty line.
    private mutating func handOut(
        _ line: UnsafeRawBufferPointer, fault: RejectionReason? = nil
    ) -> Record? {
        var bytes = line
        if let last = bytes.last, last == 0x0D { bytes = UnsafeRawBufferPointer(rebasing: bytes.dropLast()) }
        guard bytes.count > 0 else { return nil }
        defer { row += 1 }
        if bytes.count > recordBytes {
            return Record(bytes: UnsafeRawBufferPointer(start: nil, count: 0), row: row, fault: .tooLarge)
        }
        return Record(bytes: bytes, row: row, fault: fault)
    }

    /// What to do with a record whose end is not in sight although the limit or the file's end is reached.
    private mutating func endlessRecord() throws(IntakeError) -> Record? {
        let rest = UnsafeRawBufferPointer(start: buffer + start, count: end - start)
        if let line = rest.firstIndex(of: 0x0A) {
            // An opened quote swallows what follows: give up its first line and go on behind that.
            start += line + 1
            return handOut(UnsafeRawBufferPointer(rebasing: rest[..<line]), fault: .unclosedQuote)
        }
        if isAtEnd {
            start = end
            return handOut(rest)
        }
        while !isAtEnd {
            start = end
            try refill()
            let part = UnsafeRawBufferPointer(start: buffer + start, count: end - start)
            if let line = part.firstIndex(of: 0x0A) {
                start += line + 1
                break
            }
            start = end
        }
        defer { row += 1 }
        return Record(bytes: UnsafeRawBufferPointer(start: nil, count: 0), row: row, fault: .tooLarge)
    }

    /// Makes room and reads one step.
    private mutating func refill() throws(IntakeError) {
        if start > 0 {
            memmove(buffer, buffer + start, end - start)
            end -= start
            start = 0
        }
        if capacity - end < Self.step {
            let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity * 2, alignment: 16)
            larger.copyMemory(from: buffer, byteCount: end)
            buffer.deallocate()
            buffer = larger
            capacity *= 2
        }
        let room = UnsafeMutableRawBufferPointer(start: buffer + end, count: Self.step)
        let count = try source.read(into: room)
        end += count
        isAtEnd = count == 0
        if isAtBeginning, end >= 3 || isAtEnd {
            isAtBeginning = false
            let bytes = UnsafeRawBufferPointer(start: buffer, count: end)
            if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { start = 3 }
        }
    }

    /// Offset of the line end that closes the record at `start`, or `nil`.
    private func recordEnd() -> Int? {
        guard end > start, let found = memchr(buffer + start, 0x0A, end - start) else { return nil }
        let lineEnd = UnsafeRawPointer(found) - UnsafeRawPointer(buffer)
        guard layout == .csv, memchr(buffer + start, 0x22, lineEnd - start) != nil else { return lineEnd }
        return quotedRecordEnd()
    }

    /// Where a CSV row stands, byte by byte.
    private enum CellState {
        /// Leaves by any byte.
        case cellStart
        /// Leaves at a delimiter.
        case plain
        /// Leaves at a quote.
        case quoted
        /// Behind a quote inside a quoted cell: another quote goes on, anything else has left it.
        case closed
    }

    private func quotedRecordEnd() -> Int? {
        var state = CellState.cellStart
        for offset in start..<end {
            let byte = buffer.load(fromByteOffset: offset, as: UInt8.self)
            let isQuote = byte == UInt8(ascii: "\"")
            if state == .quoted {
                if isQuote { state = .closed }
            } else if byte == 0x0A {
                return offset
            } else if isQuote, state != .plain {
                state = .quoted
            } else {
                state = byte == delimiter ? .cellStart : .plain
            }
        }
        return nil
    }
}
