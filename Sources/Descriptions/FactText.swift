import Banking
import History

/// Values of facts as machines read them: names for codes, numbers printed shortest round-trip.
enum FactText {
    /// Appends a present number: whole ones without a fraction; `Float` reads back the same bits.
    @inline(__always)
    static func append(_ value: Float, to bytes: inout [UInt8]) {
        if value.magnitude < 16_777_216, value == value.rounded(), !(value == 0 && value.sign == .minus) {
            append(Int64(value), to: &bytes)
        } else {
            var text = value.description
            text.withUTF8 { bytes.append(contentsOf: $0) }
        }
    }

    static func append(_ value: Int64, to bytes: inout [UInt8]) {
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        var rest = value.magnitude
        if rest < 10 {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest))
            return
        }
        let start = bytes.count
        while rest > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        }
        bytes[start...].reverse()
    }

    static func append(_ text: StaticString, to bytes: inout [UInt8]) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    static func append(_ text: String, to bytes: inout [UInt8]) { bytes.append(contentsOf: text.utf8) }


    /// The canonical name of a code; `nil` when it is only a number.
    static func name(_ fact: Fact, _ code: UInt32) -> String? {
        switch fact {
        case .currency, .merchantCountry:
            let text = packedText(code)
            let isPlain = text.utf8.allSatisfy { ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A }
            return isPlain && !text.isEmpty ? text : nil
        case .direction:
            guard let direction = Direction(rawValue: UInt8(truncatingIfNeeded: code)) else { return nil }
            return direction == .debit ? "debit" : "credit"
        case .channel: return Channel(rawValue: UInt8(truncatingIfNeeded: code))?.name
        case .entryMode: return EntryMode(rawValue: UInt8(truncatingIfNeeded: code))?.name
        case .authorisationErrors:
            guard code < 256 else { return nil }
            let errors = AuthorisationErrors(rawValue: UInt8(code))
            let names = AuthorisationErrors.names.filter { errors.contains($0.error) }.map(\.name)
            return names.joined(separator: " ")
        default: return nil
        }
    }

    /// `2018-07-31T03:12:05.250Z`, as `Timestamp.rfc3339` writes it, without a `String`.
    static func append(_ time: Timestamp, to bytes: inout [UInt8]) {
        let (year, month, day) = time.date
        guard (0...9999).contains(year) else {
            append(time.rfc3339, to: &bytes)
            return
        }
        let seconds = time.seconds
        let ofDay = Int(seconds - time.day * 86_400)
        let fraction = Int(time.milliseconds - seconds * 1000)
        let dash = UInt8(ascii: "-")
        let colon = UInt8(ascii: ":")
        digits(year, 4, &bytes)
        bytes.append(dash)
        digits(month, 2, &bytes)
        bytes.append(dash)
        digits(day, 2, &bytes)
        bytes.append(UInt8(ascii: "T"))
        digits(ofDay / 3600, 2, &bytes)
        bytes.append(colon)
        digits(ofDay / 60 % 60, 2, &bytes)
        bytes.append(colon)
        digits(ofDay % 60, 2, &bytes)
        if fraction != 0 {
            bytes.append(UInt8(ascii: "."))
            digits(fraction, 3, &bytes)
        }
        bytes.append(UInt8(ascii: "Z"))
    }

    static func append(_ pseudonym: Pseudonym, to bytes: inout [UInt8]) {
        for half in [pseudonym.high, pseudonym.low] {
            for shift in stride(from: 60, through: 0, by: -4) {
                let digit = UInt8(truncatingIfNeeded: half >> UInt64(shift)) & 15
                bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
            }
        }
    }

    private static func digits(_ value: Int, _ width: Int, _ bytes: inout [UInt8]) {
        var scale = 1
        for _ in 1..<width { scale *= 10 }
        while scale > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / scale % 10))
            scale /= 10
        }
    }
}
