import Foundation

/// A private PostgreSQL in a folder of its own, for the demo and for tests.
///
/// It listens on a Unix socket in a folder that only its owner (and root) may enter, so the socket needs no
/// password; TCP on 127.0.0.1 is an option and asks for SCRAM. PostgreSQL refuses to run as root: then the
/// Debian user `postgres` owns folder and server. A server whose starter was killed is found again through
/// `postmaster.pid` and used again.
public struct LocalCluster: Sendable {
    public struct Options: Sendable {
        /// Settings for `postgresql.conf`. `fsync=off` is for tests only.
        public var settings: [String: String] = [:]
        /// Listens on a free port of 127.0.0.1 as well.
        public var listensOnLoopback = false
        /// How long starting may take.
        public var deadline: Duration = .seconds(60)

        public init() {}

        /// Fast and forgetful: a power cut loses data, a crash of the server does not.
        public static var forTests: Options {
            var options = Options()
            options.settings = ["fsync": "off", "full_page_writes": "off", "max_connections": "60"]
            return options
        }
    }

    /// What was given to `start`; holds `data`, `server.log` and, where the path is short enough, `socket`.
    public let folder: URL
    /// Folder of the Unix socket: libpq's `host`.
    public let socketFolder: String
    public let port: Int
    /// The server's process number.
    public let process: Int32
    /// False when a server was already running in the folder.
    public let wasStarted: Bool

    /// libpq's connection string for a database, as superuser.
    public func conninfo(database: String = "postgres") -> String {
        "host=\(Self.quoted(socketFolder)) port=\(port) user=postgres dbname=\(Self.quoted(database))"
    }

    /// What a person types to look around.
    public func psql(database: String) -> String {
        "psql -h \(socketFolder) -p \(port) -U postgres \(database)"
    }

    private static func quoted(_ value: String) -> String {
        let escaped = value.replacing("\\", with: "\\\\").replacing("'", with: "\\'")
        return "'\(escaped)'"
    }

    /// Starts a server in `folder`, or finds the one that runs there. About two seconds the first time.
    /// - Throws: `PostgresError` with code `localServer`; its cause says what to install or change.
    public static func start(in folder: URL, options: Options = Options()) throws -> LocalCluster {
        let site = ClusterSite(folder: folder)
        try site.makeFolder()
        let lock = try FolderLock(folder: folder)
        defer { lock.release() }
        let end = ContinuousClock.now + options.deadline
        if let running = try site.running(until: end) { return running }
        let programs = try PostgresPrograms.find(version: site.version)
        if site.version == nil { try site.initialise(programs) }
        try site.configure(options)
        try site.launch(programs, deadline: options.deadline)
        guard let server = try site.running(until: end) else {
            throw fault("the server started and ended again; see \(site.log)")
        }
        return LocalCluster(
            folder: folder, socketFolder: server.socketFolder, port: server.port, process: server.process,
            wasStarted: true)
    }

    /// The folder itself where the server's user can reach it; otherwise one under `/var/tmp` made
    /// from its path.
    ///
    /// Run by root below `/root`, the user `postgres` cannot enter the folder.
    public static func reachableFolder(preferring folder: URL) -> URL {
        let site = ClusterSite(folder: folder)
        do {
            try site.makeFolder()
            return folder
        } catch {
            let name = "vigie-" + String(ClusterSite.digest(folder.path), radix: 16)
            return URL(filePath: "/var/tmp").appending(path: name)
        }
    }

    /// Ends the server: open transactions are rolled back, data is written, nothing is lost.
    /// - Throws: when it still runs at the deadline.
    public func stop(deadline: Duration = .seconds(30)) throws {
        guard ClusterSite.isServer(process) else { return }
        _ = kill(process, SIGINT)
        let end = ContinuousClock.now + deadline
        while ClusterSite.isServer(process) {
            guard .now < end else { throw Self.fault("server \(process) did not stop in time") }
            usleep(10_000)
        }
    }

    /// Asks the server to end and does not wait: for the last moments of a process.
    public func requestStop() {
        if ClusterSite.isServer(process) { _ = kill(process, SIGINT) }
    }

    static func fault(_ cause: String) -> PostgresError {
        PostgresError(code: .localServer, operation: "local server", cause: cause)
    }
}

/// One starter at a time per folder. The kernel releases the lock when its holder dies.
private struct FolderLock {
    private let descriptor: Int32

    init(folder: URL) throws {
        descriptor = open(folder.appending(path: "lock").path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0, flock(descriptor, LOCK_EX) == 0 else {
            throw LocalCluster.fault("cannot lock \(folder.path)")
        }
    }

    func release() { _ = close(descriptor) }
}
