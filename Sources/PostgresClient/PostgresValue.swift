/// One bound parameter: values never become part of the SQL text.
public struct PostgresValue: Sendable {
    enum Content: Sendable {
        case null
        case bytes([UInt8])
        case array(PostgresArray)
    }

    /// 0 leaves the choice to PostgreSQL.
    let typeIdentifier: UInt32
    /// Text or binary, as libpq counts: 0 or 1.
    let format: Int32
    let content: Content

    private init(_ type: PostgresType, format: Int32 = 1, bytes: [UInt8]) {
        typeIdentifier = type.rawValue
        self.format = format
        content = .bytes(bytes)
    }

    private init<T: FixedWidthInteger>(_ type: PostgresType, number: T) {
        var bytes: [UInt8] = []
        PostgresBytes.append(number, to: &bytes)
        self.init(type, bytes: bytes)
    }

    private init(typeIdentifier: UInt32, format: Int32, content: Content) {
        self.typeIdentifier = typeIdentifier
        self.format = format
        self.content = content
    }

    public static func int8(_ value: Int64) -> Self { Self(.int8, number: value) }
    public static func int4(_ value: Int32) -> Self { Self(.int4, number: value) }
    public static func int2(_ value: Int16) -> Self { Self(.int2, number: value) }
    public static func float8(_ value: Double) -> Self { Self(.float8, number: value.bitPattern) }
    public static func float4(_ value: Float) -> Self { Self(.float4, number: value.bitPattern) }
    public static func bool(_ value: Bool) -> Self { Self(.bool, bytes: [value ? 1 : 0]) }
    public static func bytea(_ value: [UInt8]) -> Self { Self(.bytea, bytes: value) }

    /// NUL, which PostgreSQL refuses, becomes U+FFFD.
    public static func text(_ value: String) -> Self {
        var bytes: [UInt8] = []
        PostgresBytes.append(text: value, to: &bytes)
        return Self(.text, bytes: bytes)
    }

    /// The value, or null when it is the empty text.
    public static func textOrNull(_ value: String) -> Self { value.isEmpty ? .null : .text(value) }

    /// A JSON document as text.
    public static func jsonb(_ document: String) -> Self {
        var bytes: [UInt8] = [1]
        PostgresBytes.append(text: document, to: &bytes)
        return Self(.jsonb, bytes: bytes)
    }

    /// Milliseconds since 1970, kept inside the years 1 to 9999.
    public static func timestamptz(milliseconds: Int64) -> Self {
        Self(.timestamptz, number: PostgresBytes.microseconds(milliseconds: milliseconds))
    }

    public static func array(_ array: PostgresArray) -> Self {
        Self(typeIdentifier: array.element.arrayIdentifier, format: 1, content: .array(array))
    }

    public static let null = Self(typeIdentifier: 0, format: 1, content: .null)
}

/// The parameters of one call as libpq wants them. The scratch memory is used again by the next call.
struct PostgresParameters {
    private var scratch: [UInt8] = []
    private var types: [UInt32] = []
    private var starts: [Int] = []
    private var lengths: [Int32] = []
    private var formats: [Int32] = []

    /// Lays the values out and lends libpq's view of them.
    /// - Parameter body: count, types, values, lengths, formats.
    mutating func with<R>(
        _ values: [PostgresValue],
        _ body: (
            Int32, UnsafePointer<UInt32>?, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?,
            UnsafePointer<Int32>?
        ) -> R
    ) -> R {
        scratch.removeAll(keepingCapacity: true)
        types.removeAll(keepingCapacity: true)
        starts.removeAll(keepingCapacity: true)
        lengths.removeAll(keepingCapacity: true)
        formats.removeAll(keepingCapacity: true)
        for value in values {
            types.append(value.typeIdentifier)
            formats.append(value.format)
            let start = scratch.count
            switch value.content {
            case .null: starts.append(-1)
            case .bytes(let bytes):
                starts.append(start)
                scratch.append(contentsOf: bytes)
            case .array(let array):
                starts.append(start)
                array.write(to: &scratch)
            }
            lengths.append(Int32(truncatingIfNeeded: scratch.count - start))
        }
        // A value of no bytes at the very end still needs an address inside the memory.
        scratch.append(0)
        return scratch.withUnsafeBytes { memory in
            // SAFETY: the pointers are used inside this closure only, while `scratch` is not touched.
            let pointers = starts.map { start -> UnsafePointer<CChar>? in
                start < 0 ? nil : memory.baseAddress.map { ($0 + start).assumingMemoryBound(to: CChar.self) }
            }
            return body(Int32(truncatingIfNeeded: values.count), types, pointers, lengths, formats)
        }
    }
}
