import Foundation

/// The folder of a local server: what stands in it and what is done to it.
struct ClusterSite {
    let folder: URL

    var data: String { folder.appending(path: "data").path }
    var log: String { folder.appending(path: "server.log").path }

    /// Major version of the data folder, `nil` when there is none yet.
    var version: Int? {
        let text = try? String(contentsOfFile: data + "/PG_VERSION", encoding: .utf8)
        return text.flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }

    /// A Unix socket's path has at most 107 bytes, so a deep folder gets its socket under `/tmp`.
    var socketFolder: String {
        let inside = folder.appending(path: "socket").path
        guard inside.utf8.count > 80 else { return inside }
        return "/tmp/vigie-\(getuid())-" + String(Self.digest(folder.path), radix: 16)
    }

    /// FNV-1a, 64 bits: the same name for the same path.
    static func digest(_ text: String) -> UInt64 {
        text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    /// Makes the folder, gives it to the server's user and checks that this user can reach it.
    func makeFolder() throws {
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch {
            throw LocalCluster.fault("cannot make the folder \(folder.path)")
        }
        guard getuid() == 0 else { return }
        guard let user = getpwnam("postgres") else {
            throw LocalCluster.fault("no PostgreSQL server is installed; run: apt-get install postgresql")
        }
        _ = chown(folder.path, user.pointee.pw_uid, user.pointee.pw_gid)
        guard try PostgresPrograms.run("/usr/bin/test", ["-w", folder.path]).status == 0 else {
            throw LocalCluster.fault(
                "the user postgres cannot reach \(folder.path); choose a folder outside /root")
        }
    }

    func initialise(_ programs: PostgresPrograms) throws {
        // What a first start left half done has no PG_VERSION, and initdb wants an empty folder.
        try? FileManager.default.removeItem(atPath: data)
        let arguments = [
            "--pgdata", data, "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8",
            "--auth-local=trust", "--auth-host=scram-sha-256", "--no-sync", "--no-instructions",
        ]
        let (status, output) = try PostgresPrograms.run(programs.path("initdb"), arguments)
        guard status == 0 else {
            throw LocalCluster.fault("initdb failed: \(output.suffix(300))")
        }
    }

    /// Writes `postgresql.auto.conf`, which has the last word.
    func configure(_ options: LocalCluster.Options) throws {
        try makeSocketFolder()
        var settings = [
            "unix_socket_directories": socketFolder,
            "listen_addresses": options.listensOnLoopback ? "127.0.0.1" : "",
            "port": String(options.listensOnLoopback ? try Self.freePort() : 5432),
            "max_wal_size": "2GB",
            "timezone": "UTC",
            "log_timezone": "UTC",
            // The log may quote data: keep statements and the DETAIL line out of it.
            "log_min_error_statement": "panic",
            "log_error_verbosity": "terse",
        ]
        settings.merge(options.settings) { _, given in given }
        let lines = settings.sorted { $0.key < $1.key }.map { name, value in
            "\(name) = '\(value.replacing("'", with: "''"))'\n"
        }
        let path = data + "/postgresql.auto.conf"
        guard let file = FileHandle(forWritingAtPath: path) else {
            throw LocalCluster.fault("cannot write \(path)")
        }
        try file.truncate(atOffset: 0)
        try file.write(contentsOf: Data(lines.joined().utf8))
        try file.close()
    }

    func launch(_ programs: PostgresPrograms, deadline: Duration) throws {
        let seconds = String(max(1, deadline.components.seconds))
        let arguments = ["start", "--pgdata", data, "--log", log, "--wait", "--timeout", seconds]
        let (status, _) = try PostgresPrograms.run(programs.path("pg_ctl"), arguments)
        guard status == 0 else {
            let lines = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
            throw LocalCluster.fault("the server did not start: \(lines.suffix(300))")
        }
    }

    /// The server that runs in this folder, waiting for one that is starting or stopping.
    func running(until end: ContinuousClock.Instant) throws -> LocalCluster? {
        while true {
            // Lines of postmaster.pid: process, data folder, start, port, socket folder, address,
            // memory, status.
            let text = (try? String(contentsOfFile: data + "/postmaster.pid", encoding: .utf8)) ?? ""
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            guard let first = lines.first, let process = Int32(first) else { return nil }
            guard Self.isServer(process) else {
                // Killed, and its parent has not collected it yet: a new server would take it for alive.
                if kill(process, 0) == 0, Self.isUncollected(process), .now < end {
                    usleep(20_000)
                    continue
                }
                return nil
            }
            if lines.count >= 8, lines[7].hasPrefix("ready"), let port = Int(lines[3]) {
                return LocalCluster(
                    folder: folder, socketFolder: lines[4], port: port, process: process, wasStarted: false)
            }
            guard .now < end else {
                throw LocalCluster.fault("server \(process) in \(folder.path) is neither ready nor gone")
            }
            usleep(20_000)
        }
    }

    /// Whether the process runs and is PostgreSQL: a number from an old file may belong to something else.
    static func isServer(_ process: Int32) -> Bool {
        guard let name = try? String(contentsOfFile: "/proc/\(process)/comm", encoding: .utf8) else {
            return false
        }
        return name.hasPrefix("postgres") && !isUncollected(process)
    }

    /// Whether the process ended and waits for its parent to ask for its status.
    private static func isUncollected(_ process: Int32) -> Bool {
        let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
        let afterName = status?.split(separator: ")").last?.split(separator: " ").first
        return afterName == "Z"
    }

    private func makeSocketFolder() throws {
        do {
            try FileManager.default.createDirectory(
                atPath: socketFolder, withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
        } catch {
            throw LocalCluster.fault("cannot make the folder \(socketFolder)")
        }
        if getuid() == 0, let user = getpwnam("postgres") {
            _ = chown(socketFolder, user.pointee.pw_uid, user.pointee.pw_gid)
        }
        var status = stat()
        let owner = getuid() == 0 ? getpwnam("postgres")?.pointee.pw_uid : getuid()
        // Somebody else's folder under /tmp could hold somebody else's socket.
        guard lstat(socketFolder, &status) == 0, status.st_uid == owner, status.st_mode & 0o077 == 0 else {
            throw LocalCluster.fault("the folder \(socketFolder) belongs to somebody else or is open to all")
        }
    }

    /// A port of 127.0.0.1 that nobody listens on at this moment.
    private static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { _ = close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isBound else { throw LocalCluster.fault("no free port on 127.0.0.1") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
