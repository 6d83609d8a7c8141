import Banking
import History

/// Every fact of a stream, point in time, for a data scientist's own tools: CSV or one JSON object per line.
///
/// Columns: `transaction_id`, `account_id` (pseudonym), `effective_at`, one per `Fact` by its name, then the
/// label as it became known: `label` (0 genuine, 1 fraud), `label_known_at`, `label_scenario`. Facts are
/// those of the moment of the transaction; the label is not. Absent facts are empty in CSV, left out of JSON.
public struct FactExport: Sendable {
    public enum Format: String, Sendable, CaseIterable {
        case csv, jsonl
    }

    public let format: Format
    /// `,"name":` for JSON, in the order of facts.
    private let keys: [[UInt8]]

    public init(format: Format) {
        self.format = format
        keys = Fact.allCases.map { Array(",\"\($0.name)\":".utf8) }
    }

    /// Names of the columns in order.
    public static var columnNames: [String] {
        ["transaction_id", "account_id", "effective_at"] + Fact.allCases.map(\.name)
            + ["label", "label_known_at", "label_scenario"]
    }

    /// Appends the header line of CSV; nothing for JSON.
    public func appendHeader(to bytes: inout [UInt8]) {
        guard format == .csv else { return }
        FactText.append(Self.columnNames.joined(separator: ",") + "\n", to: &bytes)
    }

    /// Appends one line. The caller writes the bytes out and empties the buffer, keeping its memory.
    public func append(
        _ facts: FactRow, of transaction: Transaction, label: Label? = nil, to bytes: inout [UInt8]
    ) {
        switch format {
        case .csv: appendCSV(facts, transaction, label, &bytes)
        case .jsonl: appendJSON(facts, transaction, label, &bytes)
        }
    }

    private func appendCSV(
        _ facts: FactRow, _ transaction: Transaction, _ label: Label?, _ bytes: inout [UInt8]
    ) {
        let comma = UInt8(ascii: ",")
        transaction.id.withBytes { Self.appendCell($0, &bytes) }
        bytes.append(comma)
        FactText.append(transaction.account, to: &bytes)
        bytes.append(comma)
        FactText.append(transaction.effectiveAt, to: &bytes)
        for fact in Fact.allCases {
            bytes.append(comma)
            let bits = facts[bits: Int(fact.rawValue)]
            if fact.form == .number {
                let value = Float(bitPattern: bits)
                if value.isFinite { FactText.append(value, to: &bytes) }
            } else if bits != 0 {
                if let name = FactText.name(fact, bits) {
                    FactText.append(name, to: &bytes)
                } else {
                    FactText.append(Int64(bits), to: &bytes)
                }
            }
        }
        bytes.append(comma)
        if let label { FactText.append(Int64(label.outcome.rawValue), to: &bytes) }
        bytes.append(comma)
        if let label { FactText.append(label.knownAt, to: &bytes) }
        bytes.append(comma)
        if let label { FactText.append(Int64(label.scenario), to: &bytes) }
        bytes.append(UInt8(ascii: "\n"))
    }

    private func appendJSON(
        _ facts: FactRow, _ transaction: Transaction, _ label: Label?, _ bytes: inout [UInt8]
    ) {
        FactText.append("{\"transaction_id\":", to: &bytes)
        transaction.id.withBytes { Self.appendJSONString($0, &bytes) }
        FactText.append(",\"account_id\":\"", to: &bytes)
        FactText.append(transaction.account, to: &bytes)
        FactText.append("\",\"effective_at\":\"", to: &bytes)
        FactText.append(transaction.effectiveAt, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
        for fact in Fact.allCases {
            let bits = facts[bits: Int(fact.rawValue)]
            let isNumber = fact.form == .number
            guard isNumber ? Float(bitPattern: bits).isFinite : bits != 0 else { continue }
            bytes.append(contentsOf: keys[Int(fact.rawValue)])
            if isNumber {
                FactText.append(Float(bitPattern: bits), to: &bytes)
            } else if let name = FactText.name(fact, bits) {
                FactText.append("\"" + name + "\"", to: &bytes)
            } else {
                FactText.append(Int64(bits), to: &bytes)
            }
        }
        if let label {
            FactText.append(",\"label\":", to: &bytes)
            FactText.append(Int64(label.outcome.rawValue), to: &bytes)
            FactText.append(",\"label_known_at\":\"", to: &bytes)
            FactText.append(label.knownAt, to: &bytes)
            FactText.append("\",\"label_scenario\":", to: &bytes)
            FactText.append(Int64(label.scenario), to: &bytes)
        }
        FactText.append("}\n", to: &bytes)
    }
}

extension FactExport {
    /// Appends outside text as one CSV cell: quoted where it must be, and with an apostrophe in front when a
    /// spreadsheet could take it for a formula (`=`, `+`, `-`, `@`, tab, return, and their full-width twins).
    public static func appendCell(_ text: UnsafeRawBufferPointer, _ bytes: inout [UInt8]) {
        let needsQuotes = text.contains { $0 < 0x21 || $0 == 0x22 || $0 == 0x2C || $0 == 0x3B || $0 == 0x27 }
        let isFormula = startsFormula(text)
        guard needsQuotes || isFormula else {
            bytes.append(contentsOf: text)
            return
        }
        bytes.append(UInt8(ascii: "\""))
        if isFormula { bytes.append(UInt8(ascii: "'")) }
        for byte in text {
            if byte == UInt8(ascii: "\"") { bytes.append(byte) }
            bytes.append(byte)
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func startsFormula(_ text: UnsafeRawBufferPointer) -> Bool {
        // Spreadsheets skip white space in front of a formula.
        guard let first = text.firstIndex(where: { $0 != 0x20 }) else { return false }
        if [0x3D, 0x2B, 0x2D, 0x40, 0x09, 0x0A, 0x0D, 0x7C].contains(text[first]) { return true }
        // U+FF1D ＝, U+FF0B ＋, U+FF0D －, U+FF20 ＠ in UTF-8.
        guard text.count >= first + 3, text[first] == 0xEF, text[first + 1] == 0xBC else { return false }
        return [0x9D, 0x8B, 0x8D, 0xA0].contains(text[first + 2])
    }

    static func appendJSONString(_ text: UnsafeRawBufferPointer, _ bytes: inout [UInt8]) {
        let hex = Array("0123456789abcdef".utf8)
        bytes.append(UInt8(ascii: "\""))
        for byte in text {
            if byte < 0x20 || byte == 0x7F {
                FactText.append("\\u00", to: &bytes)
                bytes.append(hex[Int(byte >> 4)])
                bytes.append(hex[Int(byte & 15)])
            } else {
                let isSpecial = byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
                if isSpecial { bytes.append(UInt8(ascii: "\\")) }
                bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
