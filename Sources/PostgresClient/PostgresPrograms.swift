import CPostgres
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
    /// (Not Foundation's `Process`: it takes a program for ended only when its children ended, too.)
    static func run(_ program: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
        let identity = ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"]
        let words = (getuid() == 0 ? identity : []) + [program] + arguments
        // A file, not a pipe: the server would keep a pipe open after its starter ended.
        let output = FileManager.default.temporaryDirectory.appending(path: "vigie-\(UUID().uuidString).log")
        defer { try? FileManager.default.removeItem(at: output) }
        let process = try spawn(words, output: output.path)
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 {
            guard errno == EINTR else { throw LocalCluster.fault("\(program) got lost") }
        }
        let text = (try? String(contentsOf: output, encoding: .utf8)) ?? ""
        // Ended by itself: the status is in the second byte (wait(2)).
        return (status & 0x7F == 0 ? status >> 8 & 0xFF : -1, text)
    }

    private static func spawn(_ words: [String], output: String) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        // The server outlives this process and must not keep its sockets and files open.
        posix_spawn_file_actions_addclosefrom_np(&actions, 3)
        posix_spawn_file_actions_addchdir_np(&actions, "/")
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A group of its own: Ctrl-C in the terminal is for this process, not for the server.
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))
        var nothing = sigset_t()
        sigemptyset(&nothing)
        posix_spawnattr_setsigmask(&attributes, &nothing)
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        // Variables such as PGDATA or a locale that is not installed must not reach in.
        let variables = ["PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"]
        var environment: [UnsafeMutablePointer<CChar>?] = variables.map { strdup($0) } + [nil]
        defer { for pointer in arguments + environment { free(pointer) } }
        var process: pid_t = 0
        guard posix_spawn(&process, words[0], &actions, &attributes, &arguments, &environment) == 0 else {
            throw LocalCluster.fault("\(words[0]) cannot be run")
        }
        return process
    }
}
