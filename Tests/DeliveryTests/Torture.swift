import Foundation
import KafkaClient
import PostgresClient

/// How much is done, and from which seed.
struct TorturePlan: Sendable {
    var seed: UInt64
    /// SIGKILLs at least.
    var kills: Int
    /// Processes that share one stream.
    var instances = 1
    /// Streams at the same time, each with processes of its own.
    var jobs = 2
    var partitions = 2
    /// What a process needs from its start, or a member of a group from its claim, to its first record.
    var startMilliseconds = 150
    /// How long it works then, at most.
    var workMilliseconds = 300
    var feedPause = Duration.milliseconds(15)
    /// Instances are members of one consumer group; alone, one owns all.
    var isShared: Bool { instances > 1 }
    /// Whether the records of this job's stream, of partitions with merchants in common, are sent while
    /// nobody reads: each process finds a backlog. Other partitions, without, are read as they grow.
    func isBacklog(job: Int) -> Bool { job % 2 == 1 }
    var zombieSleep = Duration.milliseconds(600)
    var zombiePatience = Duration.seconds(20)
    /// Within which the stream is caught up after the last fault.
    var recoveryDeadline = Duration.seconds(120)
    /// Over those of `Site.flags`.
    var settings: [String: String] = [:]

    /// `VIGIE_TORTURE_SEED`, `…_KILLS`, `…_INSTANCES`, `…_JOBS` and `…_PARTITIONS` win.
    static func fromEnvironment(kills: Int) -> TorturePlan {
        let environment = ProcessInfo.processInfo.environment
        func number(_ name: String) -> Int? { environment["VIGIE_TORTURE_" + name].flatMap { Int($0) } }
        var plan = TorturePlan(
            seed: number("SEED").map { UInt64(bitPattern: Int64($0)) } ?? UInt64.random(in: 1...999_999),
            kills: number("KILLS") ?? kills)
        plan.jobs = number("JOBS") ?? plan.jobs
        if let instances = number("INSTANCES"), instances > 1 { plan.share(among: instances) }
        plan.partitions = number("PARTITIONS") ?? plan.partitions
        return plan
    }

    /// Several instances in one consumer group. A killed member's partitions move when its session is over;
    /// the embedded broker lets the first members of a group wait for three seconds, in which a shorter
    /// session would end; a zombie has to sleep past its session.
    mutating func share(among instances: Int) {
        self.instances = instances
        partitions = 2 * instances
        startMilliseconds = 50
        workMilliseconds = 2000
        feedPause = .milliseconds(120)
        zombieSleep = .seconds(6)
        zombiePatience = .seconds(3)
        settings["pipeline.shared"] = "true"
        settings["kafka.options.session.timeout.ms"] = "4000"
        settings["kafka.options.heartbeat.interval.ms"] = "300"
        settings["kafka.options.max.poll.interval.ms"] = "60000"
    }
}

/// Real processes, a real broker protocol and a real PostgreSQL, under SIGKILL.
enum Torture {
    /// - Returns: what happened; `violations` is empty when every promise held.
    static func run(_ plan: TorturePlan, name: String) throws -> Tally {
        print(
            "\(name): VIGIE_TORTURE_SEED=\(plan.seed) VIGIE_TORTURE_KILLS=\(plan.kills) "
                + "VIGIE_TORTURE_INSTANCES=\(plan.instances) VIGIE_TORTURE_JOBS=\(plan.jobs) "
                + "VIGIE_TORTURE_PARTITIONS=\(plan.partitions)")
        let logs = try Site.logs(name)
        let (broker, address) = try Site.broker(
            topics: (0..<plan.jobs).map { "stream-\($0):\(plan.partitions)" } + ["dlq:1"], logs: logs)
        let database = try Site.database()
        try Inspection(database).install()
        let dead = Guarded(0)
        let total = Guarded(Tally())
        let threads = (0..<plan.jobs).map { number in
            Thread.work {
                do {
                    let job = try TortureJob(
                        plan, number: number, broker: address, database: database, logs: logs)
                    let tally = try job.run(
                        isEnough: { dead.withLock { $0 >= plan.kills } },
                        killed: { deaths in dead.withLock { $0 += deaths } })
                    total.withLock { $0 = $0 + tally }
                } catch {
                    total.withLock { $0.violations.append("the harness failed: \(error)") }
                }
            }
        }
        for thread in threads { thread.wait() }
        var tally = total.withLock { $0 }
        tally.violations += try leaks(database, broker: address, letters: tally.deadLetters, logs: logs)
        withExtendedLifetime(broker) {}
        print(tally)
        return tally
    }

    /// P10: a card number in the database, in a log or on the dead-letter topic.
    private static func leaks(
        _ database: String, broker: String, letters: Int, logs: String
    ) throws -> [String] {
        var found = try Inspection(database).tables(holding: TortureStream.cards).map {
            "a card number in \($0)"
        }
        for file in try FileManager.default.contentsOfDirectory(atPath: logs) {
            let text = (try? String(contentsOfFile: logs + "/" + file, encoding: .utf8)) ?? ""
            if TortureStream.cards.contains(where: text.contains) { found.append("a card number in \(file)") }
        }
        let consumer = try Consumer(KafkaConfiguration(bootstrapServers: broker))
        let partition = TopicPartition(topic: "dlq", partition: 0)
        let range = try consumer.watermarks(of: partition, timeout: .seconds(20))
        guard !range.isEmpty else { return found }
        // Published at least once each: a process that was killed publishes its last ones again.
        var places: Set<String> = []
        try consumer.assign([partition.at(KafkaOffset(range.lowerBound))])
        var seen = range.lowerBound
        let deadline = ContinuousClock.now + .seconds(60)
        while seen < range.upperBound, .now < deadline {
            try consumer.drain(upTo: 10_000, timeout: .milliseconds(200)) { record in
                seen = record.offset + 1
                let values = try record.headers().map { String(decoding: $0.value ?? [], as: UTF8.self) }
                places.insert(values.prefix(3).joined(separator: "/"))
                let headers = values.joined()
                let text = String(decoding: record.payload, as: UTF8.self) + headers
                if TortureStream.cards.contains(where: text.contains) {
                    found.append("a card number in dead letter \(record.offset)")
                }
            }
        }
        if seen < range.upperBound { found.append("the dead-letter topic was not read to its end") }
        if places.count < letters {
            found.append("\(letters) dead letters, of which the topic has \(places.count)")
        }
        return found
    }
}

/// A thread that can be waited for.
final class Thread: @unchecked Sendable {
    // SAFETY: `ended` is itself safe to share.
    private let ended = DispatchSemaphore(value: 0)

    static func work(_ body: @escaping @Sendable () -> Void) -> Thread {
        let thread = Thread()
        Foundation.Thread {
            body()
            thread.ended.signal()
        }.start()
        return thread
    }

    func wait() { ended.wait() }
}
