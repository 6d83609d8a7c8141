import Foundation
import Glibc

/// A process that the tests start, signal and collect. What it says goes to a file.
///
/// (Not Foundation's `Process`: that one cannot be killed and collected within a millisecond.)
final class ChildProcess {
    enum End: Equatable {
        case exited(Int32)
        case killed(signal: Int32)
    }

    let number: pid_t
    let log: String
    private(set) var end: End?
    /// Closing it ends a broker that was started `--with-parent`.
    private let lifeline: Int32

    /// - Parameter words: program and arguments.
    init(_ words: [String], environment: [String: String] = [:], log: String) throws {
        self.log = log
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        var attributes = ChildProcess.attributes()
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var variables = ["PATH": "/usr/bin:/bin", "HOME": NSTemporaryDirectory()]
        variables.merge(environment) { _, given in given }
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var pairs: [UnsafeMutablePointer<CChar>?] = variables.map { strdup("\($0)=\($1)") } + [nil]
        defer { for text in arguments + pairs { free(text) } }
        // One at a time: between `pipe` and `fcntl` another child would inherit the lifeline.
        let (started, end, status) = ChildProcess.living.withLock { _ in
            var pipeEnds: [Int32] = [-1, -1]
            _ = pipe(&pipeEnds)
            _ = fcntl(pipeEnds[1], F_SETFD, FD_CLOEXEC)
            var number: pid_t = 0
            posix_spawn_file_actions_adddup2(&actions, pipeEnds[0], 0)
            // Sockets of a broker in this process must not live on in a child.
            for number: Int32 in 3..<256 { posix_spawn_file_actions_addclose(&actions, number) }
            let status = posix_spawn(&number, words[0], &actions, &attributes, &arguments, &pairs)
            close(pipeEnds[0])
            return (number, pipeEnds[1], status)
        }
        number = started
        lifeline = end
        guard status == 0 else { throw SiteError("\(words[0]) cannot be started: \(status)") }
        ChildProcess.living.withLock { _ = $0.insert(number) }
    }

    /// The signals as a shell would hand them on: the runner of the tests may block or ignore some.
    private static func attributes() -> posix_spawnattr_t {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for number in [SIGINT, SIGTERM, SIGHUP, SIGPIPE] { sigaddset(&signals, number) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        return attributes
    }

    deinit {
        if poll() == nil {
            signal(SIGKILL)
            _ = wait(atMost: .seconds(10))
        }
        close(lifeline)
    }

    func signal(_ signal: Int32) { if end == nil { kill(number, signal) } }

    /// How it ended, if it did.
    func poll() -> End? {
        if end != nil { return end }
        var status: Int32 = 0
        guard waitpid(number, &status, WNOHANG) == number else { return nil }
        ChildProcess.living.withLock { _ = $0.remove(number) }
        // wait(2): the low seven bits are the signal, the second byte the status.
        end = status & 0x7F == 0 ? .exited(status >> 8 & 0xFF) : .killed(signal: status & 0x7F)
        return end
    }

    /// Waits for its end; `nil` when it still runs then.
    func wait(atMost time: Duration) -> End? {
        let deadline = ContinuousClock.now + time
        while poll() == nil, .now < deadline { usleep(500) }
        return end
    }

    var said: String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }

    /// Memory that it occupies now; 0 when it has ended.
    var residentKilobytes: Int {
        let text = (try? String(contentsOfFile: "/proc/\(number)/status", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return line.flatMap { Int($0.filter(\.isNumber)) } ?? 0
    }

    /// What its threads wait for in the kernel, to tell where it hangs.
    var threads: String {
        let folder = "/proc/\(number)/task"
        let tasks = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return tasks.map { task in
            ["comm", "wchan"].map { name in
                (try? String(contentsOfFile: "\(folder)/\(task)/\(name)", encoding: .utf8)) ?? ""
            }.joined(separator: " ").replacing("\n", with: "")
        }.joined(separator: ", ")
    }

    /// Waits until it has said this.
    func says(_ text: String, atMost time: Duration = .seconds(30)) -> Bool {
        let deadline = ContinuousClock.now + time
        while .now < deadline {
            if said.contains(text) { return true }
            if poll() != nil { return said.contains(text) }
            usleep(5000)
        }
        return false
    }

    /// Children that run now. A test process that ends early takes them along.
    private static let living: Guarded<Set<pid_t>> = {
        atexit { ChildProcess.living.withLock { for number in $0 { kill(number, SIGKILL) } } }
        return Guarded([])
    }()
}

/// A value under a lock.
final class Guarded<Value>: @unchecked Sendable {
    // SAFETY: `lock` guards `value`.
    private let lock = NSLock()
    private var value: Value
    init(_ value: Value) { self.value = value }
    func withLock<R>(_ body: (inout Value) throws -> R) rethrows -> R {
        try lock.withLock { try body(&value) }
    }
}

struct SiteError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
