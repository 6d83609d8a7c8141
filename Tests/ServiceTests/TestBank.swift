import Banking
import Foundation
import KafkaClient
import Ledger
import Logging
import Pipeline
import PostgresClient
import Simulator
import Synchronization
import Testing

@testable import vigie

let projectRoot = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

/// A broker over TCP, a database of its own, settings, and records of the synthetic bank.
final class TestBank {
    let settings: Settings
    let broker: EmbeddedBroker
    let logger: Logger
    private let producer: Producer

    /// One server for all tests of this target; it ends with the process.
    private static let cluster = Result { try startCluster() }

    private static func startCluster() throws -> LocalCluster {
        let tree = projectRoot.path.utf8.reduce(UInt64(0)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        let folder = URL(filePath: "/tmp/vigie-service-tests-\(getuid())-\(String(tree, radix: 16))")
        let cluster = try LocalCluster.start(in: folder, options: .forTests)
        atexit { if case .success(let cluster) = TestBank.cluster { cluster.requestStop() } }
        return cluster
    }

    private let overrides: [String]

    init(job: String = "live", mapping: String = "", partitions: Int = 1) throws {
        broker = try EmbeddedBroker(
            topics: [("transactions", partitions), ("labels", 1), ("transactions.dlq", 1)])
        let cluster = try Self.cluster.get()
        let name = "service_" + UUID().uuidString.lowercased().replacing("-", with: "")
        let administration = try PostgresConnection(conninfo: cluster.conninfo(), deadline: .seconds(60))
        try administration.execute("CREATE DATABASE \(name)")
        let conninfo = cluster.conninfo(database: name)
        _ = try Migrator(conninfo: conninfo, folder: projectRoot.appending(path: "migrations")).up()
        overrides = [
            "kafka.bootstrap_servers=\(broker.bootstrapServers)", "postgres.url=\(conninfo)",
            "model.cascade=\(projectRoot.path)/models/demo/cascade.yaml",
            "intake.key_file=/tmp/\(name).key", "intake.mapping=\(mapping)", "pipeline.job=\(job)",
            "pipeline.decisions=true", "pipeline.batch=256", "log.level=critical",
            // However busy the machine is: time decides no test.
            "pipeline.drain_seconds=600",
        ]
        settings = try Settings(file: nil, environment: [:], overrides: overrides)
        logger = try settings.logger()
        producer = try Producer(settings.kafka(logger))
    }

    /// The settings as flags of a command.
    var flags: [String] {
        let keys: [Settings.Key] = [.postgresURL, .cascade, .keyFile, .logLevel, .bootstrapServers]
        return keys.flatMap { ["--set", "\($0.rawValue)=\(settings[$0])"] }
    }

    /// Puts records into a topic.
    /// - Parameter key: of a record, by which it goes to a partition.
    func send(
        _ records: [(bytes: [UInt8], time: Timestamp)], to name: String = "transactions",
        key: (Int) -> [UInt8]? = { _ in nil }
    ) throws {
        let topic = try producer.topic(name)
        for (index, record) in records.enumerated() {
            try producer.produce(
                to: topic, key: key(index), payload: record.bytes,
                timestampMilliseconds: record.time.milliseconds)
        }
        try producer.flush(timeout: .seconds(30))
    }

    /// The settings of another job.
    func settings(ofJob job: String) throws -> Settings {
        try Settings(file: nil, environment: [:], overrides: overrides + ["pipeline.job=\(job)"])
    }

    /// Runs the live service to the present end of the topic.
    /// - Parameter owned: partitions that it scores; `nil` scores all.
    @discardableResult
    func runToEnd(
        _ settings: Settings? = nil, owned: [Int32]? = nil
    ) throws -> PipelineStatistics.Snapshot {
        let settings = settings ?? self.settings
        let service = try LiveService(settings, logger: logger, extent: .toPresentEnd, owned: owned)
        let pipeline = try service.pipeline(try settings.pipeline())
        return try pipeline.run(
            intake: try settings.intake(), labelReader: try settings.labelReader(),
            historian: service.historian)
    }

    func ledger() throws -> Ledger { try settings.openLedger(as: nil) }

    /// Everything that a query of a table returns, as one text.
    func text(of query: String) throws -> String {
        let connection = try PostgresConnection(conninfo: settings[.postgresURL], deadline: .seconds(60))
        let rows = try connection.query(
            "SELECT coalesce(string_agg(t::text, E'\\n'), '') FROM (\(query)) t", [])
        return try rows.string(0, 0) ?? ""
    }

    /// Records of the simulator in order, and one of its card numbers.
    static func records(_ count: Int, seed: UInt64 = 11) -> [(bytes: [UInt8], time: Timestamp)] {
        let records = SimulatedRecords(count: count, accounts: 300, seed: seed)
        return (0..<records.count).map { index in
            (records.withRecord(index) { Array($0) }, records.times[index])
        }
    }
}
