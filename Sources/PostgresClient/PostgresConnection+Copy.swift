import CPostgres
import Glibc

/// Rows for COPY … FROM STDIN (FORMAT binary): fields in the order of the columns.
///
/// Layout: a signature, then per row the number of fields and each field's length and bytes, then −1
/// (PostgreSQL documentation, COPY, "Binary Format").
public struct PostgresCopyRows: Sendable {
    private(set) var bytes: [UInt8] = []
    private let columnCount: Int16
    public private(set) var count = 0

    public init(columnCount: Int) {
        self.columnCount = Int16(clamping: columnCount)
        bytes = Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    }

    /// Begins a row; exactly `columnCount` values must follow.
    public mutating func beginRow() {
        PostgresBytes.append(columnCount, to: &bytes)
        count += 1
    }

    public mutating func appendNull() { PostgresBytes.append(Int32(-1), to: &bytes) }
    /// bigint.
    public mutating func append(_ value: Int64) { appendFixed(value) }
    /// integer.
    public mutating func append(_ value: Int32) { appendFixed(value) }
    /// smallint.
    public mutating func append(_ value: Int16) { appendFixed(value) }
    /// double precision.
    public mutating func append(_ value: Double) { appendFixed(value.bitPattern) }
    /// boolean.
    public mutating func append(_ value: Bool) { appendFixed(UInt8(value ? 1 : 0)) }
    /// timestamptz from milliseconds since 1970.
    public mutating func append(milliseconds: Int64) {
        appendFixed(PostgresBytes.microseconds(milliseconds: milliseconds))
    }
    /// text.
    public mutating func append(_ value: String) {
        appendVariable { PostgresBytes.append(text: value, to: &$0) }
    }
    /// text from bytes.
    public mutating func append(utf8 value: UnsafeRawBufferPointer) {
        appendVariable { PostgresBytes.append(utf8: value, to: &$0) }
    }
    /// bytea.
    public mutating func append(_ value: [UInt8]) { appendVariable { $0.append(contentsOf: value) } }

    private mutating func appendFixed<T: FixedWidthInteger>(_ value: T) {
        PostgresBytes.append(Int32(T.bitWidth / 8), to: &bytes)
        PostgresBytes.append(value, to: &bytes)
    }

    private mutating func appendVariable(_ write: (inout [UInt8]) -> Void) {
        let start = bytes.count
        PostgresBytes.append(Int32(0), to: &bytes)
        write(&bytes)
        let length = Int32(truncatingIfNeeded: bytes.count - start - 4)
        withUnsafeBytes(of: length.bigEndian) { bytes.replaceSubrange(start..<start + 4, with: $0) }
    }
}

extension PostgresConnection {
    /// Loads rows in bulk: all of them or, when it throws, none.
    /// - Parameter target: table and columns of the program's own (`vigie.labels (a, b)`).
    /// - Returns: rows loaded.
    @discardableResult
    public func copy(
        into target: String, _ rows: PostgresCopyRows, deadline: Duration? = nil
    ) throws -> Int {
        let end = [UInt8](repeating: 0xFF, count: 2)
        return try copy("COPY \(target) FROM STDIN (FORMAT binary)", [rows.bytes, end], deadline: deadline)
    }

    /// Loads rows in COPY's text or CSV format.
    /// - Parameters:
    ///   - command: a whole `COPY … FROM STDIN` command.
    ///   - chunks: the data, cut anywhere.
    /// - Returns: rows loaded.
    @discardableResult
    public func copy(_ command: String, _ chunks: [[UInt8]], deadline: Duration? = nil) throws -> Int {
        let end = ContinuousClock.now + (deadline ?? self.deadline)
        let handle = try openHandle("copy")
        guard PQsendQuery(handle, command) == 1 else { throw closeLost("copy") }
        guard case .copyIn? = try collect("copy", until: end).last else {
            throw PostgresError(code: .invalidInput, operation: "copy", cause: "the command is no COPY FROM")
        }
        for chunk in chunks { try put(chunk, until: end) }
        while true {
            let done = PQputCopyEnd(handle, nil)
            if done == 1 { break }
            guard done == 0 else { throw closeLost("copy") }
            try awaitSocket("copy", events: Int16(POLLOUT), until: end)
        }
        guard case .rows(let rows)? = try collect("copy", until: end).last else { throw closeLost("copy") }
        return rows.affectedCount
    }

    /// Hands data over in pieces, so that a large load is written while it is copied.
    private func put(_ bytes: [UInt8], until end: ContinuousClock.Instant) throws {
        let handle = try openHandle("copy")
        let pieceSize = 1 << 18
        var start = 0
        while start < bytes.count {
            let length = min(pieceSize, bytes.count - start)
            let sent = bytes.withUnsafeBytes { memory -> Int32 in
                let address = memory.baseAddress.map { ($0 + start).assumingMemoryBound(to: CChar.self) }
                return PQputCopyData(handle, address, Int32(length))
            }
            switch sent {
            case 1:
                start += length
                try flush("copy", until: end)
            case 0: try awaitSocket("copy", events: Int16(POLLOUT), until: end)
            default: throw closeLost("copy")
            }
        }
    }
}
