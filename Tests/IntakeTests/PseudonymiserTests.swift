import Banking
import Crypto
import Foundation
import Testing

@testable import Intake

@Suite struct PseudonymiserTests {
    /// RFC 4231, test case 2, through the same HMAC that Intake keeps prepared.
    @Test func `the digest function is HMAC-SHA256`() {
        var state = HMAC<SHA256>(key: SymmetricKey(data: Array("Jefe".utf8)))
        state.update(data: Array("what do ya want for nothing?".utf8))
        let digits = state.finalize().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(digits == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    }

    @Test func `a pseudonym is the first half of the HMAC of domain, zero and identifier`() {
        let key = SymmetricKey(data: [UInt8](0..<32))
        let message = Array("card".utf8) + [0] + Array("4111111111111111".utf8)
        let expected = HMAC<SHA256>.authenticationCode(for: message, using: key).prefix(16)
        let digits = expected.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(testPseudonymiser().pseudonym("4111111111111111", in: .card).hexadecimal == digits)
    }

    @Test func `domains give different pseudonyms`() {
        let found = Set(Pseudonymiser.Domain.allCases.map { testPseudonymiser().pseudonym("1", in: $0) })
        #expect(found.count == Pseudonymiser.Domain.allCases.count)
    }

    @Test func `the cache never answers for another identifier`() {
        let pseudonymiser = Pseudonymiser(key: testKey, cacheEntriesPerDomain: 4)
        for round in 0..<3 {
            for number in 0..<100 {
                let text = String(repeating: "x", count: number) + String(number % 7)
                let bytes = Array(text.utf8)
                bytes.withUnsafeBytes { bytes in
                    let cached = pseudonymiser.pseudonym(bytes, in: .account)
                    #expect(cached == pseudonymiser.uncached(bytes, in: .account), "\(round) \(number)")
                }
            }
        }
    }

    @Test func `a card number counts the same with and without separators`() {
        let plain = read(record()).transaction?.card
        #expect(read(record(["card_number": "\"4111-1111 1111-1111\""])).transaction?.card == plain)
    }

    @Test func `a key file is made once with mode 0600 and read again`() throws {
        try withFolder { folder in
            let path = folder.appending(path: "key").path
            let made = try PseudonymKey.readOrCreate(path: path)
            var status = stat()
            #expect(stat(path, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600)
            let again = try PseudonymKey.readOrCreate(path: path)
            let first = Pseudonymiser(key: made).pseudonym("a", in: .account)
            #expect(first == Pseudonymiser(key: again).pseudonym("a", in: .account))
            let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            #expect(files == ["key"])
        }
    }

    @Test(arguments: [0o640, 0o604, 0o644])
    func `a key file that others can read is refused`(mode: Int) throws {
        try withFolder { folder in
            let path = folder.appending(path: "key").path
            _ = try PseudonymKey.readOrCreate(path: path)
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
            let error = #expect(throws: IntakeError.self) {
                _ = try PseudonymKey.readOrCreate(path: path)
            }
            #expect(error?.code == .keyFileReadableByOthers)
        }
    }

    @Test(arguments: ["", "abc", String(repeating: "g", count: 64), String(repeating: "a", count: 66)])
    func `a key file that holds no key is refused and left alone`(text: String) throws {
        try withFolder { folder in
            let path = folder.appending(path: "key").path
            let attributes: [FileAttributeKey: Any] = [.posixPermissions: 0o600]
            let isMade = FileManager.default.createFile(
                atPath: path, contents: Data(text.utf8), attributes: attributes)
            #expect(isMade)
            let error = #expect(throws: IntakeError.self) {
                _ = try PseudonymKey.readOrCreate(path: path)
            }
            #expect(error?.code == .keyFileMalformed)
            let kept = try String(contentsOfFile: path, encoding: .utf8)
            #expect(kept == text)
        }
    }

    @Test func `the unkeyed digest never changes`() {
        // Golden: other rooms and stored rows depend on these.
        #expect(Digest.digest64("") == goldenDigests.0)
        #expect(Digest.digest64("tx-1") == goldenDigests.1)
        #expect(Digest.digest64("a text of more than sixteen bytes") == goldenDigests.2)
        #expect(Digest.digest128("M77").hexadecimal == goldenDigests.3)
    }

    @Test func `digests of similar identifiers differ in about half of their bits`() {
        var changed = 0
        for number in 0..<1000 {
            changed += (Digest.digest64("tx-\(number)") ^ Digest.digest64("tx-\(number + 1)")).nonzeroBitCount
        }
        #expect(30_000...34_000 ~= changed)
    }
}

/// From an independent implementation of `Digest` in Python's whole numbers.
private let goldenDigests: (UInt64, UInt64, UInt64, String) = (
    0x8C3F5AD4A0ED307C, 0xC44D99C031BC3885, 0x1BBF81C1D6EBE8BC,
    "e7b601d9830b21da99b8e65314673a4d"
)
