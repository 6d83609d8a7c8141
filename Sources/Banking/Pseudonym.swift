/// A 128-bit keyed digest that stands for an identifier (account, card, counterpart, device).
///
/// Intake makes it; no other room ever sees the identifier itself. `Pseudonym.none` (all zero) means
/// that the record named no such identifier.
public struct Pseudonym: Hashable, Sendable, Comparable {
    public var high: UInt64
    public var low: UInt64

    @inlinable public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Stands for "the record named none".
    @inlinable public static var none: Pseudonym { Pseudonym(high: 0, low: 0) }
    @inlinable public var isNone: Bool { high | low == 0 }

    @inlinable public static func < (left: Pseudonym, right: Pseudonym) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }

    /// 32 lower-case hexadecimal digits.
    public var hexadecimal: String { Self.digits(high) + Self.digits(low) }

    /// - Parameter hexadecimal: exactly 32 hexadecimal digits; anything else gives `nil`.
    public init?(hexadecimal: String) {
        guard hexadecimal.utf8.count == 32, hexadecimal.allSatisfy(\.isHexDigit),
            let high = UInt64(hexadecimal.prefix(16), radix: 16),
            let low = UInt64(hexadecimal.suffix(16), radix: 16)
        else { return nil }
        self.init(high: high, low: low)
    }

    private static func digits(_ value: UInt64) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }
}

extension Pseudonym: CustomStringConvertible {
    public var description: String { hexadecimal }
}
