import Banking

/// Labels from the labels topic or from a file: what the bank found out about a transaction.
///
/// Canonical JSON: `transaction_id`, `account_id`, `effective_at`, `outcome` (`fraud`, `genuine`,
/// `confirmed_fraud`, `false_positive`) and `known_at` are required; `merchant_id` or
/// `counterpart_account_id`, `amount` with `currency`, and `scenario` (0 to 255) are optional. One per
/// thread.
public struct LabelReader: ~Copyable {
    private var reader: RecordReader
    private let limits: IntakeLimits

    /// - Parameter pseudonymiser: of the same key as that of the transactions.
    public init(pseudonymiser: consuming Pseudonymiser, limits: IntakeLimits = IntakeLimits()) {
        self.limits = limits
        reader = RecordReader(plan: .labels, pseudonymiser: pseudonymiser, limits: limits)
    }

    /// Reads one JSON label.
    /// - Parameters:
    ///   - latest: its arrival; a label later than it by more than `limits.futureSeconds` is refused.
    ///   - label: overwritten; undefined after a rejection.
    /// - Returns: `nil` for a good record.
    public mutating func read(
        _ bytes: UnsafeRawBufferPointer, latest: Timestamp, into label: inout Label
    ) -> Rejection? {
        (reader.scanJSON(bytes) ?? reader.buildLabel(latest: latest, into: &label))?.rejection
    }

    /// Reads a file of labels: JSON lines, or CSV whose header has the canonical names; plain or `.gz`.
    /// - Throws: `IntakeError` when the file cannot be read on, and what `body` throws.
    public mutating func readFile(
        path: String, latest: Timestamp, _ body: (Int64, LabelOutcome) throws -> Void
    ) throws {
        var file = try RecordFile(path: path, recordBytes: limits.recordBytes)
        reader.adopt(file.layout == .csv ? .labelColumns : .labels)
        defer { reader.adopt(.labels) }
        var columns: CSVColumns?
        var label = Label()
        while let record = try file.next() {
            if file.layout == .csv, columns == nil {
                let header = try CSVHeader(row: record.bytes, file: path)
                columns = try reader.columns(of: header, file: path, isComplete: false)
                continue
            }
            if let fault = record.fault {
                try body(record.row, .rejection(fault.rejection()))
                continue
            }
            let scanFailure = reader.scan(record.bytes, columns: columns)
            if let failure = scanFailure ?? reader.buildLabel(latest: latest, into: &label) {
                try body(record.row, .rejection(failure.rejection))
            } else {
                try body(record.row, .label(label))
            }
        }
    }
}

/// What one record of a file of labels became.
public enum LabelOutcome: Sendable {
    case label(Label)
    case rejection(Rejection)
}
