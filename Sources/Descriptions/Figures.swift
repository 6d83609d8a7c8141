import Banking

/// A language in which descriptions and reasons are written. Raw values are BCP 47 tags.
public enum Language: String, CaseIterable, Sendable, Codable {
    case english = "en"
    case french = "fr"
}

/// Figures as a language writes them, without any locale of the machine.
///
/// French puts narrow no-break spaces (U+202F) into thousands and before units, English commas and nothing.
struct Figures {
    let language: Language

    private var groupMark: String { language == .english ? "," : "\u{202F}" }
    private var decimalMark: String { language == .english ? "." : "," }
    /// Between a figure and its unit.
    private var unitSpace: String { language == .english ? " " : "\u{202F}" }

    /// A number with a fixed count of decimals (0 to 6), rounded half away from zero.
    func number(_ value: Float, decimals: Int) -> String {
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        let scaled = (Double(value) * scale).rounded()
        guard scaled.magnitude < 1e18 else { return "\(value)" }
        let digits = String(Int64(scaled.magnitude))
        let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
        let text = grouped(padded.dropLast(decimals))
            + (decimals == 0 ? "" : decimalMark + padded.suffix(decimals))
        return scaled < 0 ? "−" + text : text
    }

    /// A number with as many decimals as it takes to say it: none for whole and large numbers, two
    /// significant digits for small ones.
    func short(_ value: Float) -> String {
        let size = value.magnitude
        if value == value.rounded() || size >= 100 { return number(value, decimals: 0) }
        let decimals = size >= 0.95 ? 1 : size >= 0.095 ? 2 : size >= 0.0095 ? 3 : 6
        let text = number(value, decimals: decimals)
        // 6.97 is "7", not "7.0".
        return text.hasSuffix(decimalMark + "0") ? String(text.dropLast(2)) : text
    }

    /// "12%", « 12 % ».
    func percent(_ share: Float) -> String {
        let value = share * 100
        let text = short(value)
        return text + (language == .english ? "%" : "\u{202F}%")
    }

    /// An exact amount: every digit of the record.
    func money(_ money: Money) -> String { withSymbol(localised(money.decimal), money.currency) }

    /// An amount of a fact in the major unit, rounded to the currency's minor unit.
    func money(_ major: Float, _ currency: Currency) -> String {
        withSymbol(number(major, decimals: currency.minorDigits), currency)
    }

    /// Signed number of something: "3 payments", « 1 paiement ».
    func count(_ value: Float, _ one: String, _ many: String) -> String {
        let isOne = language == .english ? value == 1 : value.magnitude < 2
        return short(value) + " " + (isOne ? one : many)
    }

    /// "40 minutes", "2 hours 13 minutes", "3 days 4 hours", "5.2 months", "4 years".
    func duration(seconds: Float) -> String {
        guard seconds.magnitude < 1e15 else { return "\(seconds) " + word(.second, true) }
        let whole = Int64(seconds.rounded())
        let (day, hour, minute): (Int64, Int64, Int64) = (86_400, 3600, 60)
        if whole < minute { return counted(whole, .second) }
        if whole < hour { return twoUnits(whole, minute, .minute, 1, .second) }
        if whole < day { return twoUnits(whole, hour, .hour, minute, .minute) }
        if whole < 60 * day { return twoUnits(whole, day, .day, hour, .hour) }
        let days = seconds / Float(day)
        return days < 730 ? fraction(days / 30.4375, .month) : fraction(days / 365.25, .year)
    }

    /// "03:12", « 03 h 12 », from hours since midnight.
    func clock(hours: Float) -> String {
        guard hours >= 0, hours < 24 else { return short(hours) }
        let minutes = min(Int((hours * 60).rounded()), 24 * 60 - 1)
        let padded = [minutes / 60, minutes % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
        return padded.joined(separator: language == .english ? ":" : "\u{202F}h\u{202F}")
    }

    /// Text of a record between quotation marks: one line, no control or direction characters or quotes.
    func quoted(_ text: String) -> String {
        let plain = Self.plain(text)
        return language == .english ? "“\(plain)”" : "«\u{202F}\(plain)\u{202F}»"
    }

    /// The text without characters that could change how what follows is shown or read.
    static func plain(_ text: String) -> String {
        var kept = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator, .spaceSeparator:
                if let last = kept.last, last != " " { kept.append(" ") }
            case .format, .privateUse, .surrogate, .unassigned: continue
            case .initialPunctuation, .finalPunctuation: kept.append("'")
            default: kept.append(scalar == "\"" ? "'" : scalar)
            }
        }
        if kept.last == " " { kept.removeLast() }
        return String(kept)
    }
}

extension Figures {
    private enum Unit { case second, minute, hour, day, month, year }

    private func word(_ unit: Unit, _ many: Bool) -> String {
        let (english, french) =
            switch unit {
            case .second: ("second", "seconde")
            case .minute: ("minute", "minute")
            case .hour: ("hour", "heure")
            case .day: ("day", "jour")
            case .month: ("month", "mois")
            case .year: ("year", "an")
            }
        let one = language == .english ? english : french
        return many && !one.hasSuffix("s") ? one + "s" : one
    }

    private func counted(_ count: Int64, _ unit: Unit) -> String {
        let isOne = language == .english ? count == 1 : count.magnitude < 2
        return "\(count) " + word(unit, !isOne)
    }

    private func fraction(_ value: Float, _ unit: Unit) -> String {
        short((value * 10).rounded() / 10) + " " + word(unit, value >= 2)
    }

    private func twoUnits(
        _ value: Int64, _ large: Int64, _ unit: Unit, _ small: Int64, _ next: Unit
    ) -> String {
        let rest = value % large / small
        return counted(value / large, unit) + (rest == 0 ? "" : " " + counted(rest, next))
    }

    private func localised(_ decimal: String) -> String {
        let isNegative = decimal.hasPrefix("-")
        let parts = decimal.drop { $0 == "-" }.split(separator: ".")
        let whole = grouped(parts.first ?? "0")
        return (isNegative ? "−" : "") + whole + (parts.count > 1 ? decimalMark + parts[1] : "")
    }

    private func grouped(_ digits: Substring) -> String {
        var text = ""
        for (place, digit) in digits.enumerated() {
            if place > 0, (digits.count - place) % 3 == 0 { text += groupMark }
            text.append(digit)
        }
        return text
    }

    private func withSymbol(_ text: String, _ currency: Currency) -> String {
        let symbols = ["EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥"]
        guard currency.packed != 0 else { return text }
        let symbol = symbols[currency.code] ?? currency.code
        guard language == .english, ["$", "£", "¥"].contains(symbol) else { return text + unitSpace + symbol }
        return text.hasPrefix("−") ? "−" + symbol + text.dropFirst() : symbol + text
    }
}
