import Banking
import Foundation
import History
import Logging
import Pipeline
import RiskModels
import Testing

@testable import vigie

/// Models are replaced under a running service over a real Kafka protocol and a real PostgreSQL.
@Suite(.serialized) struct HotReloadTests {
    /// A running service with a cascade of its own that the test may change.
    private final class Running {
        let bank: TestBank
        let settings: Settings
        let pipeline: Pipeline
        let watch: CascadeWatch
        let log = RecordedLog()
        let folder: URL
        private let service: LiveService
        private let finished = DispatchSemaphore(value: 0)

        init() throws {
            bank = try TestBank()
            folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
            try FileManager.default.copyItem(at: projectRoot.appending(path: "models/demo"), to: folder)
            try Data("bricks:\n  - model: scorecard.safetensors\n".utf8).write(
                to: folder.appending(path: "cascade.yaml"))
            var settings = bank.settings
            settings.override(.cascade, with: folder.appending(path: "cascade.yaml").path)
            self.settings = settings
            service = try LiveService(settings, logger: bank.logger, extent: .live)
            pipeline = try service.pipeline(try settings.pipeline())
            let log = log
            watch = service.watchCascade(
                of: pipeline, logger: log.logger)
        }

        func start() throws {
            let parts = try Parts(settings, service)
            Thread { [pipeline, finished] in
                parts.run(pipeline)
                finished.signal()
            }.start()
        }

        /// What the pipeline's thread takes over.
        private final class Parts: @unchecked Sendable {
            // SAFETY: used by the thread that it is handed to alone.
            let settings: Settings
            let service: LiveService
            init(_ settings: Settings, _ service: LiveService) throws {
                self.settings = settings
                self.service = service
            }
            func run(_ pipeline: Pipeline) {
                do {
                    try pipeline.run(
                        intake: settings.intake(), labelReader: settings.labelReader(),
                        historian: service.historian)
                } catch {
                    Issue.record("\(error)")
                }
            }
        }

        func send(_ records: ArraySlice<(bytes: [UInt8], time: Timestamp)>, upTo scored: Int) throws {
            try bank.send(Array(records))
            try HotReloadTests.waitUntil { pipeline.statistics.snapshot.scored >= Int64(scored) }
        }

        func stop() {
            watch.end()
            pipeline.stop()
            finished.wait()
            try? FileManager.default.removeItem(at: folder)
        }
    }

    private static func waitUntil(_ condition: () -> Bool) throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while !condition() {
            guard ContinuousClock.now < deadline else { throw UsageError("waited for a minute in vain") }
            usleep(2_000)
        }
    }

    /// The demo's scorecard with another intercept, verified bits and all.
    private func challenger(_ change: (inout ModelFile) -> Void = { _ in }) throws -> ModelFile {
        let path = projectRoot.appending(path: "models/demo/scorecard.safetensors").path
        var model = try ModelFile(contentsOf: path)
        let intercept = try #require(model.tensors["scorecard.intercept"]?.doubles?.first)
        model.tensors["scorecard.intercept"] = Tensor([intercept + 0.5])
        change(&model)
        model.golden.probabilities = ModelLoader.assess(
            model.golden.descriptions, with: try Scorecard(model)
        ).map(\.probability)
        return model
    }

    @Test func `a model is replaced between two batches, and every row says which one scored it`() throws {
        let records = TestBank.records(3000, seed: 21)
        let running = try Running()
        defer { running.stop() }
        let old = running.pipeline.cascades.current
        try running.start()
        try running.send(records[..<1000], upTo: 1000)
        var model = try challenger()
        try model.write(to: running.folder.appending(path: "scorecard.safetensors").path)
        running.watch.lookNow()
        #expect(running.pipeline.cascades.current !== old)
        try running.send(records[1000...], upTo: 3000)
        let rows = try running.bank.text(
            of: """
                SELECT model_sha256, min(source_offset), max(source_offset), count(*) FROM vigie.decisions
                GROUP BY 1 ORDER BY 2
                """)
        let before = old.cascade.steps[0].brick.model.sha256
        #expect(rows == "(\(before),0,999,1000)\n(\(model.sha256),1000,2999,2000)")
        #expect(running.log.all.contains { $0.contains("cascade replaced") })
        let models = try running.bank.text(of: "SELECT model_sha256 FROM vigie.models")
        #expect(models.contains(model.sha256))
        let trail = try running.bank.text(
            of: "SELECT detail ->> 'after' FROM vigie.audit WHERE action = 'job changed'")
        #expect(trail.contains(model.sha256))
    }

    @Test func `a spoilt model is refused, the old one goes on, and the mended one is taken`() throws {
        let records = TestBank.records(900, seed: 22)
        let running = try Running()
        defer { running.stop() }
        let old = running.pipeline.cascades.current
        let place = running.folder.appending(path: "scorecard.safetensors")
        try running.start()
        try running.send(records[..<300], upTo: 300)
        var bytes = [UInt8](try challenger().encoded().encoded)
        bytes[bytes.count / 2] ^= 4
        try Data(bytes).write(to: place, options: .atomic)
        running.watch.lookNow()
        #expect(running.pipeline.cascades.current === old)
        #expect(running.log.all.contains { $0.contains("refused") && $0.contains("model_") })
        try Data(bytes.dropLast(100)).write(to: place, options: .atomic)
        running.watch.lookNow()
        #expect(running.log.all.contains { $0.contains("refused") && $0.contains("model_truncated") })
        try Data("bricks: [".utf8).write(
            to: running.folder.appending(path: "cascade.yaml"), options: .atomic)
        running.watch.lookNow()
        #expect(running.log.all.contains { $0.contains("refused") && $0.contains("cascade_malformed") })
        try running.send(records[300..<600], upTo: 600)
        #expect(running.pipeline.cascades.current === old)
        try Data("bricks:\n  - model: scorecard.safetensors\npolicy: {alerts_from: critical}\n".utf8).write(
            to: running.folder.appending(path: "cascade.yaml"), options: .atomic)
        var model = try challenger()
        try model.write(to: place.path)
        running.watch.lookNow()
        #expect(running.pipeline.cascades.current.cascade.policy.alertsFrom == .critical)
        try running.send(records[600...], upTo: 900)
        let rows = try running.bank.text(
            of: "SELECT model_sha256, count(*) FROM vigie.decisions GROUP BY 1 ORDER BY 2")
        let before = old.cascade.steps[0].brick.model.sha256
        #expect(rows == "(\(model.sha256),300)\n(\(before),600)")
    }

    @Test func `models that need another history are refused`() throws {
        let running = try Running()
        defer { running.stop() }
        let old = running.pipeline.cascades.current
        try running.start()
        var model = try challenger { $0.history = HistoryConfiguration(labelDelaySeconds: 3 * 86_400) }
        try model.write(to: running.folder.appending(path: "scorecard.safetensors").path)
        running.watch.lookNow()
        #expect(running.pipeline.cascades.current === old)
        #expect(running.log.all.contains { $0.contains("cascade_foreign_history") })
    }

    @Test func `SIGHUP makes the service look at once, and nothing new is no change`() throws {
        let running = try Running()
        defer { running.stop() }
        let old = running.pipeline.cascades.current
        try running.start()
        // Again and again: Dispatch begins to listen in its own time.
        try Self.waitUntil {
            kill(getpid(), SIGHUP)
            return running.log.all.contains { $0.contains("the cascade has not changed") }
        }
        #expect(running.pipeline.cascades.current === old)
        var model = try challenger()
        try model.write(to: running.folder.appending(path: "scorecard.safetensors").path)
        kill(getpid(), SIGHUP)
        try Self.waitUntil { running.pipeline.cascades.current !== old }
    }
}
