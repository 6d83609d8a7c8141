import Banking

extension Intake {
    /// Reads a `.csv` or `.jsonl` file, plain or `.gz`, record by record in its order.
    ///
    /// A row that unfolds gives several outcomes with the same row number, or one rejection.
    /// `observedAt` of a transaction is its `observed_at`, or else its `effective_at`, so that a replay
    /// of the file gives the same bits at any time.
    /// - Parameters:
    ///   - path: of the file.
    ///   - latest: the present moment; anything later by more than `limits.futureSeconds` is refused.
    ///   - body: called with the row number (first record below the header = 1, first line of JSON = 0).
    /// - Throws: `IntakeError` when the file cannot be read on, after delivering what came before; and what
    ///   `body` throws.
    public mutating func readFile(
        path: String, latest: Timestamp, _ body: (Int64, IntakeOutcome) throws -> Void
    ) throws {
        var file = try RecordFile(
            path: path, recordBytes: limits.recordBytes,
            delimiter: mapping?.delimiter ?? UInt8(ascii: ","))
        if file.layout == .csv, mapping?.layout == .json {
            throw IntakeError(
                .mappingInvalid, operation: "reading \(path)",
                cause: "the mapping is for JSON; a CSV file needs one with format: csv")
        }
        if mapping == nil { reader.adopt(file.layout == .csv ? .canonicalColumns : .canonicalHistory) }
        defer { if mapping == nil { reader.adopt(.canonical) } }
        var columns: CSVColumns?
        while let record = try file.next() {
            if file.layout == .csv, columns == nil {
                let header = try CSVHeader(
                    row: record.bytes, delimiter: mapping?.delimiter ?? UInt8(ascii: ","), file: path)
                columns = try reader.columns(of: header, file: path, isComplete: mapping != nil)
                continue
            }
            if let fault = record.fault {
                try body(record.row, .rejection(fault.rejection(), record: record.bytes))
                continue
            }
            let scanFailure = reader.scan(record.bytes, columns: columns)
            if let failure = scanFailure ?? buildAll(observedAt: nil, latest: latest) {
                try body(record.row, .rejection(failure.rejection, record: record.bytes))
            } else {
                try deliverAll(record.row, body)
            }
        }
    }
}
