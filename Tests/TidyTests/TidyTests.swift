import Foundation
import Testing

/// Tests can find the tree by their own path: `Tests/TidyTests/TidyTests.swift`.
private let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

/// One file of the project, read once.
private struct SourceFile {
    let path: String
    let lines: [Substring]

    static func all(in folders: [String], endings: [String] = [".swift", ".c", ".h"]) -> [SourceFile] {
        folders.flatMap { folder -> [SourceFile] in
            let base = root.appending(path: folder)
            let paths = FileManager.default.enumerator(atPath: base.path)?.compactMap { $0 as? String }
            let sources = (paths ?? []).filter { path in endings.contains { path.hasSuffix($0) } }
            return sources.sorted().compactMap { path in
                let text = try? String(contentsOf: base.appending(path: path), encoding: .utf8)
                return text.map {
                    let lines = $0.split(separator: "\n", omittingEmptySubsequences: false)
                    return SourceFile(path: folder + "/" + path, lines: lines)
                }
            }
        }
    }
}

/// The style of the house, kept by a test. The exception lists may only shrink.
@Suite struct TidyTests {
    private let files = SourceFile.all(in: ["Sources", "Tests"])

    /// What a room may import of the other rooms: everything that stands above it in this list, less what
    /// `ARCHITECTURE.md` keeps apart.
    private let imports: [String: Set<String>] = [
        "Banking": [],
        "Intake": ["Banking", "CZlib"],
        "History": ["Banking"],
        "Descriptions": ["Banking", "History"],
        "RiskModels": ["Banking", "CKernels", "History", "Descriptions"],
        "Training": ["Banking", "CKernels", "Intake", "History", "Descriptions", "RiskModels"],
        "KafkaClient": ["CRdKafka"],
        "PostgresClient": ["CPostgres"],
        "Ledger": ["Banking", "PostgresClient"],
        "Pipeline": ["Banking", "Intake", "History", "Descriptions", "RiskModels"],
        "Simulator": ["Banking"],
    ]

    @Test func `the tests find the sources`() { #expect(files.count > 10) }

    @Test func `a file has at most 400 lines`() {
        for file in files { #expect(file.lines.count <= 401, "\(file.path): \(file.lines.count) lines") }
    }

    @Test func `a line has at most 110 columns`() {
        for file in files {
            for (number, line) in file.lines.enumerated() where line.count > 110 {
                Issue.record("\(file.path):\(number + 1): \(line.count) columns")
            }
        }
    }

    @Test func `a function has at most 70 lines`() {
        for file in files where file.path.hasSuffix(".swift") {
            var start: (line: Int, indent: Int)?
            for (number, line) in file.lines.enumerated() {
                let indent = line.prefix { $0 == " " }.count
                let text = line.dropFirst(indent)
                if start == nil, text.contains("func ") || text.hasPrefix("init("), text.hasSuffix("{") {
                    start = (number, indent)
                } else if let open = start, indent == open.indent, text.hasPrefix("}") {
                    let length = number - open.line + 1
                    #expect(length <= 70, "\(file.path):\(open.line + 1): \(length) lines")
                    start = nil
                }
            }
        }
    }

    @Test func `rooms import only what stands below them`() {
        let rooms = Set(imports.keys).union(["CRdKafka", "CPostgres", "CZlib", "CKernels"])
        for file in files where file.path.hasPrefix("Sources/") && file.path.hasSuffix(".swift") {
            let room = String(file.path.split(separator: "/")[1])
            guard let allowed = imports[room] else { continue }
            for line in file.lines where line.hasPrefix("import ") {
                let imported = String(line.dropFirst("import ".count))
                guard rooms.contains(imported) else { continue }
                #expect(allowed.contains(imported), "\(file.path) imports \(imported)")
            }
        }
    }

    @Test func `nothing banned is written`() {
        // Each ban is assembled here so that this file does not hit itself.
        let bans: [(text: String, instead: String)] = [
            ("fatal" + "Error(", "a typed error, a Rejection or a precondition"),
            ("try" + "!", "try with a typed error"),
            (" as" + "! ", "as? with an answer to nil"),
            ("TO" + "DO", "doing it, or a line in docs/"),
            ("FIX" + "ME", "mending it"),
            ("Task" + ".sleep", "waiting for a signal"),
            ("Foundation" + ".sleep", "waiting for a signal"),
        ]
        for file in files {
            for (number, line) in file.lines.enumerated() {
                for ban in bans where line.contains(ban.text) {
                    Issue.record("\(file.path):\(number + 1): \(ban.text): write \(ban.instead)")
                }
            }
        }
    }

    @Test func `names of files say what is inside`() {
        for file in files {
            let name = file.path.split(separator: "/").last ?? ""
            for ban in ["Utils", "Helper", "Manager", "Misc", "New"] where name.contains(ban) {
                Issue.record("\(file.path): \(ban) says nothing")
            }
        }
    }
}
