import Banking
import Testing

@testable import Pipeline

@Suite struct RedactionTests {
    private func masked(_ text: String) -> String {
        String(decoding: Array(text.utf8).withUnsafeBytes { Redaction.masked($0) }, as: UTF8.self)
    }

    @Test func `a card number keeps its first six and last four digits`() {
        #expect(masked("{\"card\":\"4111111111111111\"") == "{\"card\":\"411111******1111\"")
    }

    @Test func `digits written as escapes hide no card number`() {
        #expect(masked("\\u0034111 1111 1111 111\\u0031") == "4111 11** **** 1111")
    }

    @Test func `the digest is that of the masked record`() {
        func digest(_ text: String) -> String {
            Array(text.utf8).withUnsafeBytes { bytes in
                Redaction.rejected(
                    bytes, isTombstone: false,
                    rejection: Rejection(field: "record", reason: "invalid_json", hint: ""),
                    position: SourcePosition(topic: "t", partition: 0, offset: 0),
                    receivedAt: .distantPast
                ).deadLetter.recordSHA256
            }
        }
        // Two cards with the same visible digits: the digest does not tell them apart.
        #expect(digest("x 4111111111111111") == digest("x 4111112000051111"))
        #expect(digest("x 4111111111111111") != digest("y 4111111111111111"))
    }

    @Test func `of a huge record only the beginning is kept`() {
        let record = [UInt8](repeating: 65, count: 2_000_000)
        let rejected = record.withUnsafeBytes { bytes in
            Redaction.rejected(
                bytes, isTombstone: false,
                rejection: Rejection(field: "record", reason: "too_large", hint: ""),
                position: SourcePosition(topic: "t", partition: 0, offset: 0), receivedAt: .distantPast)
        }
        #expect(rejected.redactedPayload?.count == Redaction.keptBytes)
        #expect(rejected.deadLetter.recordSize == 2_000_000)
    }
}
