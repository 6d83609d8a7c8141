import Glibc

/// How records of any JSON or CSV layout become canonical transactions, and where their labels stand.
///
/// A YAML file; `docs` and `mappings/` show the form. Made once, shared by all readers.
public struct FieldMapping: Sendable {
    public enum Layout: String, CaseIterable, Sendable {
        /// Sources are dotted paths (`payload.amount.value`, `items[0].sku`; `\.` for a point in a name).
        case json
        /// Sources are column names. JSON objects with these names are read by the same mapping.
        case csv
    }

    /// The mapping's `name`, or the name of its file.
    public let name: String
    public let layout: Layout
    /// Between CSV cells.
    public let delimiter: UInt8
    let plan: RecordPlan

    /// How many transactions one record gives: 1, or the number of `unfold` templates.
    public var transactionsPerRecord: Int { plan.templates.count }
    /// Whether records carry labels.
    public var hasLabels: Bool {
        plan.templates.contains { $0.slots[CanonicalField.outcome.rawValue] >= 0 }
    }
    /// Every column or path that is read, in the order of the file.
    public var sources: [String] { plan.sources }

    /// - Parameters:
    ///   - path: of the YAML file.
    /// - Throws: `IntakeError` that names line, field and what is allowed.
    public init(path: String) throws(IntakeError) {
        guard let file = fopen(path, "rb") else {
            throw IntakeError(
                .mappingUnreadable, operation: "reading the mapping \(path)", cause: errorText())
        }
        defer { fclose(file) }
        // A mapping is a page of text; more than a megabyte is another file.
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = bytes.withUnsafeMutableBytes { fread($0.baseAddress, 1, $0.count, file) }
        let text = String(decoding: bytes[..<count], as: UTF8.self)
        try self.init(yaml: text, file: path)
    }

    /// - Parameters:
    ///   - yaml: the text of the mapping.
    ///   - file: what errors call it.
    /// - Throws: `IntakeError` that names line, field and what is allowed.
    public init(yaml: String, file: String = "mapping") throws(IntakeError) {
        do {
            var parser = MappingParser(file: file)
            let parsed = try parser.parse(yaml)
            name = parsed.name
            layout = parsed.layout
            delimiter = parsed.delimiter
            plan = parsed.plan
        } catch {
            throw IntakeError(
                .mappingInvalid, operation: "reading the mapping \(file)",
                cause: (error as? MappingFault)?.text ?? "\(error)")
        }
    }
}
