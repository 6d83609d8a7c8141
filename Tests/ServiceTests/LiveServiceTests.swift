import Banking
import Foundation
import KafkaClient
import Ledger
import Pipeline
import Testing

@testable import vigie

/// The whole way over a real Kafka protocol into a real PostgreSQL.
@Suite(.serialized) struct LiveServiceTests {
    private static let card = "4111111111111111"

    /// Five of each of twelve faults, with the reason that each must get.
    private static let faults: [(record: String, reason: String)] = [
        ("", "tombstone"), ("{\"transaction_id\":", "invalid_json"), ("[]", "not_an_object"),
        (bad("\"amount\":1", "\"amount\":\"NaN\""), "not_finite"),
        (bad("\"amount\":1", "\"amount\":1.005"), "too_many_decimals"),
        (bad("\"amount\":1", "\"amount\":-1"), "negative"), (bad("EUR", "EUX"), "unknown_currency"),
        (bad("2025-01-06", "2099-01-06"), "in_the_future"), (bad("\"account_id\":\"a\",", ""), "missing"),
        (bad("\"t\"", "\"t\\u0000\""), "null_character"),
        (bad("\"t\"", "\"\(card)\""), "card_number_in_identifier"),
        (bad("\"a\"", "\"\(String(repeating: "a", count: 200))\",\"card_number\":\"\(card)\""), "too_long"),
    ]

    private static func bad(_ part: String, _ fault: String) -> String {
        """
        {"transaction_id":"t","account_id":"a","effective_at":"2025-01-06T10:00:00Z","amount":1,\
        "currency":"EUR"}
        """.replacing(part, with: fault)
    }

    @Test func `sixty bad records among ten thousand good ones`() throws {
        let bank = try TestBank()
        var records = TestBank.records(10_000)
        for index in 0..<60 {
            let fault = Self.faults[index % Self.faults.count]
            records.insert((Array(fault.record.utf8), records[index * 150].time), at: index * 150)
        }
        try bank.send(records)
        let totals = try bank.runToEnd()
        #expect(totals.scored == 10_000)
        #expect(totals.rejected == 60)

        let ledger = try bank.ledger()
        let counts = try ledger.counts(job: "live")
        #expect(counts.decisions == 10_000)
        #expect(counts.deadLetters == 60)
        #expect(counts.alerts == Int(totals.alerts) && counts.alerts > 0)
        let reasons = Dictionary(
            try ledger.rejectionCounts(job: "live").map { ($0.reason, $0.count) }, uniquingKeysWith: +)
        #expect(reasons == Dictionary(Self.faults.map { ($0.reason, 5) }, uniquingKeysWith: +))

        let letters = try deadLetters(bank, count: 60)
        #expect(letters.count { $0.contains("__connect.errors.topic=transactions") } == 60)
        let tables = [
            "alerts", "decisions", "dead_letters", "labels", "jobs", "models", "audit", "progress",
        ]
        let everything = try tables.map { try bank.text(of: "SELECT * FROM vigie.\($0)") } + letters
        #expect(everything.joined().contains("card_number_in_identifier"))
        for text in everything { #expect(!text.contains(Self.card)) }
        // Simulated cards begin with 999999 and have 16 digits; those behind a point are a probability's.
        let cards = try Regex("(^|[^0-9.])999999[0-9]{10}([^0-9]|$)")
        for text in everything { #expect(text.firstMatch(of: cards) == nil) }
    }

    @Test func `stopping and starting again adds nothing twice and changes no score`() throws {
        let records = TestBank.records(4000, seed: 12)
        let whole = try TestBank()
        try whole.send(records)
        _ = try whole.runToEnd()

        let parts = try TestBank()
        try parts.send(Array(records[..<1500]))
        #expect(try parts.runToEnd().scored == 1500)
        try parts.send(Array(records[1500...]))
        #expect(try parts.runToEnd().scored == 2500)

        let columns = "transaction_id, probability, score, outcome, source_offset"
        let query = "SELECT \(columns) FROM vigie.decisions ORDER BY source_offset"
        let rows = try whole.text(of: query)
        #expect(rows.split(separator: "\n").count == 4000)
        #expect(try parts.text(of: query) == rows)
    }

    @Test func `a replay of a file gives the live alerts bit for bit and touches none of them`() throws {
        let records = TestBank.records(4000, seed: 13)
        let bank = try TestBank()
        try bank.send(records)
        _ = try bank.runToEnd()
        let columns =
            "transaction_id, probability, score, band, tokens, reasons, description_en, model_sha256, "
            + "unusualness, decided_by, surprises, counterfactual, description_fr"
        func rows(_ job: String) throws -> String {
            try bank.text(
                of: "SELECT \(columns) FROM vigie.alerts WHERE job = '\(job)' ORDER BY transaction_id")
        }
        let live = try rows("live")
        let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString + ".jsonl")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(records.map(\.bytes).joined(separator: [10])).write(to: file)

        let replay = try ReplayCommand.parse(["--job", "again", "--file", file.path] + bank.flags)
        try replay.run()
        #expect(!live.isEmpty)
        #expect(try rows("again") == live)
        #expect(try rows("live") == live)

        let second = try ReplayCommand.parse(["--job", "live", "--file", file.path] + bank.flags)
        #expect(throws: UsageError.self) { try second.run() }
    }

    @Test func `a range of the topic is replayed and nothing else`() throws {
        let bank = try TestBank()
        try bank.send(TestBank.records(1000, seed: 16))
        let flags = ["--job", "part", "--from-offset", "200", "--to-offset", "700"]
        try ReplayCommand.parse(
            flags + bank.flags + ["--set", "pipeline.decisions=true"]
        ).run()
        let range = "SELECT min(source_offset), max(source_offset), count(*) FROM vigie.decisions"
        #expect(try bank.text(of: range + " WHERE job = 'part'") == "(200,699,500)")
    }

    @Test func `a lost database connection is made again`() throws {
        let bank = try TestBank()
        try bank.send(TestBank.records(500, seed: 14))
        let service = try LiveService(bank.settings, logger: bank.logger, extent: .toPresentEnd)
        // Every connection of the service ends before its first delivery.
        _ = try bank.text(
            of: """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid()
                """)
        let totals = try service.pipeline(try bank.settings.pipeline()).run(
            intake: try bank.settings.intake(), labelReader: try bank.settings.labelReader(),
            historian: service.historian)
        #expect(totals.deliveryFaults > 0)
        #expect(try bank.ledger().counts(job: "live").decisions == 500)
    }

    @Test func `an alert is verified from its stored tokens`() throws {
        let bank = try TestBank()
        try bank.send(TestBank.records(3000, seed: 15))
        _ = try bank.runToEnd()
        let alert = try #require(try bank.ledger().alerts(top: 1, job: "live").first)
        let explain = try ExplainCommand.parse(["\(alert.alertID)", "--verify"] + bank.flags)
        try explain.run()
    }

    @Test func `the language model reads every transaction, and alerts say why in two languages`() throws {
        let bank = try TestBank()
        try bank.send(TestBank.records(3000, seed: 18))
        _ = try bank.runToEnd()
        func count(_ table: String, _ condition: String) throws -> Int {
            let text = try bank.text(of: "SELECT count(*) FROM vigie.\(table) WHERE \(condition)")
            return try #require(Int(text.filter(\.isNumber)))
        }
        #expect(try count("decisions", "decided_by = 'scorecard'") == 0)
        #expect(try count("decisions", "decided_by = 'language_model'") > 2000)
        let alerts = try count("alerts", "true")
        #expect(alerts > 0)
        #expect(try count("alerts", "unusualness BETWEEN 0 AND 1") == alerts)
        for column in ["reasons", "surprises"] {
            let length = "jsonb_array_length(\(column))"
            #expect(try count("alerts", "\(length) > 0") > alerts / 2)
            #expect(try count("alerts", "\(length) > 0 AND \(column) -> 0 ->> 'en' = ''") == 0)
        }
        let told = "counterfactual IS NOT NULL"
        #expect(try count("alerts", told) > alerts / 4)
        #expect(try count("alerts", told + " AND counterfactual ->> 'en' = counterfactual ->> 'fr'") == 0)
        let change = "(counterfactual ->> 'probability')::float8 < probability"
        #expect(try count("alerts", told + " AND NOT \(change)") == 0)
        // Each of them scores again as stored, counterfactual included.
        for alert in try bank.ledger().alerts(top: 20, job: "live") {
            let number = "\(alert.alertID)"
            try ExplainCommand.parse([number, "--verify", "--language", "fr"] + bank.flags).run()
        }
    }

    @Test func `past the language model's deadline the scorecard decides, and the rows say so`() throws {
        let bank = try TestBank()
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.copyItem(at: projectRoot.appending(path: "models/demo"), to: folder)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "cascade.yaml")
        let brick = "- model: language.safetensors\n"
        let cascade = try String(contentsOf: file, encoding: .utf8)
        #expect(cascade.contains(brick))
        let hurried = cascade.replacing(brick, with: brick + "    deadline_milliseconds: 0.001\n")
        try Data(hurried.utf8).write(to: file)
        var settings = bank.settings
        settings.override(.cascade, with: file.path)
        try bank.send(TestBank.records(3000, seed: 18))
        let totals = try bank.runToEnd(settings)
        #expect(totals.scored == 3000)
        #expect(totals.alerts > 0)
        func count(_ table: String, _ condition: String) throws -> Int {
            let text = try bank.text(of: "SELECT count(*) FROM vigie.\(table) WHERE \(condition)")
            return try #require(Int(text.filter(\.isNumber)))
        }
        #expect(try count("decisions", "decided_by = 'language_model'") == 0)
        #expect(try count("decisions", "decided_by = 'scorecard'") > 2000)
        let scorecard = try settings.loadCascade().modelSHA256(ofScorer: 0)
        #expect(try count("decisions", "model_sha256 = '\(scorecard)'") == 3000)
        // What the scorecard decides it also explains; it measures no unusualness.
        #expect(try count("alerts", "unusualness IS NULL") == Int(totals.alerts))
        for alert in try bank.ledger().alerts(top: 5, job: "live") {
            try ExplainCommand.parse(["\(alert.alertID)", "--verify"] + bank.flags).run()
        }
    }

    /// Payload and headers of the dead-letter topic.
    private func deadLetters(_ bank: TestBank, count: Int) throws -> [String] {
        let consumer = try Consumer(bank.settings.kafka(bank.logger))
        try consumer.assign([TopicPartition(topic: "transactions.dlq", partition: 0).at(0)])
        var letters: [String] = []
        let deadline = ContinuousClock.now + .seconds(20)
        while letters.count < count, ContinuousClock.now < deadline {
            try consumer.drain(upTo: count, timeout: .milliseconds(200)) { record in
                let headers = try record.headers().map { header in
                    "\(header.name)=\(String(decoding: header.value ?? [], as: UTF8.self))"
                }
                letters.append(
                    String(decoding: record.payload, as: UTF8.self) + headers.joined(separator: " "))
            }
        }
        return letters
    }
}
