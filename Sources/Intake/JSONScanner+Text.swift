extension JSONScanner {
    /// Reads a text whose opening quote has been passed.
    /// - Parameter isKept: whether U+0000 in it is a fault.
    @inline(__always)
    mutating func scanText(into value: inout RawValue, isKept: Bool) -> Bool {
        let start = position
        while true {
            position = plainPrefix(from: position)
            guard position < end else { return fail(.invalidJSON) }
            let next = byte(position)
            if next == UInt8(ascii: "\"") {
                value = RawValue(.string, base + start, position &- start)
                position &+= 1
                return true
            }
            if next == UInt8(ascii: "\\") { return scanEscaped(from: start, into: &value, isKept: isKept) }
            if next < 0x20 { return fail(.invalidJSON) }
            guard let length = UTF8Check.sequence(base, at: position, end: end) else {
                return fail(.invalidUTF8)
            }
            position &+= length
        }
    }

    /// The first offset at or after `start` whose byte is a quote, a backslash, a control or not ASCII.
    ///
    /// Eight bytes at a time: a byte's top bit is set in `hits` when it is one of these. Borrows can only
    /// set bits above a true hit, so the lowest one is right.
    @inline(__always)
    private func plainPrefix(from start: Int) -> Int {
        var offset = start
        let ones: UInt64 = 0x0101_0101_0101_0101
        let tops: UInt64 = 0x8080_8080_8080_8080
        while offset &+ 8 <= end {
            let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            let quotes = word ^ (ones &* 0x22)
            let slashes = word ^ (ones &* 0x5C)
            let hits = (word | (quotes &- ones) & ~quotes | (slashes &- ones) & ~slashes
                | (word &- ones &* 0x20) & ~word) & tops
            if hits != 0 { return offset &+ hits.trailingZeroBitCount &>> 3 }
            offset &+= 8
        }
        while offset < end {
            let next = byte(offset)
            if next == 0x22 || next == 0x5C || next < 0x20 || next >= 0x80 { return offset }
            offset &+= 1
        }
        return offset
    }

    /// The rest of a text from its first backslash on, decoded into the scratch memory.
    @inline(never)
    private mutating func scanEscaped(from start: Int, into value: inout RawValue, isKept: Bool) -> Bool {
        let decoded = scratch + scratchUsed
        let prefix = position - start
        decoded.copyMemory(from: base + start, byteCount: prefix)
        var count = prefix
        while position < end {
            let next = byte(position)
            switch next {
            case UInt8(ascii: "\""):
                position += 1
                // SAFETY: a decoded text is never longer than its escaped form, and the scratch memory
                // has room for the whole record.
                value = RawValue(.string, UnsafeRawPointer(decoded), count)
                scratchUsed += count
                return true
            case UInt8(ascii: "\\"):
                guard let scalar = scanEscape() else { return false }
                if scalar == 0, isKept { return fail(.nullCharacter) }
                count += UTF8Check.write(scalar, to: decoded + count)
            case 0..<0x20: return fail(.invalidJSON)
            case 0x20..<0x80:
                decoded.storeBytes(of: next, toByteOffset: count, as: UInt8.self)
                count += 1
                position += 1
            default:
                guard let length = UTF8Check.sequence(base, at: position, end: end) else {
                    return fail(.invalidUTF8)
                }
                (decoded + count).copyMemory(from: base + position, byteCount: length)
                count += length
                position += length
            }
        }
        return fail(.invalidJSON)
    }

    /// One escape, surrogate pairs included. `nil` after a failure.
    private mutating func scanEscape() -> UInt32? {
        position += 1
        guard position < end else { return failed(.invalidJSON) }
        let letter = byte(position)
        position += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return UInt32(letter)
        case UInt8(ascii: "b"): return 8
        case UInt8(ascii: "f"): return 12
        case UInt8(ascii: "n"): return 10
        case UInt8(ascii: "r"): return 13
        case UInt8(ascii: "t"): return 9
        case UInt8(ascii: "u"): break
        default: return failed(.invalidJSON)
        }
        guard let unit = scanFourDigits() else { return failed(.invalidJSON) }
        guard 0xD800..<0xE000 ~= unit else { return unit }
        guard unit < 0xDC00, position + 2 <= end, byte(position) == UInt8(ascii: "\\"),
            byte(position + 1) == UInt8(ascii: "u")
        else { return failed(.invalidUTF8) }
        position += 2
        guard let second = scanFourDigits() else { return failed(.invalidJSON) }
        guard 0xDC00..<0xE000 ~= second else { return failed(.invalidUTF8) }
        return 0x10000 + (unit - 0xD800) << 10 + (second - 0xDC00)
    }

    private mutating func scanFourDigits() -> UInt32? {
        guard position + 4 <= end else { return nil }
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = hexadecimalDigit(byte(position)) else { return nil }
            unit = unit << 4 | UInt32(digit)
            position += 1
        }
        return unit
    }

    private mutating func failed(_ reason: RejectionReason) -> UInt32? {
        failure = reason
        failedSlot = -1
        return nil
    }
}

/// UTF-8 by table 3-7 of the Unicode standard.
enum UTF8Check {
    /// Length of the well-formed sequence of two to four bytes at `offset`, or `nil`.
    static func sequence(_ base: UnsafeRawPointer, at offset: Int, end: Int) -> Int? {
        func byte(_ index: Int) -> UInt8 {
            offset + index < end ? base.load(fromByteOffset: offset + index, as: UInt8.self) : 0
        }
        func isTail(_ index: Int) -> Bool { byte(index) & 0xC0 == 0x80 }
        let second = byte(1)
        switch byte(0) {
        case 0xC2...0xDF: return isTail(1) ? 2 : nil
        case 0xE0: return 0xA0...0xBF ~= second && isTail(2) ? 3 : nil
        case 0xED: return 0x80...0x9F ~= second && isTail(2) ? 3 : nil
        case 0xE1...0xEF: return isTail(1) && isTail(2) ? 3 : nil
        case 0xF0: return 0x90...0xBF ~= second && isTail(2) && isTail(3) ? 4 : nil
        case 0xF1...0xF3: return isTail(1) && isTail(2) && isTail(3) ? 4 : nil
        case 0xF4: return 0x80...0x8F ~= second && isTail(2) && isTail(3) ? 4 : nil
        default: return nil
        }
    }

    /// Whether all bytes are well-formed.
    static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let base = bytes.baseAddress else { return true }
        var offset = 0
        while offset < bytes.count {
            if offset + 8 <= bytes.count,
                base.loadUnaligned(fromByteOffset: offset, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
            {
                offset += 8
            } else if bytes[offset] < 0x80 {
                offset += 1
            } else {
                guard let length = sequence(base, at: offset, end: bytes.count) else { return false }
                offset += length
            }
        }
        return true
    }

    /// Writes a scalar's UTF-8 and returns its length; an escape is never shorter than that.
    static func write(_ scalar: UInt32, to place: UnsafeMutableRawPointer) -> Int {
        func store(_ value: UInt32, _ index: Int) {
            place.storeBytes(of: UInt8(truncatingIfNeeded: value), toByteOffset: index, as: UInt8.self)
        }
        if scalar < 0x80 {
            store(scalar, 0)
            return 1
        }
        if scalar < 0x800 {
            store(0xC0 | scalar >> 6, 0)
            store(0x80 | scalar & 0x3F, 1)
            return 2
        }
        if scalar < 0x10000 {
            store(0xE0 | scalar >> 12, 0)
            store(0x80 | scalar >> 6 & 0x3F, 1)
            store(0x80 | scalar & 0x3F, 2)
            return 3
        }
        store(0xF0 | scalar >> 18, 0)
        store(0x80 | scalar >> 12 & 0x3F, 1)
        store(0x80 | scalar >> 6 & 0x3F, 2)
        store(0x80 | scalar & 0x3F, 3)
        return 4
    }
}
