/// Big-endian bytes in PostgreSQL's binary wire format.
///
/// Formats: src/backend/utils/adt of PostgreSQL (`*_send` functions); stable since version 8.4.
enum PostgresBytes {
    /// Milliseconds from 1970-01-01 to PostgreSQL's epoch, 2000-01-01.
    static let epochMilliseconds: Int64 = 946_684_800_000
    /// 0001-01-01 and 9999-12-31T23:59:59.999 as milliseconds since 1970.
    static let years: ClosedRange<Int64> = -62_135_596_800_000 ... 253_402_300_799_999

    @inline(__always)
    static func append<T: FixedWidthInteger>(_ value: T, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    /// Microseconds since 2000, kept inside the years 1 to 9999.
    @inline(__always)
    static func microseconds(milliseconds: Int64) -> Int64 {
        (min(max(milliseconds, years.lowerBound), years.upperBound) - epochMilliseconds) * 1000
    }

    /// Text that PostgreSQL takes: valid UTF-8 without NUL (which becomes U+FFFD, like broken UTF-8).
    static func append(text: String, to bytes: inout [UInt8]) {
        var copy = text
        let clean = copy.withUTF8 { utf8 in
            if utf8.contains(0) { return false }
            bytes.append(contentsOf: utf8)
            return true
        }
        guard !clean else { return }
        for byte in text.utf8 {
            if byte == 0 { bytes.append(contentsOf: [0xEF, 0xBF, 0xBD]) } else { bytes.append(byte) }
        }
    }

    /// The same from bytes that should be UTF-8 and may not be.
    static func append(utf8 text: UnsafeRawBufferPointer, to bytes: inout [UInt8]) {
        if text.allSatisfy({ $0 < 0x80 && $0 != 0 }) {
            bytes.append(contentsOf: text)
        } else {
            append(text: String(decoding: text, as: UTF8.self), to: &bytes)
        }
    }
}

/// Object identifiers of PostgreSQL's built-in types (pg_type.dat; fixed for ever).
public enum PostgresType: UInt32, Sendable {
    case bool = 16
    case bytea = 17
    case int8 = 20
    case int2 = 21
    case int4 = 23
    case text = 25
    case json = 114
    case float4 = 700
    case float8 = 701
    case timestamptz = 1184
    case numeric = 1700
    case jsonb = 3802

    /// The identifier of the array type.
    var arrayIdentifier: UInt32 {
        switch self {
        case .bool: 1000
        case .bytea: 1001
        case .int8: 1016
        case .int2: 1005
        case .int4: 1007
        case .text: 1009
        case .json: 199
        case .float4: 1021
        case .float8: 1022
        case .timestamptz: 1185
        case .numeric: 1231
        case .jsonb: 3807
        }
    }
}
