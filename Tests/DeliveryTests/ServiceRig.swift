import Foundation
import KafkaClient
import Ledger
import PostgresClient

@testable import vigie

/// One stream, the service that scores it, and the fold that says what must come out: for tests that harm
/// what the service stands on. One thread uses it.
final class ServiceRig {
    let job = "live"
    let topic = "stream"
    let address: String
    /// Connection string of the database, as superuser.
    let database: String
    let logs: String
    let seed: UInt64
    /// The broker's process; `nil` where the test brought a broker of its own.
    let broker: ChildProcess?
    /// Records sent, by partition.
    private(set) var produced: [Int64]
    private let cluster: LocalCluster?
    private let fold: ReferenceFold
    private let producer: Producer
    private let producerTopic: ProducerTopic
    private var stream: TortureStream
    private var lives = 0

    /// - Parameters:
    ///   - name: of the folder for logs.
    ///   - cluster: a server that the test may harm; `nil` takes the shared one.
    ///   - address: of a broker of the test's own, with the topics `stream` and `dlq`.
    init(_ name: String, cluster: LocalCluster? = nil, address: String? = nil, partitions: Int = 2) throws {
        seed = ProcessInfo.processInfo.environment["VIGIE_TORTURE_SEED"].flatMap { UInt64($0) }
            ?? UInt64.random(in: 1...999_999)
        print("\(name): VIGIE_TORTURE_SEED=\(seed)")
        self.cluster = cluster
        logs = try Site.logs(name)
        if let address {
            (broker, self.address) = (nil, address)
        } else {
            let (process, address) = try Site.broker(
                topics: ["\(topic):\(partitions)", "dlq:1"], logs: logs)
            (broker, self.address) = (process, address)
        }
        database = try Site.database(cluster)
        fold = try ReferenceFold(topic: topic, partitions: partitions, key: logs + "/pseudonyms.key")
        stream = TortureStream(seed: seed, partitions: partitions, isCommon: false)
        producer = try Producer(KafkaConfiguration(bootstrapServers: self.address))
        producerTopic = try producer.topic(topic)
        produced = Array(repeating: 0, count: partitions)
        try inspection().install()
    }

    /// A connection of its own each time: servers go away in these tests.
    func inspection() throws -> Inspection { try Inspection(database) }

    /// Sends so many records to each partition and waits until the broker has them.
    func send(_ count: Int, flush: Bool = true) throws {
        for _ in 0..<count {
            for partition in produced.indices {
                let record = stream.next(partition: Int32(partition))
                fold.read(record)
                try producer.produce(
                    to: producerTopic, partition: record.partition, key: nil, payload: record.bytes,
                    timestampMilliseconds: record.time.milliseconds)
                produced[partition] += 1
            }
        }
        if flush { try producer.flush(timeout: .seconds(60)) }
    }

    /// Starts an instance of the service.
    /// - Parameters:
    ///   - more: settings over those of `Site.flags`.
    ///   - failpoint: as `VIGIE_FAILPOINT`.
    ///   - descriptors: most open files.
    func start(
        _ more: [String: String] = [:], failpoint: String? = nil, untilEnd: Bool = false,
        descriptors: Int? = nil
    ) throws -> ChildProcess {
        lives += 1
        let settings = [
            "intake.key_file": logs + "/pseudonyms.key", "run.status_file": logs + "/status-\(lives).json",
            "postgres.deadline_seconds": "1",
        ].merging(more) { _, given in given }
        let flags = Site.flags(
            broker: address, database: "\(database) application_name=life-\(lives)", job: job, topic: topic,
            settings)
        var words = [Site.program, "run"] + (untilEnd ? ["--until-end"] : []) + flags
        if let descriptors {
            words = ["/bin/sh", "-c", "ulimit -n \(descriptors); exec \"$@\"", "sh"] + words
        }
        return try ChildProcess(
            words, environment: failpoint.map { ["VIGIE_FAILPOINT": $0] } ?? [:],
            log: logs + "/life-\(lives).log")
    }

    /// What the latest instance says of itself; `nil` before it says anything.
    func status() -> ServiceStatus? {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return FileManager.default.contents(atPath: logs + "/status-\(lives).json")
            .flatMap { try? decoder.decode(ServiceStatus.self, from: $0) }
    }

    /// Whether the latest instance has said this.
    func inLog(_ text: String) -> Bool {
        (try? String(contentsOfFile: logs + "/life-\(lives).log", encoding: .utf8))?.contains(text) ?? false
    }

    /// Waits until something is so.
    func wait(atMost time: Duration = .seconds(60), until isSo: () throws -> Bool) rethrows -> Bool {
        let deadline = ContinuousClock.now + time
        while try !isSo() {
            guard .now < deadline else { return false }
            usleep(10_000)
        }
        return true
    }

    /// Waits until the latest instance names this obstacle, or (`nil`) says that it is ready.
    func waits(for obstacle: String?, atMost time: Duration = .seconds(60)) -> Bool {
        wait(atMost: time) {
            guard let status = status() else { return false }
            return obstacle.map { status.obstacle == $0 } ?? status.ready
        }
    }

    /// P9: waits until everything that was sent is delivered.
    func isCaughtUp(atMost time: Duration = .seconds(60)) -> Bool {
        wait(atMost: time) { (try? delivered()) == produced }
    }

    func delivered() throws -> [Int64] {
        try inspection().deliveredOffsets(job: job, topic: topic, partitions: produced.count)
    }

    /// Waits until at least so many records of each partition are delivered.
    func hasDelivered(_ count: Int64, atMost time: Duration = .seconds(60)) -> Bool {
        wait(atMost: time) { ((try? delivered())?.min() ?? 0) >= count }
    }

    /// Ends an instance in order.
    /// - Returns: how it ended; `nil` when it did not.
    func stop(_ process: ChildProcess) -> ChildProcess.End? {
        process.signal(SIGTERM)
        return process.wait(atMost: .seconds(30))
    }

    /// P1 to P6, P10 and P11: what is not as promised, in words.
    func violations() throws -> [String] {
        let inspection = try inspection()
        let ledger = try Ledger.open(conninfo: database, deadline: .seconds(60))
        try fold.deliver(to: ledger, job: "fold-" + job)
        var found = try inspection.differences(job, "fold-" + job)
        found += try inspection.stepsBack(job: job)
        found += try inspection.staleRows(job: job)
        found += try inspection.tables(holding: TortureStream.cards).map { "a card number in \($0)" }
        for number in 1...max(1, lives) {
            let text = (try? String(contentsOfFile: logs + "/life-\(number).log", encoding: .utf8)) ?? ""
            if TortureStream.cards.contains(where: text.contains) {
                found.append("a card number in the log of life \(number)")
            }
        }
        if !found.isEmpty { found.append("logs: \(logs)") }
        return found
    }
}
