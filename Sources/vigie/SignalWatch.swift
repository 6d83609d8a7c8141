import Foundation
import Synchronization

/// A command that ends in good order when SIGINT or SIGTERM asks it to, from its first instruction on.
protocol EndsOnSignal {
    /// False where the signals shall end it as they end any program.
    var endsInOrder: Bool { get }
}

/// Calls back on SIGINT and SIGTERM instead of dying of them.
///
/// The signals are blocked, at best from the program's first instruction on (`hold`), and taken by a thread
/// that waits for them: one that comes before anybody watches stays with the kernel until somebody does.
final class SignalWatch: Sendable {
    private struct Watches {
        var number = 0
        var bodies: [Int: @Sendable () -> Void] = [:]
        /// A signal was taken while nobody watched.
        var isOwed = false
    }

    private static let watches = Mutex(Watches())
    private let number: Int

    init(_ body: @escaping @Sendable () -> Void) {
        Self.hold()
        let isOwed: Bool
        (number, isOwed) = Self.watches.withLock { watches in
            watches.number += 1
            watches.bodies[watches.number] = body
            defer { watches.isOwed = false }
            return (watches.number, watches.isOwed)
        }
        if isOwed { body() }
        _ = Self.taker
    }

    deinit { _ = Self.watches.withLock { $0.bodies.removeValue(forKey: number) } }

    /// Blocks the signals in this thread and those that it starts from now on.
    static func hold() {
        var signals = signals
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    /// Lets the signals do what they do to any program; also where this one was started with them blocked.
    static func letGo() {
        var signals = signals
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }

    /// Blocks the calling thread until one of the signals arrives.
    static func wait() {
        let arrived = DispatchSemaphore(value: 0)
        let watch = SignalWatch { arrived.signal() }
        arrived.wait()
        withExtendedLifetime(watch) {}
    }

    private static var signals: sigset_t {
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGINT, SIGTERM] { sigaddset(&signals, number) }
        return signals
    }

    /// Started once, and there until the process ends.
    private static let taker: Void = {
        let thread = Thread {
            hold()
            var signals = signals
            var taken: Int32 = 0
            while sigwait(&signals, &taken) == 0 {
                let bodies = watches.withLock { watches in
                    watches.isOwed = watches.bodies.isEmpty
                    return Array(watches.bodies.values)
                }
                for body in bodies { body() }
            }
        }
        thread.name = "vigie-signals"
        thread.start()
    }()
}
