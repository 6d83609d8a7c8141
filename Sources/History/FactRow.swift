/// The facts of one transaction: one 4-byte slot per `Fact`, 72 slots, 288 bytes, no references.
public struct FactRow: Sendable {
    @usableFromInline var slots: [72 of UInt32]

    /// Slots of a row; the last ones are spare.
    public static let slotCount = 72

    /// All facts absent.
    public init() { self = Self.absent }

    private init(slots: [72 of UInt32]) { self.slots = slots }

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

    /// Built once: a row is made for every transaction.
    private static let absent: FactRow = {
        var slots: [72 of UInt32] = .init(repeating: 0)
        for index in 0..<slotCount where isNumber[index] { slots[index] = absentNumber }
        return FactRow(slots: slots)
    }()

    /// The quiet NaN without payload.
    @inlinable static var absentNumber: UInt32 { 0x7FC0_0000 }
    @usableFromInline static let isNumber: [Bool] = (0..<slotCount).map { slot in
        Fact(rawValue: UInt8(slot)).map { $0.form == .number } ?? false
    }
}
