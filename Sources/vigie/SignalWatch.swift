import Foundation

/// Calls back on SIGINT and SIGTERM instead of dying of them.
final class SignalWatch: @unchecked Sendable {
    // SAFETY: the sources are made in `init` and only kept alive afterwards.
    private var sources: [any DispatchSourceSignal] = []

    init(_ body: @escaping @Sendable () -> Void) {
        for number in [SIGINT, SIGTERM] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler(handler: body)
            source.resume()
            sources.append(source)
        }
    }

    /// Blocks the calling thread until one of the signals arrives.
    static func wait() {
        let arrived = DispatchSemaphore(value: 0)
        let watch = SignalWatch { arrived.signal() }
        arrived.wait()
        withExtendedLifetime(watch) {}
    }
}
