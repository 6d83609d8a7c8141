import Banking
import Crypto
import Intake

/// What may be kept of a record that was rejected.
enum Redaction {
    /// Lower-case hexadecimal SHA-256.
    private static func sha256(of bytes: UnsafeRawBufferPointer) -> String {
        SHA256.hash(data: bytes).map { byte in
            let text = String(byte, radix: 16)
            return byte < 16 ? "0" + text : text
        }.joined()
    }

    /// Bytes of a rejected record that are kept: more would not fit into a Kafka message.
    static let keptBytes = 256 << 10

    /// A rejected record: card numbers masked, its digest taken afterwards, so that the hidden digits cannot
    /// be found by trying them against the digest.
    static func rejected(
        _ bytes: UnsafeRawBufferPointer, isTombstone: Bool, rejection: Rejection, position: SourcePosition,
        receivedAt: Timestamp
    ) -> RejectedRecord {
        let masked = masked(UnsafeRawBufferPointer(rebasing: bytes.prefix(keptBytes)))
        let letter = DeadLetter(
            position: position, rejection: rejection, recordSize: bytes.count,
            recordSHA256: masked.withUnsafeBytes { sha256(of: $0) }, receivedAt: receivedAt)
        return RejectedRecord(deadLetter: letter, redactedPayload: isTombstone ? nil : masked)
    }

    /// The record with card numbers masked to first six and last four digits. Digits that JSON writes as
    /// `\u0030` … `\u0039` are written out first, so that no card number hides in them.
    static func masked(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        let escape = Array("\\u003".utf8)
        var copy: [UInt8] = []
        copy.reserveCapacity(bytes.count)
        var offset = 0
        while offset < bytes.count {
            let end = offset + escape.count
            if end < bytes.count, bytes[offset] == escape[0], bytes[end] &- 48 <= 9,
                bytes[offset..<end].elementsEqual(escape)
            {
                copy.append(bytes[end])
                offset = end + 1
            } else {
                copy.append(bytes[offset])
                offset += 1
            }
        }
        copy.withUnsafeMutableBytes { _ = CardNumber.mask($0) }
        return copy
    }
}
