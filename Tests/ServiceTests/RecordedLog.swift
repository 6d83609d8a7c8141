import Foundation
import Logging
import Synchronization

/// A log that a test reads, or waits for.
final class RecordedLog: Sendable {
    private let lines = Mutex<[String]>([])
    private let isSaid = DispatchSemaphore(value: 0)
    private let awaited: String

    /// - Parameter awaited: a text that `wait` waits for.
    init(waitingFor awaited: String = "") { self.awaited = awaited }

    var all: [String] { lines.withLock { $0 } }

    var logger: Logger { Logger(label: "test") { _ in Recorder(log: self) } }

    /// - Returns: whether the text was said in time.
    func wait() -> Bool { isSaid.wait(timeout: .now() + 60) == .success }

    private func add(_ line: String) {
        lines.withLock { $0.append(line) }
        if !awaited.isEmpty, line.contains(awaited) { isSaid.signal() }
    }

    private struct Recorder: LogHandler {
        let log: RecordedLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.debug

        init(log: RecordedLog) { self.log = log }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        func log(event: LogEvent) {
            log.add("\(event.level): \(event.message) \(event.metadata ?? [:])")
        }
    }
}
