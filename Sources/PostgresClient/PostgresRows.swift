import CPostgres

/// The rows that a query gave back, read by row and column number.
///
/// Owns libpq's result; the memory goes when this object goes. Reading does not copy what is not asked for.
public final class PostgresRows {
    private let result: OpaquePointer
    public let count: Int
    public let columnCount: Int
    /// Rows that INSERT, UPDATE, DELETE, MERGE or COPY touched; 0 for other commands.
    public let affectedCount: Int

    /// - Parameter result: a `PGresult`, owned from here on.
    init(owning result: OpaquePointer) {
        self.result = result
        count = Int(PQntuples(result))
        columnCount = Int(PQnfields(result))
        affectedCount = PQcmdTuples(result).flatMap { Int(String(cString: $0)) } ?? 0
    }

    deinit { PQclear(result) }

    /// Name of a column, `""` when there is none with that number.
    public func name(column: Int) -> String {
        PQfname(result, Int32(truncatingIfNeeded: column)).map { String(cString: $0) } ?? ""
    }

    /// Lends the bytes as PostgreSQL sent them; `nil` for a null value.
    /// - Throws: `wrongType` when there is no such row or column.
    public func withBytes<R>(
        _ row: Int, _ column: Int, _ body: (UnsafeRawBufferPointer) throws -> R
    ) throws -> R? {
        guard row >= 0, row < count, column >= 0, column < columnCount else {
            throw PostgresError(
                code: .wrongType, operation: "read", cause: "no value at row \(row), column \(column)")
        }
        let (row, column) = (Int32(row), Int32(column))
        guard PQgetisnull(result, row, column) == 0, let start = PQgetvalue(result, row, column) else {
            return nil
        }
        let length = Int(PQgetlength(result, row, column))
        return try body(UnsafeRawBufferPointer(start: UnsafeRawPointer(start), count: length))
    }

    public func isNull(_ row: Int, _ column: Int) throws -> Bool {
        try withBytes(row, column) { _ in } == nil
    }

    /// smallint, integer, bigint; also an integer written as text (`numeric`, `count`).
    public func int64(_ row: Int, _ column: Int) throws -> Int64? {
        try read(row, column, "integer") { bytes, type, isBinary in
            guard isBinary else { return Int64(String(decoding: bytes, as: UTF8.self)) }
            switch (type, bytes.count) {
            case (.int2, 2): return Int64(Self.number(bytes, Int16.self))
            case (.int4, 4): return Int64(Self.number(bytes, Int32.self))
            case (.int8, 8): return Self.number(bytes, Int64.self)
            default: return nil
            }
        }
    }

    /// real and double precision, exactly; numeric to the nearest double.
    public func double(_ row: Int, _ column: Int) throws -> Double? {
        try read(row, column, "number") { bytes, type, isBinary in
            guard isBinary else { return Double(String(decoding: bytes, as: UTF8.self)) }
            switch (type, bytes.count) {
            case (.float4, 4): return Double(Float(bitPattern: Self.number(bytes, UInt32.self)))
            case (.float8, 8): return Double(bitPattern: Self.number(bytes, UInt64.self))
            default: return nil
            }
        }
    }

    public func bool(_ row: Int, _ column: Int) throws -> Bool? {
        try read(row, column, "boolean") { bytes, type, isBinary in
            guard type == .bool, let first = bytes.first else { return nil }
            return isBinary ? first != 0 : first == UInt8(ascii: "t")
        }
    }

    /// Any type in text format; text, json and jsonb in binary format.
    public func string(_ row: Int, _ column: Int) throws -> String? {
        try read(row, column, "text") { bytes, type, isBinary in
            guard isBinary else { return String(decoding: bytes, as: UTF8.self) }
            switch type {
            case .text, .json: return String(decoding: bytes, as: UTF8.self)
            case .jsonb: return String(decoding: bytes.dropFirst(), as: UTF8.self)
            default: return nil
            }
        }
    }

    /// bytea.
    public func bytes(_ row: Int, _ column: Int) throws -> [UInt8]? {
        try read(row, column, "bytea") { bytes, type, isBinary in
            guard type == .bytea else { return nil }
            return isBinary ? Array(bytes) : Self.unescapedHexadecimal(bytes)
        }
    }

    /// timestamptz in binary format: milliseconds since 1970, rounded down.
    public func milliseconds(_ row: Int, _ column: Int) throws -> Int64? {
        try read(row, column, "timestamptz in binary format") { bytes, type, isBinary in
            guard isBinary, type == .timestamptz, bytes.count == 8 else { return nil }
            let microseconds = Self.number(bytes, Int64.self)
            let rest = microseconds % 1000
            return (microseconds - (rest < 0 ? rest + 1000 : rest)) / 1000 + PostgresBytes.epochMilliseconds
        }
    }

    private func read<R>(
        _ row: Int, _ column: Int, _ wanted: String,
        _ decode: (UnsafeRawBufferPointer, PostgresType?, _ isBinary: Bool) -> R?
    ) throws -> R? {
        try withBytes(row, column) { bytes in
            let number = Int32(column)
            let type = PostgresType(rawValue: PQftype(result, number))
            guard let value = decode(bytes, type, PQfformat(result, number) == 1) else {
                throw PostgresError(
                    code: .wrongType, operation: "read",
                    cause: "column \(name(column: column)) is not \(wanted)")
            }
            return value
        }
    }

    private static func number<T: FixedWidthInteger>(_ bytes: UnsafeRawBufferPointer, _: T.Type) -> T {
        T(bigEndian: bytes.loadUnaligned(as: T.self))
    }

    /// `\x` and two digits per byte.
    private static func unescapedHexadecimal(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
        guard text.count >= 2, text.count % 2 == 0, text[0] == UInt8(ascii: "\\"),
            text[1] == UInt8(ascii: "x")
        else { return nil }
        func digit(_ byte: UInt8) -> UInt8? { Character(Unicode.Scalar(byte)).hexDigitValue.map(UInt8.init) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 2 - 1)
        for index in stride(from: 2, to: text.count, by: 2) {
            guard let high = digit(text[index]), let low = digit(text[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }
}
