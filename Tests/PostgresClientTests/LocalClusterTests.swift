import Foundation
import PostgresClient
import Testing

@Suite struct LocalClusterTests {
    @Test func `a server starts, is found again, stops, and starts with its data`() throws {
        let folder = URL(filePath: "/tmp/vigie-cluster-test-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let cluster = try LocalCluster.start(in: folder, options: .forTests)
        defer { try? cluster.stop() }
        #expect(cluster.wasStarted)
        let connection = try PostgresConnection(conninfo: cluster.conninfo())
        try connection.execute("CREATE TABLE t AS SELECT 1 AS a")

        let again = try LocalCluster.start(in: folder, options: .forTests)
        #expect(!again.wasStarted)
        #expect(again.process == cluster.process)

        try cluster.stop()
        #expect(throws: PostgresError.self) { try connection.query("SELECT 1") }
        let next = try LocalCluster.start(in: folder, options: .forTests)
        defer { try? next.stop() }
        #expect(next.wasStarted)
        let rows = try PostgresConnection(conninfo: next.conninfo()).query("SELECT a FROM t")
        #expect(try rows.int64(0, 0) == 1)
    }

    @Test func `a server killed without warning leaves a folder that starts again`() throws {
        // A path too long for a socket, with a space and a quote.
        let folder = URL(filePath: "/tmp/vigie-cluster-test-\(UUID().uuidString)/it's \(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder.deletingLastPathComponent()) }
        let cluster = try LocalCluster.start(in: folder, options: .forTests)
        _ = kill(cluster.process, SIGKILL)
        try cluster.stop()
        let next = try LocalCluster.start(in: folder, options: .forTests)
        defer { try? next.stop() }
        #expect(next.wasStarted)
        #expect(try PostgresConnection(conninfo: next.conninfo()).query("SELECT 1").int64(0, 0) == 1)
    }

    @Test func `TCP is served on request and asks for a password`() throws {
        let folder = URL(filePath: "/tmp/vigie-cluster-test-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        var options = LocalCluster.Options.forTests
        options.listensOnLoopback = true
        let cluster = try LocalCluster.start(in: folder, options: options)
        defer { try? cluster.stop() }
        let admin = try PostgresConnection(conninfo: cluster.conninfo())
        try admin.execute("CREATE ROLE guest LOGIN PASSWORD 'secret'")
        let address = "host=127.0.0.1 port=\(cluster.port) dbname=postgres user=guest"
        #expect(throws: PostgresError.self) { try PostgresConnection(conninfo: address) }
        let guest = try PostgresConnection(conninfo: address + " password=secret")
        #expect(try guest.query("SELECT current_user::text").string(0, 0) == "guest")
    }
}
