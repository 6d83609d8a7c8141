import Foundation
import Testing

@testable import Banking

private let projectRoot = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

@Suite struct FailpointTests {
    @Test func `a plan names the place, the hit and the action`() throws {
        #expect(
            try Failpoint.read("delivery.before_commit:7=kill")
                == Failpoint.Plan(point: .deliveryBeforeCommit, hit: 7, action: .kill))
        #expect(
            try Failpoint.read("reception.after_poll=delay:250")
                == Failpoint.Plan(point: .afterPoll, hit: 1, action: .delay(milliseconds: 250)))
    }

    @Test(arguments: [
        "", "=", "kill", "nowhere=kill", "reception.after_poll", "reception.after_poll:0=kill",
        "reception.after_poll:x=kill", "reception.after_poll=explode", "reception.after_poll=delay:",
        "reception.after_poll:1:2=kill", "reception.after_poll=kill=kill", "reception.after_poll=error",
    ])
    func `what cannot be read is refused with the names`(text: String) {
        let error = #expect(throws: FailpointError.self) { try Failpoint.read(text) }
        for point in Failpoint.allCases { #expect(error?.cause.contains(point.rawValue) == true) }
    }

    @Test func `without the variable every place is passed`() throws {
        #expect(try Failpoint.configured() == nil)
        for point in Failpoint.allCases {
            point.reach()
            try point.pass()
        }
    }

    @Test func `the document names exactly the places of the code`() throws {
        let path = projectRoot.appending(path: "docs/delivery.md")
        let text = try String(contentsOf: path, encoding: .utf8)
        let section = try #require(text.components(separatedBy: "## Failpoints\n").last)
            .components(separatedBy: "\n## ")[0]
        let names = section.split(separator: "\n").compactMap { line in
            line.hasPrefix("| `") ? line.split(separator: "`")[1] : nil
        }
        #expect(names.map(String.init) == Failpoint.allCases.map(\.rawValue))
    }

    @Test func `every place of the list stands in the code`() throws {
        let sources = projectRoot.appending(path: "Sources")
        let paths = FileManager.default.enumerator(atPath: sources.path)?.compactMap { $0 as? String } ?? []
        let text = try paths.filter { $0.hasSuffix(".swift") }.sorted().map {
            try String(contentsOf: sources.appending(path: $0), encoding: .utf8)
        }.joined()
        for point in Failpoint.allCases {
            let uses = ["pass", "reach"].map {
                text.components(separatedBy: "Failpoint.\(point).\($0)()").count - 1
            }
            #expect(uses.reduce(0, +) >= 1, "\(point.rawValue) is nowhere")
        }
    }
}
