import Banking
import Foundation
import Logging
import Pipeline

/// What `run.status_file` holds: one reading of a running service, for probes and `vigie doctor`.
struct ServiceStatus: Codable, Equatable {
    var job: String
    var process: Int32
    var ready: Bool
    /// `starting`, `database`, `broker`, `dead_letters` or `stall`; missing when ready.
    var obstacle: String?
    /// The obstacle in one sentence, without data of the customer.
    var reason: String?
    var received: Int64
    var done: Int64
    var alerts: Int64
    /// Records that wait behind what was taken; missing when unknown.
    var lag: Int64?
    var paused: Bool
    /// RFC 3339; missing before the first delivery of this process.
    var lastDeliveryAt: String?
    var writtenAt: String

    /// A status that is older is that of a process that hangs or is gone.
    static let freshness: Double = 15

    /// Replaces the file as a whole: a reader sees the old reading or the new one.
    func write(to path: String) throws {
        try Data(JSONOutput.text(self).utf8).write(to: URL(filePath: path), options: .atomic)
    }

    /// - Throws: `UsageError` with a sentence that says what is wrong with the service or the file.
    static func check(_ path: String, now: Timestamp) throws -> String {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        guard let data = FileManager.default.contents(atPath: path) else {
            throw UsageError("there is no \(path); is vigie run started with run.status_file=\(path)?")
        }
        guard let status = try? decoder.decode(ServiceStatus.self, from: data),
            let written = Timestamp(rfc3339: status.writtenAt)
        else { throw UsageError("\(path) is no status of vigie run") }
        let age = Double(now.milliseconds - written.milliseconds) / 1000
        guard age <= freshness else {
            throw UsageError("\(path) is \(Int(age)) s old; process \(status.process) hangs or is gone")
        }
        guard status.ready else {
            throw UsageError("not ready (\(status.obstacle ?? "unknown")): \(status.reason ?? "")")
        }
        return "ready, lag \(status.lag.map { "\($0)" } ?? "unknown"), \(status.done) records done"
    }
}

/// Watches a running pipeline once a second: a line in the log when it becomes ready or stops being so, and
/// the status file.
final class ReadinessWatch: @unchecked Sendable {
    // SAFETY: the timer's queue is serial and alone touches the mutable parts until `end` has cancelled it.
    private let statistics: PipelineStatistics
    private let broker: @Sendable () -> Readiness.Answer
    private let job: String
    private let path: String?
    private let logger: Logger
    private let queue = DispatchQueue(label: "vigie-readiness")
    /// The broker is asked apart: librdkafka may take longer than it was told to.
    private let inquiry = DispatchQueue(label: "vigie-readiness-broker")
    private let timer: DispatchSourceTimer
    private var readiness: Readiness
    private var answer: Readiness.Answer?
    private var deliveries: Int64 = 0
    private var lastDeliveryAt: Timestamp?
    private var askAt = ContinuousClock.now
    /// The broker was asked then and has not answered yet.
    private var askedAt: ContinuousClock.Instant?
    private var writeFailed = false

    /// An answer that takes longer counts as none.
    private let answerDeadline: Duration

    /// - Parameter broker: asks the broker how many records wait; may take its time.
    init(
        _ statistics: PipelineStatistics, settings: Settings, logger: Logger,
        answerDeadline: Duration = .seconds(5), broker: @escaping @Sendable () -> Readiness.Answer
    ) throws(UsageError) {
        self.answerDeadline = answerDeadline
        self.statistics = statistics
        self.broker = broker
        self.logger = logger
        job = settings[.job]
        path = settings.optional(.statusFile)
        readiness = Readiness(
            patience: .seconds(try settings.number(.stallSeconds, in: 0.1...86_400)), now: .now)
        timer = DispatchSource.makeTimerSource(queue: queue)
        timer.schedule(deadline: .now() + 0.2, repeating: 1)
        timer.setEventHandler { [weak self] in self?.look() }
        timer.resume()
    }

    /// Stops watching. The file stays and grows old.
    func end() {
        timer.cancel()
        queue.sync {}
    }

    private func look() {
        ask()
        let totals = statistics.snapshot
        if totals.deliveries != deliveries { lastDeliveryAt = .present }
        deliveries = totals.deliveries
        switch readiness.take(totals, broker: answer, now: .now) {
        case nil: break
        case .ready: logger.notice("ready", metadata: ["job": "\(job)"])
        case .waiting(let obstacle, let reason):
            logger.error("not ready: \(obstacle.rawValue): \(reason)", metadata: ["job": "\(job)"])
        }
        write(totals)
    }

    /// Asks every two seconds. A question that is still open is not asked again.
    private func ask() {
        if let askedAt {
            let time = ContinuousClock.now - askedAt
            guard time >= answerDeadline else { return }
            answer = .failed("no answer for \(time.components.seconds) s")
        } else if ContinuousClock.now >= askAt {
            askedAt = .now
            inquiry.async { [broker, queue, weak self] in
                let answer = broker()
                queue.async { [weak self] in self?.take(answer) }
            }
        }
    }

    private func take(_ answer: Readiness.Answer) {
        self.answer = answer
        askedAt = nil
        askAt = .now + .seconds(2)
    }

    private func write(_ totals: PipelineStatistics.Snapshot) {
        guard let path else { return }
        var status = ServiceStatus(
            job: job, process: getpid(), ready: true, received: totals.received, done: totals.done,
            alerts: totals.alerts, lag: totals.lag, paused: totals.isPaused,
            lastDeliveryAt: lastDeliveryAt?.rfc3339, writtenAt: Timestamp.present.rfc3339)
        if case .waiting(let obstacle, let reason) = readiness.state {
            status.ready = false
            status.obstacle = obstacle.rawValue
            status.reason = reason
        }
        if case .waiting(let count) = answer { status.lag = max(totals.lag ?? 0, count) }
        do {
            try status.write(to: path)
            writeFailed = false
        } catch {
            // Said once: the disk that is full is often the one of the log.
            if !writeFailed { logger.error("the status file cannot be written: \(path)") }
            writeFailed = true
        }
    }
}
