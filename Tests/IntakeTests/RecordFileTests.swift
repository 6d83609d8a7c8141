import Banking
import Foundation
import Testing

@testable import Intake

@Suite struct RecordFileTests {
    private func records(
        _ bytes: [UInt8], name: String, limit: Int = 1 << 20
    ) throws -> (texts: [String], fault: IntakeError?) {
        try withFolder { folder in
            let url = folder.appending(path: name)
            try Data(bytes).write(to: url)
            var texts: [String] = []
            do {
                var file = try RecordFile(path: url.path, recordBytes: limit)
                while let record = try file.next() {
                    let text = String(decoding: record.bytes, as: UTF8.self)
                    texts.append(record.fault?.rawValue ?? "\(record.row) \(text)")
                }
            } catch { return (texts, error as? IntakeError) }
            return (texts, nil)
        }
    }

    /// Packs with the gzip command, the reference for what a gzip file is.
    private func gzip(_ bytes: [UInt8]) throws -> [UInt8] {
        try withFolder { folder in
            let url = folder.appending(path: "plain")
            try Data(bytes).write(to: url)
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = ["gzip", "-n", url.path]
            try process.run()
            process.waitUntilExit()
            return [UInt8](try Data(contentsOf: folder.appending(path: "plain.gz")))
        }
    }

    @Test func `line ends, empty lines and a byte order mark are passed over`() throws {
        let bytes = [0xEF, 0xBB, 0xBF] + Array("a\r\n\nb\nlast".utf8)
        #expect(try records(bytes, name: "x.jsonl").texts == ["0 a", "1 b", "2 last"])
    }

    @Test func `a quoted cell may hold line ends and quotes`() throws {
        let text = "h\n\"a\nb\"\"\n\",1\n2\"3\nplain\n"
        let expected = ["0 h", "1 \"a\nb\"\"\n\",1", "2 2\"3", "3 plain"]
        #expect(try records(Array(text.utf8), name: "x.csv").texts == expected)
    }

    @Test func `an open quote costs one row and not the rest of the file`() throws {
        let text = "h\n\"open,1\nnext,2\nlast,3\n"
        let expected = ["0 h", "unclosed_quote", "2 next,2", "3 last,3"]
        #expect(try records(Array(text.utf8), name: "x.csv").texts == expected)
    }

    @Test func `a record over the limit is a fault and the next one is read`() throws {
        let text = "ok\n" + String(repeating: "x", count: 900_000) + "\nnext\n"
        let found = try records(Array(text.utf8), name: "x.jsonl", limit: 1000)
        #expect(found.texts == ["0 ok", "too_large", "2 next"])
    }

    @Test func `a decompression bomb is one rejected record`() throws {
        let zeros = [UInt8](repeating: 0x30, count: 64 << 20)
        let bomb = try gzip(Array("ok\n".utf8) + zeros + Array("\nnext\n".utf8))
        #expect(bomb.count < 1 << 17)
        #expect(try records(bomb, name: "x.jsonl.gz").texts == ["0 ok", "too_large", "2 next"])
    }

    @Test func `gzip members one behind the other are one file`() throws {
        let bytes = try gzip(Array("a\nb".utf8)) + gzip(Array("c\nd\n".utf8))
        #expect(try records(bytes, name: "x.jsonl.gz").texts == ["0 a", "1 bc", "2 d"])
    }

    @Test func `a truncated gzip file gives what came before and then an error`() throws {
        let seed: UInt64 = 11
        var random = SeededRandom(state: seed)
        let lines = (0..<20_000).map { "\($0) \(random.next())" }
        let whole = try gzip(Array((lines.joined(separator: "\n") + "\n").utf8))
        let found = try records(Array(whole[..<(whole.count / 2)]), name: "x.jsonl.gz")
        #expect(found.fault?.code == .fileTruncated)
        #expect(found.texts.count > 5000)
        let expected = lines.prefix(found.texts.count).enumerated().map { "\($0.offset) \($0.element)" }
        #expect(found.texts == expected)
    }

    @Test func `a damaged gzip file is an error`() throws {
        var bytes = try gzip(Array(repeating: UInt8(ascii: "x"), count: 5000))
        for index in 12..<bytes.count { bytes[index] ^= 0xFF }
        #expect(try records(bytes, name: "x.jsonl.gz").fault?.code == .fileCorrupt)
    }

    @Test func `a name that says no layout is refused`() throws {
        #expect(try records([], name: "x.parquet").fault?.code == .fileUnreadable)
    }
}
