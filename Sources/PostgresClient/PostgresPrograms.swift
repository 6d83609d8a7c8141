import Foundation

/// PostgreSQL's own programs, where Debian puts them.
struct PostgresPrograms {
    let folder: URL

    func path(_ program: String) -> String { folder.appending(path: program).path }

    /// - Parameter version: the major version that a data folder needs; `nil` takes the newest.
    static func find(version: Int?) throws -> PostgresPrograms {
        let root = URL(filePath: "/usr/lib/postgresql")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
        let found = names.compactMap { Int($0) }.filter {
            access(root.appending(path: "\($0)/bin/postgres").path, X_OK) == 0
        }
        guard let chosen = version ?? found.max(), found.contains(chosen) else {
            let package = version.map { "postgresql-\($0)" } ?? "postgresql"
            throw LocalCluster.fault("no PostgreSQL server is installed; run: apt-get install \(package)")
        }
        return PostgresPrograms(folder: root.appending(path: "\(chosen)/bin"))
    }

    /// Runs a program as the user that may own a server and waits for it.
    ///
    /// Root becomes `postgres` by `setpriv`, which needs no login session and keeps the process number.
    static func run(_ program: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        let isRoot = getuid() == 0
        process.executableURL = URL(filePath: isRoot ? "/usr/bin/setpriv" : program)
        let identity = ["--reuid=postgres", "--regid=postgres", "--init-groups", "--", program]
        process.arguments = (isRoot ? identity : []) + arguments
        process.currentDirectoryURL = URL(filePath: "/")
        // Variables such as PGDATA or a locale that is not installed must not reach in.
        process.environment = ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"]
        // A file, not a pipe: the server would keep a pipe open after its starter ended.
        let output = FileManager.default.temporaryDirectory.appending(path: "vigie-\(UUID().uuidString).log")
        defer { try? FileManager.default.removeItem(at: output) }
        _ = FileManager.default.createFile(atPath: output.path, contents: nil)
        let handle = try FileHandle(forWritingTo: output)
        process.standardOutput = handle
        process.standardError = handle
        process.standardInput = FileHandle.nullDevice
        do {
            try process.run()
        } catch {
            throw LocalCluster.fault("\(program) cannot be run")
        }
        process.waitUntilExit()
        try handle.close()
        let text = (try? String(contentsOf: output, encoding: .utf8)) ?? ""
        return (process.terminationStatus, text)
    }
}
