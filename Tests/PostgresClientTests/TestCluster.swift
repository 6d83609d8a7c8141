import Foundation
import PostgresClient

/// One server for all tests of this tree, used again when an earlier run was killed; a database per test.
enum TestCluster {
    static let shared = Result { try start() }

    private static func start() throws -> LocalCluster {
        let tree = #filePath.utf8.reduce(UInt64(0)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        let folder = URL(filePath: "/tmp/vigie-tests-\(getuid())-\(String(tree, radix: 16))")
        // Databases of earlier runs are left behind; with no server in the folder they can go.
        if !FileManager.default.fileExists(atPath: folder.path + "/data/postmaster.pid") {
            try? FileManager.default.removeItem(at: folder)
        }
        let cluster = try LocalCluster.start(in: folder, options: .forTests)
        atexit { if case .success(let cluster) = TestCluster.shared { cluster.requestStop() } }
        return cluster
    }

    /// Connection string of an empty database of its own.
    static func database() throws -> String {
        let cluster = try shared.get()
        let name = "test_" + UUID().uuidString.lowercased().replacing("-", with: "")
        let admin = try PostgresConnection(conninfo: cluster.conninfo(), deadline: .seconds(60))
        try admin.execute("CREATE DATABASE \(name)")
        return cluster.conninfo(database: name)
    }

    static func connection(deadline: Duration = .seconds(20)) throws -> PostgresConnection {
        try PostgresConnection(conninfo: database(), deadline: deadline)
    }
}
