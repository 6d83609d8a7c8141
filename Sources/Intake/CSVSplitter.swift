/// Splits one CSV row (RFC 4180, any one-byte delimiter) into cells.
struct CSVSplitter {
    var delimiter = UInt8(ascii: ",")

    /// Calls `body` with each cell in order, quotes removed.
    /// - Parameters:
    ///   - row: without its line end.
    ///   - scratch: room for as many bytes as the row has; cells with doubled quotes are decoded into it.
    /// - Returns: a reason when a quote does not close or text follows a closing quote.
    @inline(__always)
    func forEachCell(
        of row: UnsafeRawBufferPointer, scratch: UnsafeMutableRawPointer, scratchUsed: inout Int,
        _ body: (RawValue) -> Void
    ) -> RejectionReason? {
        guard let base = row.baseAddress else { return .wrongColumnCount }
        var offset = 0
        while true {
            if offset < row.count, row[offset] == UInt8(ascii: "\"") {
                guard
                    let cell = quotedCell(
                        base, row.count, &offset, scratch: scratch, scratchUsed: &scratchUsed)
                else { return .unclosedQuote }
                body(cell)
            } else {
                let start = offset
                while offset < row.count, row[offset] != delimiter { offset &+= 1 }
                body(RawValue(.string, base + start, offset &- start))
            }
            if offset >= row.count { return nil }
            offset &+= 1
        }
    }

    /// Reads a quoted cell; `offset` ends at the delimiter or the end. `nil` when the quote does not close.
    private func quotedCell(
        _ base: UnsafeRawPointer, _ count: Int, _ offset: inout Int,
        scratch: UnsafeMutableRawPointer, scratchUsed: inout Int
    ) -> RawValue? {
        func byte(_ index: Int) -> UInt8 { base.load(fromByteOffset: index, as: UInt8.self) }
        let quote = UInt8(ascii: "\"")
        let start = offset + 1
        var end = start
        var doubled = 0
        while end < count {
            if byte(end) == quote {
                guard end + 1 < count, byte(end + 1) == quote else { break }
                doubled += 1
                end += 1
            }
            end += 1
        }
        guard end < count, end + 1 == count || byte(end + 1) == delimiter else { return nil }
        offset = end + 1
        guard doubled > 0 else { return RawValue(.string, base + start, end - start) }
        let decoded = scratch + scratchUsed
        var written = 0
        var index = start
        while index < end {
            decoded.storeBytes(of: byte(index), toByteOffset: written, as: UInt8.self)
            written += 1
            index += byte(index) == quote ? 2 : 1
        }
        scratchUsed += written
        return RawValue(.string, UnsafeRawPointer(decoded), written)
    }
}

/// Which slot each column of a CSV file fills.
struct CSVColumns {
    var delimiter: UInt8
    /// By column; −1 for a column that nobody reads.
    var slots: [Int32]
}
