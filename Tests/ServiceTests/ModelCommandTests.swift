import ArgumentParser
import Foundation
import RiskModels
import Testing

@testable import vigie

@Suite struct ModelCommandTests {
    private static let demo = projectRoot.appending(path: "models/demo")
    private static let card = demo.appending(path: "scorecard.safetensors")

    @Test func `an inspection holds what the file says`() throws {
        let inspection = try ModelInspection(contentsOf: Self.card.path)
        #expect(inspection.kind == "scorecard")
        #expect(inspection.sha256.count == 64)
        #expect(inspection.vocabulary.contains { $0.kind == "amount" && $0.form == "edges" && $0.places > 2 })
        #expect(inspection.training.command.contains("vigie train"))
        let thresholds = inspection.thresholds.map(\.probability)
        #expect(thresholds == thresholds.sorted(by: >))
        #expect(inspection.text.contains(inspection.sha256))
        let json = try JSONSerialization.jsonObject(with: Data(JSONOutput.text(inspection).utf8))
        #expect((json as? [String: Any])?["golden_descriptions"] as? Int == inspection.goldenDescriptions)
    }

    @Test func `what is shipped is sound on every instruction set`() throws {
        try ModelVerifyCommand.parse([Self.card.path, Self.demo.appending(path: "cascade.yaml").path]).run()
    }

    @Test func `a spoilt file among sound ones ends in exit code 1`() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString + ".safetensors")
        defer { try? FileManager.default.removeItem(at: path) }
        var bytes = try Data(contentsOf: Self.card)
        bytes[bytes.count - 9] ^= 1
        try bytes.write(to: path)
        let command = try ModelVerifyCommand.parse([path.path, Self.card.path])
        #expect { try command.run() } throws: { ($0 as? ExitCode)?.rawValue == 1 }
    }
}
