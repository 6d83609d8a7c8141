import History

/// A condition over facts, compiled to a flat program: no recursion, no allocation, a few nanoseconds.
///
/// Each step sets one flag or jumps on it. A comparison with an absent fact is false, whatever it compares.
public struct Condition: Sendable, Equatable {
    enum Step: Sendable, Equatable {
        /// factor · fact ⋚ constant.
        case compareNumber(slot: UInt8, factor: Float, Comparison, Float)
        /// factor · fact ⋚ otherFactor · otherFact.
        case compareFacts(slot: UInt8, factor: Float, Comparison, other: UInt8, otherFactor: Float)
        /// A code equals (or differs from) a constant.
        case compareCode(slot: UInt8, isEqual: Bool, UInt32)
        /// A code is among `codes[range]` (sorted), or is not.
        case codeIn(slot: UInt8, start: Int32, end: Int32, isIn: Bool)
        /// All bits of a code are set (authorisation errors).
        case codeHas(slot: UInt8, UInt32)
        case isKnown(slot: UInt8, isNumber: Bool)
        case constant(Bool)
        case negate
        case jumpIfFalse(Int32)
        case jumpIfTrue(Int32)
    }

    enum Comparison: UInt8, Sendable {
        case less, atMost, more, atLeast, equal, different

        @inline(__always) func holds(_ left: Float, _ right: Float) -> Bool {
            switch self {
            case .less: left < right
            case .atMost: left <= right
            case .more: left > right
            case .atLeast: left >= right
            case .equal: left == right
            // NaN differs from everything, but an absent fact must not.
            case .different: left < right || left > right
            }
        }
    }

    var steps: [Step] = []
    /// The lists of `in`, one behind the other, each sorted.
    var codes: [UInt32] = []

    /// Whether the condition holds for a row.
    public func holds(for row: FactRow) -> Bool {
        steps.withUnsafeBufferPointer { steps in
            codes.withUnsafeBufferPointer { codes in
                withUnsafeBytes(of: row) { raw in
                    Self.holds(
                        steps, from: 0, to: steps.count, codes: codes,
                        slots: raw.assumingMemoryBound(to: UInt32.self))
                }
            }
        }
    }

    /// Puts another condition behind this one; its jumps and lists move along.
    mutating func append(_ other: Condition) {
        let (stepOffset, codeOffset) = (Int32(steps.count), Int32(codes.count))
        codes += other.codes
        steps += other.steps.map { step in
            switch step {
            case .jumpIfFalse(let target): .jumpIfFalse(target + stepOffset)
            case .jumpIfTrue(let target): .jumpIfTrue(target + stepOffset)
            case .codeIn(let slot, let start, let end, let isIn):
                .codeIn(slot: slot, start: start + codeOffset, end: end + codeOffset, isIn: isIn)
            default: step
            }
        }
    }

    /// Walks the steps `start ..< end` of a program.
    /// - Parameter slots: the slots of a `FactRow`, which is nothing but them.
    @inline(__always)
    static func holds(
        _ steps: UnsafeBufferPointer<Step>, from start: Int, to end: Int, codes: UnsafeBufferPointer<UInt32>,
        slots: UnsafeBufferPointer<UInt32>
    ) -> Bool {
        var flag = false
        var place = start
        while place < end {
            switch steps[place] {
            case .compareNumber(let slot, let factor, let comparison, let constant):
                flag = comparison.holds(factor * Float(bitPattern: slots[Int(slot)]), constant)
            case .compareFacts(let slot, let factor, let comparison, let other, let otherFactor):
                flag = comparison.holds(
                    factor * Float(bitPattern: slots[Int(slot)]),
                    otherFactor * Float(bitPattern: slots[Int(other)]))
            case .compareCode(let slot, let isEqual, let code):
                let found = slots[Int(slot)]
                flag = found != 0 && (found == code) == isEqual
            case .codeIn(let slot, let start, let end, let isIn):
                let found = slots[Int(slot)]
                flag = found != 0 && contains(found, in: codes, Int(start), Int(end)) == isIn
            case .codeHas(let slot, let bits):
                flag = slots[Int(slot)] & bits == bits
            case .isKnown(let slot, let isNumber):
                let bits = slots[Int(slot)]
                flag = isNumber ? !Float(bitPattern: bits).isNaN : bits != 0
            case .constant(let value): flag = value
            case .negate: flag = !flag
            case .jumpIfFalse(let target): if !flag { place = Int(target) - 1 }
            case .jumpIfTrue(let target): if flag { place = Int(target) - 1 }
            }
            place += 1
        }
        return flag
    }

    /// Binary search in `codes[start..<end]`.
    @inline(__always)
    private static func contains(
        _ code: UInt32, in codes: UnsafeBufferPointer<UInt32>, _ start: Int, _ end: Int
    ) -> Bool {
        var (low, high) = (start, end)
        while low < high {
            let middle = (low + high) / 2
            if codes[middle] < code { low = middle + 1 } else { high = middle }
        }
        return low < end && codes[low] == code
    }
}
