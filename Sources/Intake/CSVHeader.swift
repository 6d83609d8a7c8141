/// The column names of a CSV file.
public struct CSVHeader: Sendable {
    public let names: [String]
    public let delimiter: UInt8

    /// - Parameters:
    ///   - row: the header row without its line end.
    ///   - file: for the text of the error.
    /// - Throws: `IntakeError` when the row is empty, no UTF-8, misquoted, or repeats a name.
    public init(
        row: UnsafeRawBufferPointer, delimiter: UInt8 = UInt8(ascii: ","), file: String
    ) throws(IntakeError) {
        let operation = "reading the header of \(file)"
        guard row.count > 0, UTF8Check.isValid(row) else {
            throw IntakeError(.headerInvalid, operation: operation, cause: "it is empty or no UTF-8")
        }
        var names: [String] = []
        let fault = CSVSplitter(delimiter: delimiter).collectCells(of: row) { cell in
            names.append(String(decoding: cell.bytes, as: UTF8.self))
        }
        guard fault == nil else {
            throw IntakeError(.headerInvalid, operation: operation, cause: "a quote does not close")
        }
        if let twice = names.first(where: { name in names.filter { $0 == name }.count > 1 }) {
            throw IntakeError(
                .headerInvalid, operation: operation, cause: "the column \(twice) occurs more than once")
        }
        self.names = names
        self.delimiter = delimiter
    }

    /// One row as a JSON object of its columns, every value a text: what `produce` sends for a file.
    ///
    /// The mapping that reads the file reads these objects too.
    /// - Parameters:
    ///   - row: without its line end.
    ///   - json: emptied and filled with UTF-8.
    /// - Returns: a rejection when the row has the wrong number of cells, is misquoted or no UTF-8.
    public func jsonObject(
        ofRow row: UnsafeRawBufferPointer, into json: inout [UInt8]
    ) -> RejectionReason? {
        json.removeAll(keepingCapacity: true)
        guard UTF8Check.isValid(row) else { return .invalidUTF8 }
        var count = 0
        json.append(UInt8(ascii: "{"))
        let fault = CSVSplitter(delimiter: delimiter).collectCells(of: row) { cell in
            defer { count += 1 }
            guard count < names.count else { return }
            if count > 0 { json.append(UInt8(ascii: ",")) }
            Self.append(names[count].utf8, to: &json)
            json.append(UInt8(ascii: ":"))
            Self.append(cell.bytes, to: &json)
        }
        json.append(UInt8(ascii: "}"))
        if let fault { return fault }
        return count == names.count ? nil : .wrongColumnCount
    }

    private static func append(_ text: some Sequence<UInt8>, to json: inout [UInt8]) {
        let digits = Array("0123456789abcdef".utf8)
        json.append(UInt8(ascii: "\""))
        for byte in text {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                json += [UInt8(ascii: "\\"), byte]
            } else if byte < 0x20 {
                json += Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            } else {
                json.append(byte)
            }
        }
        json.append(UInt8(ascii: "\""))
    }
}

extension CSVSplitter {
    /// `forEachCell` with scratch memory of its own.
    func collectCells(
        of row: UnsafeRawBufferPointer, _ body: (RawValue) -> Void
    ) -> RejectionReason? {
        withUnsafeTemporaryAllocation(byteCount: max(row.count, 1), alignment: 1) { scratch in
            var used = 0
            guard let start = scratch.baseAddress else { return nil }
            return forEachCell(of: row, scratch: start, scratchUsed: &used, body)
        }
    }
}
