import Crypto
import Intake

/// What may be kept of a record that was rejected.
enum Redaction {
    /// Lower-case hexadecimal SHA-256: finds the record again without keeping it.
    static func sha256(of bytes: UnsafeRawBufferPointer) -> String {
        SHA256.hash(data: bytes).map { byte in
            let text = String(byte, radix: 16)
            return byte < 16 ? "0" + text : text
        }.joined()
    }

    /// The record with card numbers masked to first six and last four digits.
    static func masked(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var copy = Array(bytes)
        copy.withUnsafeMutableBytes { _ = CardNumber.mask($0) }
        return copy
    }
}
