import Banking
import Foundation
import Ledger
import Logging
import Pipeline
import PostgresClient
import Synchronization
import Testing

@testable import vigie

/// How an instance starts while something is in the way, and what it says meanwhile.
@Suite(.serialized) struct TakeoverTests {
    /// A bank whose service was there before, and somebody else who holds the rows of its progress.
    private static func locked() throws -> (bank: TestBank, settings: Settings, other: PostgresConnection) {
        let bank = try TestBank()
        try bank.send(TestBank.records(200))
        try bank.runToEnd()
        var settings = bank.settings
        settings.override(.postgresDeadlineSeconds, with: "0.5")
        let other = try PostgresConnection(conninfo: settings[.postgresURL], deadline: .seconds(60))
        try other.execute("BEGIN; UPDATE vigie.progress SET updated_at = now()")
        return (bank, settings, other)
    }

    private static func epoch(_ bank: TestBank) throws -> Int64 {
        try bank.ledger().progress(job: "live").map(\.epoch).max() ?? 0
    }

    /// Starts a service on a thread of its own.
    private static func start(
        _ settings: Settings, _ log: RecordedLog, _ stop: StopRequest
    ) -> @Sendable () -> String? {
        let outcome = Outcome()
        let isDone = DispatchSemaphore(value: 0)
        Thread {
            let text: String
            do {
                _ = try LiveService(settings, logger: log.logger, extent: .toPresentEnd, stop: stop)
                text = "started"
            } catch {
                text = "\(type(of: error))"
            }
            outcome.set(text)
            isDone.signal()
        }.start()
        return { isDone.wait(timeout: .now() + 60) == .success ? outcome.text : nil }
    }

    private final class Outcome: Sendable {
        private let state = Mutex<String?>(nil)
        var text: String? { state.withLock { $0 } }
        func set(_ text: String) { state.withLock { $0 = text } }
    }

    @Test func `an heir tries again until the rows are let go`() throws {
        let (bank, settings, other) = try Self.locked()
        let before = try Self.epoch(bank)
        let log = RecordedLog(waitingFor: "the claim waits")
        let outcome = Self.start(settings, log, StopRequest())
        #expect(log.wait())
        #expect(log.wait(), "more than once")
        #expect(try Self.epoch(bank) == before)
        try other.execute("ROLLBACK")
        #expect(outcome() == "started")
        #expect(try Self.epoch(bank) > before)
    }

    @Test func `an heir that waits ends when it is asked to`() throws {
        let (bank, settings, other) = try Self.locked()
        let before = try Self.epoch(bank)
        let log = RecordedLog(waitingFor: "the claim waits")
        let stop = StopRequest()
        let outcome = Self.start(settings, log, stop)
        #expect(log.wait())
        stop.ask()
        #expect(outcome() == "Heeded")
        try other.execute("ROLLBACK")
        #expect(try Self.epoch(bank) == before)
    }

    @Test func `a request that came early ends what starts later`() {
        let stop = StopRequest()
        stop.ask()
        let isEnded = Outcome()
        stop.whenAsked { isEnded.set("ended") }
        #expect(isEnded.text == "ended")
        #expect(throws: StopRequest.Heeded.self) { try stop.wait(for: .seconds(3600)) }
    }

    @Test func `a broker that does not answer is named, also when it answers never`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        let settings = try Settings(
            file: nil, environment: [:], overrides: ["run.status_file=\(folder.path).json"])
        let log = RecordedLog(waitingFor: "not ready: broker: no answer")
        let answers = DispatchSemaphore(value: 0)
        let watch = try ReadinessWatch(
            PipelineStatistics(), settings: settings, logger: log.logger, answerDeadline: .milliseconds(100),
            broker: {
                answers.wait()
                return .waiting(0)
            })
        #expect(log.wait())
        // Ends although the question is still open.
        watch.end()
        answers.signal()
    }
}
