/// Writes the few JSON documents that the ledger stores.
///
/// PostgreSQL's jsonb refuses the character U+0000, so it becomes U+FFFD; numbers that JSON does not have
/// (NaN, infinities) become null.
struct JSONText {
    private(set) var text = ""

    mutating func append(raw: String) { text += raw }

    mutating func append(_ value: String) {
        text += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\u{0}": text += "\u{FFFD}"
            case "\u{1}"..<"\u{20}":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }

    mutating func append(_ value: Double) { text += value.isFinite ? "\(value)" : "null" }
    mutating func append(_ value: Float) { text += value.isFinite ? "\(value)" : "null" }
    mutating func append(_ value: Int) { text += String(value) }

    /// Elements between brackets.
    mutating func append<Elements: Sequence>(
        array elements: Elements, _ write: (inout JSONText, Elements.Element) -> Void
    ) {
        text += "["
        var isFirst = true
        for element in elements {
            if !isFirst { text += "," }
            isFirst = false
            write(&self, element)
        }
        text += "]"
    }
}
