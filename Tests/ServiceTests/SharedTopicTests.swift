import Banking
import Foundation
import Ledger
import Pipeline
import Testing

@testable import vigie

/// Several instances share the partitions of one topic.
@Suite(.serialized) struct SharedTopicTests {
    /// Payments of one hour, four hours apart from lot to lot: what a lot knows of a merchant is sealed.
    private static func send(lot: Int, to bank: TestBank) throws {
        let start = Timestamp(year: 2026, month: 1, day: 5).adding(seconds: Int64(lot) * 4 * 3600)
        func account(_ index: Int) -> String { "a\(index * index % 37)" }
        let records = (0..<400).map { index in
            let time = start.adding(seconds: Int64(index) * 8)
            let amount = index % 40 == 39 ? "980.00" : "\(5 + index * 7 % 60).50"
            let text = """
                {"transaction_id":"t\(lot)-\(index)","account_id":"\(account(index))",\
                "effective_at":"\(time)","amount":\(amount),\
                "currency":"EUR","direction":"debit","channel":"online","entry_mode":"manual",\
                "merchant_id":"m\(index % 5)","merchant_name":"Shop","merchant_category_code":5732}
                """
            return (bytes: Array(text.utf8), time: time)
        }
        try bank.send(records, key: { Array(account($0).utf8) })
    }

    private static func offsets(_ bank: TestBank, _ column: String) throws -> String {
        try bank.text(
            of: """
                SELECT source_partition, \(column) FROM vigie.progress
                WHERE job = 'live' AND source_topic = 'transactions' ORDER BY 1
                """)
    }

    @Test func `two instances and the one that takes over give the rows of one alone`() throws {
        let bank = try TestBank(partitions: 4)
        let alone = try bank.settings(ofJob: "alone")

        try Self.send(lot: 0, to: bank)
        try bank.runToEnd(alone)
        let first = try bank.runToEnd(owned: [0, 1])
        #expect(first.scored > 0 && first.rebuilt > 0 && first.scored + first.rebuilt == 400)
        // The second instance has delivered nothing: no checkpoint of the whole topic counts.
        #expect(first.checkpoints == 0)
        #expect(try bank.runToEnd(owned: [2, 3]).scored == first.rebuilt)
        #expect(try bank.runToEnd(owned: [0, 1]).checkpoints > 0)
        #expect(try Self.offsets(bank, "next_offset") == Self.offsets(bank, "delivered_offset"))

        try Self.send(lot: 1, to: bank)
        try bank.runToEnd(alone)
        try bank.runToEnd(owned: [2, 3])
        try bank.runToEnd(owned: [0, 1])
        try Self.send(lot: 2, to: bank)
        try bank.runToEnd(alone)
        let last = try bank.runToEnd(owned: [0, 1, 2, 3])
        #expect(last.scored == 400 && last.rebuilt == 0)

        func rows(_ job: String) throws -> String {
            try bank.text(
                of: """
                    SELECT source_partition, source_offset, transaction_id, probability, score, model_sha256
                    FROM vigie.decisions WHERE job = '\(job)' ORDER BY 1, 2
                    """)
        }
        let expected = try rows("alone")
        #expect(expected.split(separator: "\n").count == 1200)
        #expect(try rows("live") == expected)
    }

    @Test func `an owner from before cannot deliver any more`() throws {
        let bank = try TestBank(partitions: 4)
        try Self.send(lot: 0, to: bank)
        let zombie = try LiveService(bank.settings, logger: bank.logger, extent: .toPresentEnd, owned: [2, 3])
        let scored = try bank.runToEnd(owned: [2, 3]).scored
        let error = #expect(throws: PipelineError.self) {
            _ = try zombie.pipeline(try bank.settings.pipeline()).run(
                intake: try bank.settings.intake(), labelReader: try bank.settings.labelReader(),
                historian: zombie.historian)
        }
        #expect(error?.code == .fenced)
        #expect(try bank.ledger().counts(job: "live").decisions == Int(scored))
    }

    @Test func `members share the partitions, and a rebalance waits for the work on them`() throws {
        let bank = try TestBank(partitions: 4)
        var kafka = bank.settings.kafka(bank.logger)
        // The embedded broker ends a rebalance when a session is over.
        kafka.settings["session.timeout.ms"] = "4000"
        let log = RecordedLog()
        func member() throws -> GroupMember {
            try GroupMember(
                kafka, group: "members", topic: "transactions", releaseDeadline: .seconds(60),
                log: { log.logger.info("\($0)") })
        }
        let first = try member()
        let whole = try #require(try first.hold(after: nil))
        #expect(whole.partitions == [0, 1, 2, 3])
        let isAsked = DispatchSemaphore(value: 0)
        first.work(on: whole) { isAsked.signal() }
        let second = try member()
        #expect(isAsked.wait(timeout: .now() + 60) == .success)
        // Held by the first: the rebalance waits.
        let isOver = { log.all.contains { $0.contains("work on them has ended") } }
        for _ in 0..<100 where !isOver() { Thread.sleep(forTimeInterval: 0.01) }
        #expect(!isOver())
        first.release()
        let half = try #require(try first.hold(after: whole))
        let rest = try #require(try second.hold(after: nil))
        #expect(isOver())
        #expect((half.partitions + rest.partitions).sorted() == [0, 1, 2, 3])
        #expect(half.partitions.count == 2)
        second.release()
        first.release()
        second.close()
        var again = try #require(try first.hold(after: half))
        // One more round may still count the member that left.
        for _ in 0..<3 where again.partitions.count < 4 {
            first.release()
            again = try #require(try first.hold(after: again))
        }
        #expect(again.partitions == [0, 1, 2, 3])
        first.release()
        first.close()
    }
}
