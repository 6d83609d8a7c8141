import Foundation
import KafkaClient
import Ledger
import PostgresClient

/// Where `migrations/` and `models/` are; `VIGIE_HOME` names another place.
let projectRoot = ProcessInfo.processInfo.environment["VIGIE_HOME"].map { URL(filePath: $0) }
    ?? URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

/// What the tests of delivery run against: the built program, a real PostgreSQL, a broker in a process of its
/// own.
enum Site {
    /// The program beside the tests: what is tortured is what was built with them.
    /// `VIGIE_BINARY` names another.
    static let program: String = {
        if let given = ProcessInfo.processInfo.environment["VIGIE_BINARY"] { return given }
        let arguments = CommandLine.arguments
        let bundle = arguments.firstIndex(of: "--test-bundle-path").map { arguments[$0 + 1] } ?? arguments[0]
        return URL(filePath: bundle).deletingLastPathComponent().appending(path: "vigie").path
    }()

    static let folder: URL = {
        let tree = projectRoot.path.utf8.reduce(UInt64(0)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        return URL(filePath: "/tmp/vigie-delivery-tests-\(getuid())-\(String(tree, radix: 16))")
    }()

    /// The demo's cascade without its look at the unusual: next to a bank's stream, most of a tortured one is
    /// unusual, and explaining every record would leave little time for the faults.
    static let cascade = Result {
        let demo = projectRoot.appending(path: "models/demo")
        let place = folder.appending(path: "cascade-\(getpid())")
        try? FileManager.default.removeItem(at: place)
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        for model in ["scorecard", "language"] {
            let name = model + ".safetensors"
            try FileManager.default.copyItem(
                at: demo.appending(path: name), to: place.appending(path: name))
        }
        let file = place.appending(path: "cascade.yaml")
        let text = try String(contentsOf: demo.appending(path: "cascade.yaml"), encoding: .utf8)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        try lines.filter { !$0.hasPrefix("  unusual:") }.joined(separator: "\n")
            .write(to: file, atomically: true, encoding: .utf8)
        return file.path
    }

    /// One server for the tests that do it no harm; it ends with the process.
    static let cluster = Result { try startCluster("postgres") }

    /// A server of its own, for a test that stops it or breaks its settings.
    static func startCluster(_ name: String, settings: [String: String] = [:]) throws -> LocalCluster {
        let place = folder.appending(path: name)
        // Databases of earlier runs are left behind; with no server in the folder they can go.
        if !FileManager.default.fileExists(atPath: place.path + "/data/postmaster.pid") {
            try? FileManager.default.removeItem(at: place)
        }
        var options = LocalCluster.Options.forTests
        options.settings["max_connections"] = "100"
        options.settings.merge(settings) { _, given in given }
        let cluster = try LocalCluster.start(in: place, options: options)
        started.withLock { $0.append(cluster) }
        return cluster
    }

    private static let started: Guarded<[LocalCluster]> = {
        atexit { Site.started.withLock { for cluster in $0 { cluster.requestStop() } } }
        return Guarded([])
    }()

    /// Connection string of an empty database with the schema.
    static func database(_ given: LocalCluster? = nil) throws -> String {
        let cluster = try given ?? Self.cluster.get()
        let name = "delivery_" + UUID().uuidString.lowercased().replacing("-", with: "")
        let administration = try PostgresConnection(conninfo: cluster.conninfo(), deadline: .seconds(60))
        try administration.execute("CREATE DATABASE \(name)")
        let conninfo = cluster.conninfo(database: name)
        _ = try Migrator(conninfo: conninfo, folder: projectRoot.appending(path: "migrations")).up()
        return conninfo
    }

    /// A folder for the logs of one test; kept, so that a failure can be read.
    static func logs(_ name: String) throws -> String {
        let place = folder.appending(path: "logs-\(getpid())/\(name)")
        try? FileManager.default.removeItem(at: place)
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        return place.path
    }

    /// A broker in a process of its own.
    static func broker(topics: [String], logs: String) throws -> (process: ChildProcess, address: String) {
        let file = logs + "/broker.address"
        let process = try ChildProcess(
            [program, "broker", "--with-parent", "--address-file", file]
                + topics.flatMap { ["--topic", $0] },
            log: logs + "/broker.log")
        let deadline = ContinuousClock.now + .seconds(30)
        while .now < deadline, process.poll() == nil {
            if let text = try? String(contentsOfFile: file, encoding: .utf8) {
                return (process, text.trimmingCharacters(in: .whitespacesAndNewlines))
            }
            usleep(2000)
        }
        throw SiteError("the broker did not start: \(process.said)")
    }

    /// Flags of `vigie run` for a job; `more` wins.
    static func flags(
        broker: String, database: String, job: String, topic: String, _ more: [String: String] = [:]
    ) -> [String] {
        var settings = [
            "kafka.bootstrap_servers": broker, "kafka.topics.transactions": topic, "kafka.topics.labels": "",
            "kafka.topics.dead_letters": "dlq", "postgres.url": database, "pipeline.job": job,
            "model.cascade": (try? cascade.get()) ?? "",
            "intake.key_file": folder.path + "/pseudonyms.key", "pipeline.decisions": "true",
            "pipeline.batch": "16", "pipeline.checkpoint_seconds": "0.1", "log.level": "notice",
        ]
        settings.merge(more) { _, given in given }
        return settings.sorted { $0.key < $1.key }.flatMap { ["--set", "\($0.key)=\($0.value)"] }
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers from the same seed everywhere.
struct Dice {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func roll(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(next() % UInt64(range.count))
    }

    /// True once in so many times.
    mutating func oneIn(_ number: Int) -> Bool { roll(1...number) == 1 }

    mutating func pick<Element>(_ list: [Element]) -> Element { list[roll(0...(list.count - 1))] }
}
