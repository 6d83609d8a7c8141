import Banking

/// Words of free text as small hashes: the only way that text reaches a model, so no text can become a
/// control token.
enum MerchantWords {
    static let capacity = 6

    /// Writes codes 1 … 1023 of at most six words into the facts `word1` … `word6`.
    ///
    /// A word is a run of at least two ASCII letters and digits; case does not matter. Numbers of more than
    /// four digits
    /// (terminal and reference numbers) are left out. The code is FNV-1a over the lower-case bytes.
    @inline(__always) static func write(_ name: borrowing FixedText<40>, into row: inout FactRow) {
        guard !name.isEmpty else { return }
        let (codes, count) = name.withBytes { Self.codes($0) }
        for index in 0..<count { row[bits: Int(Fact.word1.rawValue) + index] = codes[index] }
    }

    static func codes(_ bytes: UnsafeRawBufferPointer) -> (codes: SIMD8<UInt32>, count: Int) {
        var codes = SIMD8<UInt32>(repeating: 0)
        var count = 0
        var hash: UInt32 = 2_166_136_261
        var length = 0
        var digits = 0
        for index in 0...bytes.count {
            let byte = index < bytes.count ? bytes[index] : 0
            let isDigit = byte &- 48 < 10
            let lower = byte | 0x20
            if isDigit || (lower &- 97 < 26) {
                hash = (hash ^ UInt32(isDigit ? byte : lower)) &* 16_777_619
                length += 1
                digits += isDigit ? 1 : 0
            } else if length > 0 {
                if length >= 2, digits < length || length <= 4 {
                    codes[count] = 1 + hash % 1023
                    count += 1
                    if count == capacity { break }
                }
                hash = 2_166_136_261
                length = 0
                digits = 0
            }
        }
        return (codes, count)
    }
}
