/// UTF-8 text of at most `capacity` bytes held inline: copying it copies bytes, never a reference.
///
/// Longer text is cut at the last whole character that fits. `capacity` is at most 255.
public struct FixedText<let capacity: Int>: Sendable {
    @usableFromInline var length: UInt8
    @usableFromInline var storage: [capacity of UInt8]

    /// The empty text.
    @inlinable public init() {
        length = 0
        storage = .init(repeating: 0)
    }

    /// Text from UTF-8 bytes. Bytes past `capacity` are cut at a character boundary.
    /// - Parameter bytes: valid UTF-8 of any length.
    @inlinable public init(utf8 bytes: UnsafeRawBufferPointer) {
        self.init()
        var count = min(bytes.count, capacity)
        if count < bytes.count {
            while count > 0, bytes[count] & 0xC0 == 0x80 { count -= 1 }
        }
        for index in 0..<count { storage[index] = bytes[index] }
        length = UInt8(truncatingIfNeeded: count)
    }

    /// Text from a string, cut as in `init(utf8:)`.
    public init(_ string: String) {
        var copy = string
        self = copy.withUTF8 { Self(utf8: UnsafeRawBufferPointer($0)) }
    }

    @inlinable public var isEmpty: Bool { length == 0 }
    /// Length in bytes.
    @inlinable public var count: Int { Int(length) }

    /// Lends the bytes for the duration of `body`.
    @inlinable public func withBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
        let used = Int(length)
        return withUnsafeBytes(of: storage) { body(UnsafeRawBufferPointer(rebasing: $0[..<used])) }
    }

    /// The text as a `String`.
    public var string: String { withBytes { String(decoding: $0, as: UTF8.self) } }
}

extension FixedText: Equatable, Hashable, CustomStringConvertible {
    public static func == (left: Self, right: Self) -> Bool {
        left.length == right.length
            && left.withBytes { a in right.withBytes { b in a.elementsEqual(b) } }
    }
    public func hash(into hasher: inout Hasher) { withBytes { hasher.combine(bytes: $0) } }
    public var description: String { string }
}
