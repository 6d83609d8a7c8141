/// Decimal text to an integer count of a minor unit, exactly: no binary fraction on the way.
struct DecimalReading: Equatable {
    /// The decimal mark; JSON numbers always have a point.
    var mark = UInt8(ascii: ".")
    /// The number already counts minor units (cents).
    var isMinor = false
    /// The sign is turned around (a bill is a negative balance).
    var isNegated = false
    /// Surplus decimals are rounded, half away from zero, instead of refused: for data that once were binary
    /// fractions.
    var isRounded = false

    /// - Parameters:
    ///   - bytes: sign, digits, mark, digits, exponent (`-12.50`, `1.25e1`).
    ///   - minorDigits: decimals of the currency.
    /// - Returns: the amount, or a reason.
    func minorUnits(
        _ bytes: UnsafeRawBufferPointer, isNumber: Bool, minorDigits: Int
    ) -> Result<Int64, RejectionReason> {
        var number = ScannedDecimal()
        guard number.scan(bytes, mark: isNumber ? UInt8(ascii: ".") : mark) else {
            return .failure(ScannedDecimal.isNotFinite(bytes) ? .notFinite : .notANumber)
        }
        guard number.significand != 0 || number.isTooLarge else { return .success(0) }
        let exponent = number.exponent + (isMinor ? 0 : minorDigits)
        if exponent < 0 { return isRounded ? rounded(number, exponent) : .failure(.tooManyDecimals) }
        guard !number.isTooLarge, exponent <= 18 else { return .failure(.outOfRange) }
        var magnitude = number.significand
        for _ in 0..<exponent {
            let (product, overflow) = magnitude.multipliedReportingOverflow(by: 10)
            if overflow { return .failure(.outOfRange) }
            magnitude = product
        }
        guard magnitude <= UInt64(IntakeLimits.largestAmountMinor) else { return .failure(.outOfRange) }
        return .success(signed(magnitude, number))
    }

    private func signed(_ magnitude: UInt64, _ number: ScannedDecimal) -> Int64 {
        let value = Int64(magnitude)
        return number.isNegative != isNegated ? -value : value
    }

    private func rounded(_ number: ScannedDecimal, _ exponent: Int) -> Result<Int64, RejectionReason> {
        guard !number.isTooLarge else { return .failure(.tooManyDecimals) }
        guard exponent >= -19 else { return .success(0) }
        var magnitude = number.significand
        var lastDigit: UInt64 = 0
        for _ in 0..<(-exponent) {
            lastDigit = magnitude % 10
            magnitude /= 10
        }
        if lastDigit >= 5 { magnitude += 1 }
        guard magnitude <= UInt64(IntakeLimits.largestAmountMinor) else { return .failure(.outOfRange) }
        return .success(signed(magnitude, number))
    }
}

extension RejectionReason: Error {}

/// A decimal number as significand × 10^exponent, trailing zeros in the exponent.
struct ScannedDecimal {
    var isNegative = false
    var significand: UInt64 = 0
    var exponent = 0
    /// More than 19 significant digits.
    var isTooLarge = false

    /// - Returns: whether all of `bytes` is one decimal number.
    mutating func scan(_ bytes: UnsafeRawBufferPointer, mark: UInt8) -> Bool {
        var offset = 0
        if let first = bytes.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
            isNegative = first == UInt8(ascii: "-")
            offset = 1
        }
        var digits = 0
        var zeros = 0
        var isFraction = false
        while offset < bytes.count {
            let next = bytes[offset]
            let digit = next &- UInt8(ascii: "0")
            if digit <= 9 {
                digits &+= 1
                if isFraction { exponent &-= 1 }
                if digit == 0 { zeros &+= 1 } else {
                    append(digit, after: zeros)
                    zeros = 0
                }
            } else if next == mark, !isFraction {
                isFraction = true
            } else {
                break
            }
            offset &+= 1
        }
        guard digits > 0, bytes[offset - 1] != mark else { return false }
        exponent += zeros
        if offset == bytes.count { return true }
        return scanExponent(bytes, from: offset)
    }

    @inline(__always)
    private mutating func append(_ digit: UInt8, after zeros: Int) {
        if significand != 0 {
            for _ in 0...zeros {
                let (product, overflow) = significand.multipliedReportingOverflow(by: 10)
                if overflow {
                    isTooLarge = true
                    return
                }
                significand = product
            }
        }
        let (sum, overflow) = significand.addingReportingOverflow(UInt64(digit))
        if overflow { isTooLarge = true } else { significand = sum }
    }

    private mutating func scanExponent(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Bool {
        guard bytes[start] | 0x20 == UInt8(ascii: "e") else { return false }
        var offset = start + 1
        var isDown = false
        if offset < bytes.count, bytes[offset] == UInt8(ascii: "-") || bytes[offset] == UInt8(ascii: "+") {
            isDown = bytes[offset] == UInt8(ascii: "-")
            offset += 1
        }
        guard offset < bytes.count else { return false }
        var power = 0
        while offset < bytes.count {
            let digit = bytes[offset] &- UInt8(ascii: "0")
            guard digit <= 9 else { return false }
            // Saturates: no sensible exponent has more than four digits.
            power = min(power * 10 + Int(digit), 10_000_000)
            offset += 1
        }
        exponent += isDown ? -power : power
        return true
    }

    /// `NaN`, `inf`, `Infinity` with any sign and case.
    static func isNotFinite(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count <= 9 else { return false }
        let word = String(decoding: bytes, as: UTF8.self).lowercased().drop { $0 == "-" || $0 == "+" }
        return word == "nan" || word == "inf" || word == "infinity"
    }
}
