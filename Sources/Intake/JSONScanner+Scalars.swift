extension JSONScanner {
    /// `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`
    mutating func scanNumber(slot: Int32) -> Bool {
        if byte(position) == UInt8(ascii: "-") {
            position &+= 1
            guard position < end else { return fail(.invalidJSON) }
            if byte(position) == UInt8(ascii: "I") { return fail(.notFinite, slot: slot) }
        }
        if position < end, byte(position) == UInt8(ascii: "0") {
            position &+= 1
        } else {
            guard skipDigits() else { return fail(.invalidJSON) }
        }
        if position < end, byte(position) == UInt8(ascii: ".") {
            position &+= 1
            guard skipDigits() else { return fail(.invalidJSON) }
        }
        if position < end, byte(position) | 0x20 == UInt8(ascii: "e") {
            position &+= 1
            if position < end, byte(position) == UInt8(ascii: "+") || byte(position) == UInt8(ascii: "-") {
                position &+= 1
            }
            guard skipDigits() else { return fail(.invalidJSON) }
        }
        return true
    }

    /// At least one digit.
    @inline(__always)
    private mutating func skipDigits() -> Bool {
        let start = position
        while position < end, byte(position) &- UInt8(ascii: "0") <= 9 { position &+= 1 }
        return position > start
    }

    /// `true`, `false`, `null`; the words of binary fractions get a reason of their own.
    mutating func scanWord(slot: Int32) -> RawValue.Kind? {
        if skip("true") { return .isTrue }
        if skip("false") { return .isFalse }
        if skip("null") { return .null }
        let first = byte(position)
        let isFraction = first == UInt8(ascii: "N") || first == UInt8(ascii: "I")
        failure = isFraction ? .notFinite : .invalidJSON
        failedSlot = isFraction ? slot : -1
        return nil
    }

    private mutating func skip(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard end - position >= count else { return false }
        for index in 0..<count where byte(position + index) != word.utf8Start[index] { return false }
        position += count
        return true
    }
}
