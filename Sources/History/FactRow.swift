/// The facts of one transaction: one 4-byte slot per `Fact`, 64 slots, 256 bytes, no references.
public struct FactRow: Sendable {
    @usableFromInline var slots: [64 of UInt32]

    /// All facts absent.
    @inlinable public init() {
        slots = .init(repeating: 0)
        for index in 0..<64 where Self.isNumber[index] { slots[index] = Self.absentNumber }
    }

    /// A numeric fact in its own unit; NaN when absent.
    @inlinable public subscript(number fact: Fact) -> Float {
        get { Float(bitPattern: slots[Int(fact.rawValue)]) }
        set { slots[Int(fact.rawValue)] = newValue.isNaN ? Self.absentNumber : newValue.bitPattern }
    }

    /// A category or code; 0 when absent.
    @inlinable public subscript(code fact: Fact) -> UInt32 {
        get { slots[Int(fact.rawValue)] }
        set { slots[Int(fact.rawValue)] = newValue }
    }

    @inlinable public func isAbsent(_ fact: Fact) -> Bool {
        let raw = slots[Int(fact.rawValue)]
        return Self.isNumber[Int(fact.rawValue)] ? Float(bitPattern: raw).isNaN : raw == 0
    }

    /// The raw bits of a slot, for hashing and for copying into training tables.
    @inlinable public subscript(bits slot: Int) -> UInt32 {
        get { slots[slot] }
        set { slots[slot] = newValue }
    }

    @usableFromInline static let absentNumber: UInt32 = Float.nan.bitPattern
    @usableFromInline static let isNumber: [Bool] = (0..<64).map { slot in
        Fact(rawValue: UInt8(slot)).map { $0.form == .number } ?? false
    }
}
