/// A moment in milliseconds since 1970-01-01T00:00:00Z.
public struct Timestamp: Hashable, Comparable, Sendable {
    public var milliseconds: Int64

    @inlinable public init(milliseconds: Int64) { self.milliseconds = milliseconds }
    @inlinable public init(seconds: Int64) { milliseconds = seconds * 1000 }

    public static let distantPast = Timestamp(milliseconds: 0)

    /// Whole seconds since 1970, rounded down.
    @inlinable public var seconds: Int64 {
        milliseconds >= 0 ? milliseconds / 1000 : (milliseconds - 999) / 1000
    }
    /// Whole UTC days since 1970-01-01, rounded down.
    @inlinable public var day: Int64 {
        let seconds = self.seconds
        return seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
    }
    /// Whole UTC hours since 1970, rounded down.
    @inlinable public var hour: Int64 {
        let seconds = self.seconds
        return seconds >= 0 ? seconds / 3600 : (seconds - 3599) / 3600
    }
    /// UTC weekday, 1 = Monday … 7 = Sunday (ISO 8601).
    @inlinable public var weekday: Int { Int(((day + 3) % 7 + 7) % 7) + 1 }

    @inlinable public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.milliseconds < right.milliseconds
    }
    @inlinable public func adding(seconds: Int64) -> Timestamp {
        Timestamp(milliseconds: milliseconds + seconds * 1000)
    }
}

extension Timestamp {
    /// A moment from a proleptic Gregorian calendar date in UTC (days-from-civil, H. Hinnant's algorithm).
    @inlinable public init(year: Int, month: Int, day: Int, second: Int = 0, millisecond: Int = 0) {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = Int64(era * 146_097 + dayOfEra - 719_468)
        milliseconds = (days * 86_400 + Int64(second)) * 1000 + Int64(millisecond)
    }

    /// Calendar date in UTC.
    public var date: (year: Int, month: Int, day: Int) {
        let shifted = Int(day) + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    /// RFC 3339 in UTC; milliseconds only where they are not zero.
    public var rfc3339: String {
        let (year, month, day) = date
        let ofDay = Int(seconds - self.day * 86_400)
        let fraction = Int(milliseconds - seconds * 1000)
        let clock = [ofDay / 3600, ofDay / 60 % 60, ofDay % 60].map { Self.padded($0, 2) }
        return Self.padded(year, 4) + "-" + Self.padded(month, 2) + "-" + Self.padded(day, 2) + "T"
            + clock.joined(separator: ":") + (fraction == 0 ? "" : "." + Self.padded(fraction, 3)) + "Z"
    }

    /// A date (`2018-07-31`) or an RFC 3339 moment in UTC or with an offset; `nil` if it is neither.
    ///
    /// For configuration and command lines; Intake reads records with its own parser of bytes.
    public init?(rfc3339 text: String) {
        let parts = text.split(separator: "T", maxSplits: 1)
        let date = (parts.first ?? "").split(separator: "-").map { Int($0) }
        guard date.count == 3, let year = date[0], let month = date[1], let day = date[2],
            (1...12).contains(month), (1...31).contains(day), (1...9999).contains(year)
        else { return nil }
        self.init(year: year, month: month, day: day)
        guard self.date == (year, month, day) else { return nil }
        guard parts.count == 2 else { return }
        guard let offset = Self.clockMilliseconds(String(parts[1])) else { return nil }
        milliseconds += offset
    }

    private static func clockMilliseconds(_ text: String) -> Int64? {
        guard let zoneStart = text.firstIndex(where: { "Zz+-".contains($0) }) else { return nil }
        let zone = text[zoneStart...]
        var zoneMinutes = 0
        if zone.lowercased() != "z" {
            let numbers = zone.dropFirst().split(separator: ":").map { Int($0) }
            guard numbers.count == 2, let hours = numbers[0], let minutes = numbers[1] else { return nil }
            zoneMinutes = (hours * 60 + minutes) * (zone.hasPrefix("-") ? -1 : 1)
        }
        let clock = text[..<zoneStart].split(separator: ":")
        guard clock.count == 3, let hour = Int(clock[0]), let minute = Int(clock[1]),
            let second = Double(clock[2]),
            (0..<24).contains(hour), (0..<60).contains(minute), (0..<61).contains(second)
        else { return nil }
        return Int64((hour * 60 + minute - zoneMinutes) * 60_000) + Int64((second * 1000).rounded())
    }

    private static func padded(_ value: Int, _ width: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}

extension Timestamp: CustomStringConvertible {
    public var description: String { rfc3339 }
}
