/// A one-dimensional array parameter in binary format, for `unnest`: built once, sent without escaping.
///
/// Layout (`array_send`): dimensions, has-null flag, element type, length, lower bound, then for each element
/// its length (−1 = null) and bytes; all numbers int32 big-endian. Append only what fits the element type.
public struct PostgresArray: Sendable {
    public let element: PostgresType
    public private(set) var count = 0
    private var hasNull = false
    private var body: [UInt8] = []

    public init(of element: PostgresType, capacity: Int = 0) {
        self.element = element
        body.reserveCapacity(capacity * 12)
    }

    /// Forgets the elements and keeps the memory.
    public mutating func removeAll() {
        count = 0
        hasNull = false
        body.removeAll(keepingCapacity: true)
    }

    public mutating func appendNull() {
        PostgresBytes.append(Int32(-1), to: &body)
        hasNull = true
        count += 1
    }

    /// For `int8`.
    public mutating func append(_ value: Int64) { appendFixed(value, .int8) }
    /// For `int4`.
    public mutating func append(_ value: Int32) { appendFixed(value, .int4) }
    /// For `int2`.
    public mutating func append(_ value: Int16) { appendFixed(value, .int2) }
    /// For `float8`.
    public mutating func append(_ value: Double) { appendFixed(value.bitPattern, .float8) }
    /// For `float4`.
    public mutating func append(_ value: Float) { appendFixed(value.bitPattern, .float4) }
    /// For `bool`.
    public mutating func append(_ value: Bool) { appendFixed(UInt8(value ? 1 : 0), .bool) }

    /// For `timestamptz`: milliseconds since 1970, kept inside the years 1 to 9999.
    public mutating func append(milliseconds: Int64) {
        appendFixed(PostgresBytes.microseconds(milliseconds: milliseconds), .timestamptz)
    }

    /// For `text`. NUL, which PostgreSQL refuses, becomes U+FFFD.
    public mutating func append(_ value: String) {
        precondition(element == .text, "a string in an array of \(element)")
        appendVariable { PostgresBytes.append(text: value, to: &$0) }
    }

    /// For `text`, from bytes; broken UTF-8 is repaired as `String(decoding:)` does.
    public mutating func append(utf8 value: UnsafeRawBufferPointer) {
        precondition(element == .text, "text in an array of \(element)")
        appendVariable { PostgresBytes.append(utf8: value, to: &$0) }
    }

    /// For `bytea`.
    public mutating func append(_ value: [UInt8]) {
        precondition(element == .bytea, "bytes in an array of \(element)")
        appendVariable { $0.append(contentsOf: value) }
    }

    /// Appends the value, or null when it is the empty text.
    public mutating func appendUnlessEmpty(_ value: String) {
        if value.isEmpty { appendNull() } else { append(value) }
    }

    private mutating func appendFixed<T: FixedWidthInteger>(_ value: T, _ type: PostgresType) {
        precondition(element == type, "\(type) in an array of \(element)")
        PostgresBytes.append(Int32(T.bitWidth / 8), to: &body)
        PostgresBytes.append(value, to: &body)
        count += 1
    }

    private mutating func appendVariable(_ write: (inout [UInt8]) -> Void) {
        let start = body.count
        PostgresBytes.append(Int32(0), to: &body)
        write(&body)
        let length = Int32(truncatingIfNeeded: body.count - start - 4)
        withUnsafeBytes(of: length.bigEndian) {
            body.replaceSubrange(start..<start + 4, with: $0)
        }
        count += 1
    }

    func write(to bytes: inout [UInt8]) {
        PostgresBytes.append(Int32(count == 0 ? 0 : 1), to: &bytes)
        PostgresBytes.append(Int32(hasNull ? 1 : 0), to: &bytes)
        PostgresBytes.append(element.rawValue, to: &bytes)
        guard count > 0 else { return }
        PostgresBytes.append(Int32(truncatingIfNeeded: count), to: &bytes)
        PostgresBytes.append(Int32(1), to: &bytes)
        bytes.append(contentsOf: body)
    }
}
