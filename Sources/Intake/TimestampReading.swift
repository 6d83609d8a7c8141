import Banking

/// How a text or a number becomes a moment.
struct TimestampReading {
    enum Style: UInt8 {
        /// RFC 3339 text with `Z` or an offset; a JSON integer is epoch milliseconds.
        case canonical
        case epochSeconds
        case epochMilliseconds
        case pattern
    }

    enum Token: Equatable {
        case year, month, day, hour, minute, second, fraction
        case literal(UInt8)
    }

    var style = Style.canonical
    /// Text of digits only is epoch milliseconds (CSV has no numbers).
    var takesDigits = false
    /// A date without a clock is midnight UTC.
    var takesDates = false
    var tokens: [Token] = []
    /// Minutes east of UTC, for patterns.
    var zoneMinutes = 0

    /// - Returns: the moment, or a reason.
    func timestamp(_ value: RawValue) -> Result<Timestamp, RejectionReason> {
        let bytes = value.bytes
        switch value.kind {
        case .number where style == .canonical: return Self.epoch(bytes, millisecondsPerUnit: 1)
        case .string, .number: break
        default: return .failure(.wrongType)
        }
        switch style {
        case .canonical:
            if takesDigits, bytes.allSatisfy({ $0 &- 48 <= 9 }) {
                return Self.epoch(bytes, millisecondsPerUnit: 1)
            }
            return Self.rfc3339(bytes, takesDates: takesDates)
        case .epochSeconds: return Self.epoch(bytes, millisecondsPerUnit: 1000)
        case .epochMilliseconds: return Self.epoch(bytes, millisecondsPerUnit: 1)
        case .pattern: return patterned(bytes)
        }
    }

    /// A whole number of seconds or milliseconds; decimals of seconds count, decimals of milliseconds do not.
    static func epoch(
        _ bytes: UnsafeRawBufferPointer, millisecondsPerUnit: Int64
    ) -> Result<Timestamp, RejectionReason> {
        var number = ScannedDecimal()
        guard number.scan(bytes, mark: UInt8(ascii: ".")) else {
            return .failure(ScannedDecimal.isNotFinite(bytes) ? .notFinite : .notATimestamp)
        }
        let reading = DecimalReading()
        var whole = reading.minorUnits(
            bytes, isNumber: true, minorDigits: millisecondsPerUnit == 1000 ? 3 : 0)
        if case .failure(.tooManyDecimals) = whole { whole = .failure(.notATimestamp) }
        return whole.map { Timestamp(milliseconds: $0) }
    }

    /// `yyyy-MM-ddTHH:mm:ss[.fraction](Z|±hh:mm)`; the `T` may be a space. Fractions are cut to milliseconds.
    static func rfc3339(
        _ bytes: UnsafeRawBufferPointer, takesDates: Bool
    ) -> Result<Timestamp, RejectionReason> {
        guard bytes.count >= 10, let start = bytes.baseAddress else { return .failure(.notATimestamp) }
        let century = twoDigits(start, 0)
        let year = century * 100 + twoDigits(start, 2)
        let month = twoDigits(start, 5)
        let day = twoDigits(start, 8)
        guard century >= 0, year >= 0, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            isDate(year, month, day)
        else { return .failure(.notATimestamp) }
        if bytes.count == 10 {
            return takesDates
                ? .success(Timestamp(year: year, month: month, day: day)) : .failure(.notATimestamp)
        }
        guard bytes.count >= 19, bytes[10] | 0x20 == UInt8(ascii: "t") || bytes[10] == 0x20,
            bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":")
        else { return .failure(.notATimestamp) }
        let hour = twoDigits(start, 11)
        let minute = twoDigits(start, 14)
        let second = twoDigits(start, 17)
        guard 0..<24 ~= hour, 0..<60 ~= minute, 0...60 ~= second else { return .failure(.notATimestamp) }
        var offset = 19
        guard let millisecond = fraction(bytes, &offset) else { return .failure(.notATimestamp) }
        guard offset < bytes.count else { return .failure(.noTimeZone) }
        guard let zone = zoneMinutes(UnsafeRawBufferPointer(rebasing: bytes[offset...])) else {
            return .failure(.notATimestamp)
        }
        let seconds = (hour * 60 + minute - zone) * 60 + second
        return .success(
            Timestamp(year: year, month: month, day: day, second: seconds, millisecond: millisecond))
    }

    /// The milliseconds of `.digits` at `offset`, 0 where there is no point, `nil` for a point alone.
    private static func fraction(_ bytes: UnsafeRawBufferPointer, _ offset: inout Int) -> Int? {
        guard offset < bytes.count, bytes[offset] == UInt8(ascii: ".") else { return 0 }
        offset += 1
        let start = offset
        var milliseconds = 0
        var weight = 100
        while offset < bytes.count, bytes[offset] &- 48 <= 9 {
            milliseconds += Int(bytes[offset] - 48) * weight
            weight /= 10
            offset += 1
        }
        return offset > start ? milliseconds : nil
    }

    /// Minutes east of UTC of `Z` or `±hh:mm`.
    static func zoneMinutes(_ bytes: UnsafeRawBufferPointer) -> Int? {
        guard let start = bytes.baseAddress else { return nil }
        if bytes.count == 1, bytes[0] | 0x20 == UInt8(ascii: "z") { return 0 }
        guard bytes.count == 6, bytes[3] == UInt8(ascii: ":"), bytes[0] == 0x2B || bytes[0] == 0x2D else {
            return nil
        }
        let hour = twoDigits(start, 1)
        let minute = twoDigits(start, 4)
        guard 0..<24 ~= hour, 0..<60 ~= minute else { return nil }
        return (hour * 60 + minute) * (bytes[0] == 0x2D ? -1 : 1)
    }

    /// The number of two ASCII digits; below −1000 when one of them is none.
    @inline(__always)
    private static func twoDigits(_ start: UnsafeRawPointer, _ offset: Int) -> Int {
        let tens = start.load(fromByteOffset: offset, as: UInt8.self) &- 48
        let ones = start.load(fromByteOffset: offset &+ 1, as: UInt8.self) &- 48
        return tens <= 9 && ones <= 9 ? Int(tens) * 10 + Int(ones) : -100_000
    }

    @inline(__always)
    static func isDate(_ year: Int, _ month: Int, _ day: Int) -> Bool {
        guard 1...12 ~= month, 1...31 ~= day else { return false }
        if day <= 28 { return true }
        if month == 2 { return day == 29 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }
        return day <= 30 || month != 4 && month != 6 && month != 9 && month != 11
    }
}

extension TimestampReading {
    /// - Parameter pattern: `yyyy`, `MM`, `dd`, `HH`, `mm`, `ss`, `SSS` and literal characters in between.
    /// - Returns: `nil` when year, month or day is missing or a letter is unknown.
    static func tokens(of pattern: String) -> [Token]? {
        let known: [(text: String, token: Token)] = [
            ("yyyy", .year), ("MM", .month), ("dd", .day), ("HH", .hour), ("mm", .minute), ("ss", .second),
            ("SSS", .fraction),
        ]
        var tokens: [Token] = []
        var rest = pattern[...]
        while let first = rest.first {
            if let match = known.first(where: { rest.hasPrefix($0.text) }) {
                tokens.append(match.token)
                rest = rest.dropFirst(match.text.count)
            } else if rest.hasPrefix("'T'") {
                tokens.append(.literal(UInt8(ascii: "T")))
                rest = rest.dropFirst(3)
            } else if let ascii = first.asciiValue, !first.isLetter || first == "T" {
                tokens.append(.literal(ascii))
                rest = rest.dropFirst()
            } else {
                return nil
            }
        }
        return [.year, .month, .day].allSatisfy(tokens.contains) ? tokens : nil
    }

    private func patterned(_ bytes: UnsafeRawBufferPointer) -> Result<Timestamp, RejectionReason> {
        var parts = (year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0, millisecond: 0)
        var offset = 0
        func number(_ digits: Int) -> Int? {
            guard offset + digits <= bytes.count else { return nil }
            var value = 0
            for _ in 0..<digits {
                let digit = bytes[offset] &- 48
                guard digit <= 9 else { return nil }
                value = value * 10 + Int(digit)
                offset += 1
            }
            return value
        }
        for token in tokens {
            switch token {
            case .year: parts.year = number(4) ?? -1
            case .month: parts.month = number(2) ?? -1
            case .day: parts.day = number(2) ?? -1
            case .hour: parts.hour = number(2) ?? -1
            case .minute: parts.minute = number(2) ?? -1
            case .second: parts.second = number(2) ?? -1
            case .fraction: parts.millisecond = number(3) ?? -1
            case .literal(let byte):
                guard offset < bytes.count, bytes[offset] == byte else { return .failure(.notATimestamp) }
                offset += 1
            }
        }
        guard offset == bytes.count, parts.year >= 0, Self.isDate(parts.year, parts.month, parts.day),
            0..<24 ~= parts.hour, 0..<60 ~= parts.minute, 0...60 ~= parts.second, parts.millisecond >= 0
        else { return .failure(.notATimestamp) }
        let seconds = (parts.hour * 60 + parts.minute - zoneMinutes) * 60 + parts.second
        return .success(
            Timestamp(
                year: parts.year, month: parts.month, day: parts.day, second: seconds,
                millisecond: parts.millisecond))
    }
}
