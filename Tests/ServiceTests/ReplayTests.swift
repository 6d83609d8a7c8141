import ArgumentParser
import Banking
import Foundation
import Ledger
import PostgresClient
import Testing

@testable import vigie

/// A live run and its replay, over a real Kafka protocol and a real PostgreSQL.
@Suite(.serialized) struct ReplayTests {
    private static let columns = """
        source_topic, source_partition, source_offset, transaction_id, probability, score, band, outcome, \
        decided_by, tokens, reasons, description_en, description_fr, model_sha256
        """
    private static let liveTables = ["progress", "checkpoints", "cascade_ranges", "decisions", "alerts"]

    /// Every 30th transaction turns out to be fraud a day later.
    private static func labels(
        of records: ArraySlice<(bytes: [UInt8], time: Timestamp)>
    ) throws -> [(bytes: [UInt8], time: Timestamp)] {
        try records.indices.filter { $0 % 30 == 0 }.map { index in
            let (bytes, time) = records[index]
            let known = time.adding(seconds: 86_400)
            let object = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any] ?? [:]
            var label = object.filter {
                ["transaction_id", "account_id", "merchant_id", "counterpart_account_id", "effective_at"]
                    .contains($0.key)
            }
            label["outcome"] = "confirmed_fraud"
            label["known_at"] = "\(known)"
            return (Array(try JSONSerialization.data(withJSONObject: label)), known)
        }
    }

    @Test func `a replay of the topic gives the rows of a live run cut in two, bit for bit`() throws {
        let bank = try TestBank()
        let records = TestBank.records(4000, seed: 31)
        try bank.send(try Self.labels(of: records[...]), to: "labels")
        try bank.send(Array(records[..<1700]))
        #expect(try bank.runToEnd().scored == 1700)
        try bank.send(Array(records[1700...]))
        #expect(try bank.runToEnd().scored == 2300)

        func rows(_ table: String, _ columns: String, _ job: String) throws -> String {
            try bank.text(
                of: "SELECT \(columns) FROM vigie.\(table) WHERE job = '\(job)' ORDER BY source_offset")
        }
        func liveRows() throws -> [String] {
            try Self.liveTables.map {
                try bank.text(of: "SELECT * FROM vigie.\($0) WHERE job = 'live' ORDER BY 1, 2, 3, 4")
            }
        }
        let before = try liveRows()
        let replay = ["--job", "again", "--set", "pipeline.decisions=true"] + bank.flags
        try ReplayCommand.parse(replay).run()

        let alerts = try rows("alerts", Self.columns, "live")
        #expect(alerts.split(separator: "\n").count > 10)
        #expect(try rows("alerts", Self.columns, "again") == alerts)
        let scores = "source_offset, transaction_id, probability, score, outcome, model_sha256"
        let decisions = try rows("decisions", scores, "live")
        #expect(decisions.split(separator: "\n").count == 4000)
        #expect(try rows("decisions", scores, "again") == decisions)
        #expect(try liveRows() == before)
    }

    @Test func `every alert is derived again from what it stores, and an edited one is not`() throws {
        let bank = try TestBank()
        try bank.send(TestBank.records(2500, seed: 32))
        _ = try bank.runToEnd()
        let alerts = try bank.ledger().alerts(top: 1000, job: "live")
        #expect(alerts.count > 5)
        for alert in alerts {
            try ExplainCommand.parse(["\(alert.alertID)", "--verify"] + bank.flags).run()
        }
        let edited = try #require(alerts.first).alertID
        let owner = try PostgresConnection(conninfo: bank.settings[.postgresURL], deadline: .seconds(60))
        try owner.execute("UPDATE vigie.alerts SET probability = probability / 2 WHERE alert_id = \(edited)")
        let error = #expect(throws: ExitCode.self) {
            try ExplainCommand.parse(["\(edited)", "--verify"] + bank.flags).run()
        }
        #expect(error?.rawValue == 1)
    }
}
