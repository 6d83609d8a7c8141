import Banking
import Foundation
import Ledger
import PostgresClient
import Testing

@Suite struct DeliveryTests {
    private func claimed(_ ledger: Ledger, _ partitions: [Int32] = [0]) throws -> [PartitionClaim] {
        try ledger.claim(job: "live", topic: "transactions", partitions: partitions, clusterID: "c1")
    }

    private func advance(to offset: Int64?, epoch: Int64 = 1, partition: Int32 = 0) -> PartitionAdvance {
        PartitionAdvance(
            topic: "transactions", partition: partition, deliveredOffset: offset, epoch: epoch)
    }

    @Test func `an alert is read back as it was delivered`() throws {
        let ledger = try TestLedger.ledger(TestLedger.database())
        _ = try claimed(ledger)
        let alert = Sample.alert(17)
        let counts = try ledger.deliver(job: "live", alerts: [alert], progress: [advance(to: 18)])
        #expect(counts == DeliveryCounts(alerts: 1))
        let row = try #require(try ledger.alerts(top: 10, job: "live").first)
        #expect(row.transactionID == "t-17")
        #expect(row.account == alert.decision.account)
        #expect(row.amount == "249.90")
        #expect(row.currency == "EUR")
        #expect(row.merchantName == "L'Étoile \"漢\" {a,b} \\ 🙂 nul\u{FFFD}")
        #expect(row.effectiveAt == alert.decision.effectiveAt)
        #expect(row.probability == alert.decision.probability, "bit for bit")
        #expect(row.descriptionEnglish == "Now: 249.90 € online\nnul\u{FFFD}")
        #expect(row.reasons.map(\.english) == ["it's \"high\"\u{FFFD}\u{1}", "first time"])
        #expect(row.reasons.map(\.points) == [2.5, 1.25])
        #expect(row.surprises == Sample.alert(1).surprises)
        #expect(row.counterfactual == Sample.alert(1).counterfactual)
        #expect(row.position == alert.decision.position)
        #expect(row.status == "open")
        #expect(row.unusualness == nil)
        let tokens = try ledger.connection.query("SELECT tokens::text FROM vigie.alerts").string(0, 0)
        #expect(tokens == "[[3, 400, 0.1]]")
    }

    @Test func `delivering the same batch twice adds nothing`() throws {
        let ledger = try TestLedger.ledger(TestLedger.database())
        _ = try claimed(ledger)
        let alerts = (0..<50).map(Sample.alert)
        let decisions = (0..<80).map { Sample.decision($0) }
        let letters = (80..<90).map(Sample.deadLetter)
        let expected = DeliveryCounts(alerts: 50, decisions: 80, deadLetters: 10)
        for expectedNow in [expected, DeliveryCounts()] {
            let counts = try ledger.deliver(
                job: "live", alerts: alerts, decisions: decisions, deadLetters: letters,
                progress: [advance(to: 90)])
            #expect(counts == expectedNow)
        }
        #expect(try ledger.counts(job: "live") == expected)
        #expect(try ledger.progress(job: "live").map(\.deliveredOffset) == [90])
    }

    @Test func `a repeated transaction gets no second alert, wherever it stands`() throws {
        let ledger = try TestLedger.ledger(TestLedger.database())
        _ = try claimed(ledger)
        let first = Sample.alert(1)
        var again = Sample.alert(2)
        again.decision.transactionID = first.decision.transactionID
        // Another month: the keys are not partitioned, so this does not help it in.
        again.decision.effectiveAt = first.decision.effectiveAt.adding(seconds: 90 * 86_400)
        var sameBatch = Sample.alert(3)
        sameBatch.decision.transactionID = first.decision.transactionID
        let counts = try ledger.deliver(job: "live", alerts: [first, sameBatch], progress: [advance(to: 2)])
        #expect(counts.alerts == 1)
        #expect(try ledger.deliver(job: "live", alerts: [again], progress: [advance(to: 3)]).alerts == 0)
        #expect(try ledger.alerts(top: 9, job: "live").map(\.position.offset) == [1])
    }

    @Test func `a position twice in a batch gives one alert`() throws {
        let ledger = try TestLedger.ledger(TestLedger.database())
        _ = try claimed(ledger)
        var other = Sample.alert(1)
        other.decision.transactionID = FixedText("other")
        let counts = try ledger.deliver(
            job: "live", alerts: [Sample.alert(1), other], progress: [advance(to: 2)])
        #expect(counts.alerts == 1)
        #expect(try ledger.alerts(top: 9, job: "live").map(\.transactionID) == ["t-1"])
    }

    @Test func `another job may alert on the same transaction`() throws {
        let ledger = try TestLedger.ledger(TestLedger.database())
        for job in ["live", "replay-1"] {
            _ = try ledger.claim(job: job, topic: "transactions", partitions: [0], clusterID: "c1")
            let counts = try ledger.deliver(
                job: job, alerts: [Sample.alert(1)], progress: [advance(to: 2)])
            #expect(counts.alerts == 1)
        }
    }

    @Test func `claiming again raises the epoch and keeps the offset`() throws {
        let ledger = try TestLedger.ledger(TestLedger.database())
        #expect(try claimed(ledger, [1, 0]).map(\.partition) == [0, 1])
        _ = try ledger.deliver(job: "live", alerts: [], progress: [advance(to: 40)])
        let again = try claimed(ledger, [0])
        #expect(again.map(\.epoch) == [2])
        #expect(again.map(\.deliveredOffset) == [40])
    }

    @Test func `a stale epoch is fenced and writes nothing`() throws {
        let conninfo = try TestLedger.database()
        let (zombie, owner) = (try TestLedger.ledger(conninfo), try TestLedger.ledger(conninfo))
        _ = try claimed(zombie, [0, 1])
        _ = try claimed(owner, [1])
        let error = #expect(throws: LedgerError.self) {
            try zombie.deliver(
                job: "live", alerts: [Sample.alert(1)], decisions: [Sample.decision(1)],
                deadLetters: [Sample.deadLetter(2)],
                progress: [advance(to: 5), advance(to: 5, partition: 1)])
        }
        #expect(error?.code == .fenced(topic: "transactions", partitions: [1]))
        #expect(error?.isRetriable == false)
        #expect(try owner.counts(job: "live") == DeliveryCounts())
        #expect(try owner.progress(job: "live").map(\.nextOffset) == [0, 0])
        #expect(try owner.progress(job: "live").map(\.deliveredOffset) == [0, 0])
    }

    @Test func `progress never goes back`() throws {
        let ledger = try TestLedger.ledger(TestLedger.database())
        _ = try claimed(ledger)
        for offset in [10, 4, nil] as [Int64?] {
            _ = try ledger.deliver(job: "live", alerts: [], progress: [advance(to: offset)])
        }
        #expect(try ledger.progress(job: "live").map(\.deliveredOffset) == [10])
    }

    @Test func `offsets of another Kafka cluster are refused`() throws {
        let ledger = try TestLedger.ledger(TestLedger.database())
        _ = try claimed(ledger)
        let error = #expect(throws: LedgerError.self) {
            try ledger.claim(job: "live", topic: "transactions", partitions: [0, 3], clusterID: "c2")
        }
        #expect(error?.code == .otherCluster(known: "c1"))
        #expect(try ledger.progress(job: "live").map(\.epoch) == [1], "nothing was taken over")
    }

    @Test func `a stopped server meets the deadline; after reconnecting the batch goes in once`() throws {
        let ledger = try Ledger.open(conninfo: TestLedger.database(), deadline: .seconds(5))
        _ = try claimed(ledger)
        let process = ledger.connection.serverProcess
        ledger.connection.deadline = .milliseconds(200)
        #expect(kill(process, SIGSTOP) == 0)
        let error = #expect(throws: LedgerError.self) {
            try ledger.deliver(job: "live", alerts: [Sample.alert(1)], progress: [advance(to: 2)])
        }
        _ = kill(process, SIGCONT)
        #expect(error?.isRetriable == true)
        #expect(!ledger.isOpen)
        try ledger.reconnect()
        _ = try ledger.deliver(job: "live", alerts: [Sample.alert(1)], progress: [advance(to: 2)])
        #expect(try ledger.counts(job: "live").alerts == 1)
    }

    @Test func `every decision is read back in order and to the bit`() throws {
        let ledger = try TestLedger.ledger(TestLedger.database())
        _ = try claimed(ledger)
        let decisions = (0..<12_345).map { Sample.decision($0) }
        _ = try ledger.deliver(
            job: "live", alerts: [], decisions: decisions.reversed(), progress: [advance(to: 12_345)])
        var place = 0
        try ledger.forEachDecision(job: "live") { decision in
            let expected = decisions[place]
            #expect(decision.position == expected.position)
            #expect(decision.probability == expected.probability)
            if place == 777 {
                #expect(decision.transactionID == expected.transactionID)
                #expect(decision.account == expected.account)
                #expect(decision.effectiveAt == expected.effectiveAt)
                #expect(decision.outcome == expected.outcome)
                #expect(decision.decidedBy == expected.decidedBy)
                #expect(decision.modelSHA256 == expected.modelSHA256)
            }
            place += 1
        }
        #expect(place == 12_345)
    }
}
