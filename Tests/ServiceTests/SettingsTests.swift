import Foundation
import Testing

@testable import vigie

@Suite struct SettingsTests {
    private func file(_ yaml: String) throws -> String {
        let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString + ".yaml").path
        try yaml.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    @Test func `flags win over variables and variables over the file`() throws {
        let path = try file("pipeline: {job: file, workers: 3, batch: 7}")
        let settings = try Settings(
            file: path, environment: ["VIGIE_PIPELINE_JOB": "variable", "VIGIE_PIPELINE_WORKERS": "4"],
            overrides: ["pipeline.job=flag"])
        #expect(settings[.job] == "flag")
        #expect(settings[.workers] == "4")
        #expect(settings[.batch] == "7")
        #expect(settings[.transactionsTopic] == "transactions")
    }

    @Test func `an unknown setting is refused by name with those that exist`() throws {
        let path = try file("pipeline: {jib: x}")
        let error = #expect(throws: UsageError.self) {
            try Settings(file: path, environment: [:], overrides: [])
        }
        #expect(error?.description.contains("'pipeline.jib'") == true)
        #expect(error?.description.contains("pipeline.job") == true)
    }

    @Test func `Kafka's own options pass through`() throws {
        let path = try file("kafka: {options: {security.protocol: ssl}}")
        let settings = try Settings(file: path, environment: [:], overrides: [])
        #expect(settings.kafkaOptions == ["security.protocol": "ssl"])
    }

    @Test(arguments: ["pipeline.workers=0", "pipeline.workers=many"])
    func `a number out of range says what it must be`(text: String) throws {
        let settings = try Settings(file: nil, environment: [:], overrides: [text])
        #expect(throws: UsageError.self) { try settings.pipeline() }
    }

    @Test func `an empty setting switches a topic off`() throws {
        let settings = try Settings(file: nil, environment: [:], overrides: ["kafka.topics.labels="])
        #expect(settings.optional(.labelsTopic) == nil)
    }
}
