/// Finds card numbers (ISO/IEC 7812: 13 to 19 digits, Luhn check digit) and masks them.
///
/// Groups of digits may be separated by up to two of space, no-break space, `-`, `.`, `/`, `_`.
public enum CardNumber {
    static let shortest = 13
    static let longest = 19
    /// Bytes of a text that must be looked at so that no number beginning in its first `n` bytes is cut:
    /// `n` plus this (19 digits with two 2-byte separators between each).
    static let longestSpan = 19 + 18 * 4

    /// Masks card numbers in free text, in place: all digits but the first six and the last four become `*`.
    ///
    /// Every stretch of 13 to 19 digits inside a run counts, wherever the run begins: better to mask a
    /// harmless number than to show half a card.
    /// - Returns: whether anything was masked.
    @discardableResult
    public static func mask(_ text: UnsafeMutableRawBufferPointer) -> Bool {
        var didMask = false
        forEachRun(UnsafeRawBufferPointer(text)) { places, digits in
            guard digits.count >= shortest else { return }
            var masked = [Bool](repeating: false, count: digits.count)
            for start in 0...(digits.count - shortest) {
                for length in shortest...longest where start + length <= digits.count {
                    guard passesLuhn(digits[start..<start + length]) else { continue }
                    for index in (start + 6)..<(start + length - 4) { masked[index] = true }
                }
            }
            for (index, place) in places.enumerated() where masked[index] {
                text[place] = UInt8(ascii: "*")
                didMask = true
            }
        }
        return didMask
    }

    /// Whether an identifier contains a card number.
    ///
    /// Narrower than `mask`, because one in ten numbers passes Luhn by chance and a refused identifier costs
    /// a whole record: the number must begin and end with a group of digits, and have prefix and length of
    /// a card scheme.
    static func isInside(identifier: UnsafeRawBufferPointer) -> Bool {
        var found = false
        forEachRun(identifier) { places, digits in
            guard digits.count >= shortest, !found else { return }
            // A group begins where the place before is no digit's place.
            let begins = places.indices.filter { $0 == 0 || places[$0 - 1] + 1 != places[$0] }
            let ends = begins.dropFirst() + [places.count]
            for start in begins {
                for end in ends where end - start >= shortest && end - start <= longest {
                    let number = digits[start..<end]
                    if hasSchemePrefix(number), passesLuhn(number) { found = true }
                }
            }
        }
        return found
    }

    /// Quick look: fewer than 13 digits can hold no card number.
    @inline(__always)
    static func hasManyDigits(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var digits = 0
        for byte in bytes { digits &+= byte &- 48 <= 9 ? 1 : 0 }
        return digits >= shortest
    }

    /// ISO/IEC 7812-1 annex B.
    static func passesLuhn(_ digits: ArraySlice<UInt8>) -> Bool {
        var sum = 0
        var isDoubled = false
        for digit in digits.reversed() {
            let value = Int(digit) * (isDoubled ? 2 : 1)
            sum += value > 9 ? value - 9 : value
            isDoubled.toggle()
        }
        return sum % 10 == 0
    }

    /// Issuer ranges of the large schemes with the lengths they use.
    static func hasSchemePrefix(_ digits: ArraySlice<UInt8>) -> Bool {
        let count = digits.count
        let four = digits.prefix(4).reduce(0) { $0 * 10 + Int($1) }
        let two = four / 100
        switch two {
        case 40...49: return count == 13 || count == 16 || count == 19
        case 51...55, 22...27: return count == 16 && (two > 49 || 2221...2720 ~= four)
        case 34, 37: return count == 15
        case 30, 36, 38, 39: return count >= 14
        case 35: return count >= 16 && 3528...3589 ~= four
        case 50, 56...69: return true
        default: return false
        }
    }

    /// Calls `body` with the places and values of the digits of each run that has at least 13.
    private static func forEachRun(
        _ text: UnsafeRawBufferPointer, _ body: (_ places: [Int], _ digits: [UInt8]) -> Void
    ) {
        var places: [Int] = []
        var digits: [UInt8] = []
        var separators = 0
        func close() {
            if digits.count >= shortest { body(places, digits) }
            places.removeAll(keepingCapacity: true)
            digits.removeAll(keepingCapacity: true)
        }
        var offset = 0
        while offset < text.count {
            let digit = text[offset] &- 48
            if digit <= 9 {
                places.append(offset)
                digits.append(digit)
                separators = 0
                offset += 1
                continue
            }
            let length = separatorLength(text, at: offset)
            separators += 1
            if length == 0 || separators > 2 {
                close()
                separators = 0
            }
            offset += max(length, 1)
        }
        close()
    }

    private static func separatorLength(_ text: UnsafeRawBufferPointer, at offset: Int) -> Int {
        switch text[offset] {
        case UInt8(ascii: " "), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: "_"):
            return 1
        case 0xC2 where offset + 1 < text.count && text[offset + 1] == 0xA0: return 2
        default: return 0
        }
    }
}
