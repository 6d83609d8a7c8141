import Foundation
import Ledger
import PostgresClient

/// A broker in a process of its own and a private PostgreSQL, for the demo and for benchmarks.
///
/// Both are stopped by the handle that started them: never by name.
final class LocalServices {
    let bootstrapServers: String
    let cluster: LocalCluster
    let conninfo: String
    private let broker: Process
    /// The broker ends when this closes, also if this process is killed.
    private let lifeline: Pipe

    /// - Parameters:
    ///   - folder: holds the database and the broker's address.
    ///   - topics: as `vigie broker --topic` takes them.
    ///   - database: is made, emptied if it exists, and migrated.
    init(folder: URL, topics: [String], database: String) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let address = folder.appending(path: "broker-\(getpid())")
        lifeline = Pipe()
        broker = Process()
        broker.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        broker.arguments =
            ["broker", "--with-parent", "--address-file", address.path]
            + topics.flatMap { ["--topic", $0] }
        broker.standardInput = lifeline
        broker.standardOutput = FileHandle.nullDevice
        try broker.run()
        defer { try? FileManager.default.removeItem(at: address) }
        bootstrapServers = try Self.waitForAddress(address, of: broker)

        cluster = try LocalCluster.start(
            in: LocalCluster.reachableFolder(preferring: folder.appending(path: "postgres")))
        conninfo = cluster.conninfo(database: database)
        let administration = try PostgresConnection(
            conninfo: cluster.conninfo(), deadline: .seconds(30))
        try administration.execute("DROP DATABASE IF EXISTS \(database) WITH (FORCE)")
        try administration.execute("CREATE DATABASE \(database)")
        administration.close()
        _ = try Migrator(conninfo: conninfo, folder: try Shipped.folder("migrations")).up()
    }

    /// Stops both.
    func stop() {
        try? lifeline.fileHandleForWriting.close()
        broker.waitUntilExit()
        try? cluster.stop()
    }

    private static func waitForAddress(_ file: URL, of broker: Process) throws -> String {
        let deadline = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < deadline {
            if let text = try? String(contentsOf: file, encoding: .utf8) {
                return text.trimmingCharacters(in: .whitespacesAndNewlines)
            }
            guard broker.isRunning else { break }
            usleep(10_000)
        }
        throw UsageError("the embedded broker did not start; try: vigie broker")
    }
}
