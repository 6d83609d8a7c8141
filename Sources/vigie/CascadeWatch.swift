import Foundation
import Ledger
import Logging
import Pipeline
import RiskModels

/// Replaces the cascade of a running service when its file or a model file changes: looks once a second, and
/// at SIGHUP at once.
///
/// What changed is read and verified here, away from the threads that score (hash, layout, finite numbers,
/// shapes, golden vector). A file that is refused is said once and looked at again from time to time; the old
/// cascade stays in use.
final class CascadeWatch: @unchecked Sendable {
    // SAFETY: the queue is serial and alone touches the mutable parts, in `look` and until `end`.
    private let slot: CascadeSlot
    private let path: String
    private let record: @Sendable (Cascade) throws -> Void
    private let logger: Logger
    private let queue = DispatchQueue(label: "vigie-cascade-watch", qos: .utility)
    private let timer: DispatchSourceTimer
    private let hangUp: DispatchSourceSignal
    private var seen: [FileMark?]
    private var refusal: String?
    private var looksSinceRefusal = 0
    /// In use, and not written down in the database yet.
    private var unrecorded: Cascade?
    private var recordFault: String?

    /// Looks between two tries of a cascade that was refused and whose files have not changed since: a model
    /// that it names may have arrived.
    static let looksPerTry = 10

    /// Once in a process: Dispatch puts a handler of its own in this place, which must stay.
    private static let keepAlive: Void = { signal(SIGHUP, SIG_IGN) }()

    /// What tells one state of a file from another without reading it.
    private struct FileMark: Equatable {
        var file: UInt64
        var size: Int64
        var seconds: Int
        var nanoseconds: Int

        init?(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            file = UInt64(status.st_ino)
            size = Int64(status.st_size)
            seconds = status.st_mtim.tv_sec
            nanoseconds = status.st_mtim.tv_nsec
        }
    }

    /// - Parameters:
    ///   - slot: of the running pipeline; what it holds was read from `path`.
    ///   - record: writes a cascade that came into use down; tried again until it works.
    init(
        _ slot: CascadeSlot, path: String, logger: Logger,
        record: @escaping @Sendable (Cascade) throws -> Void
    ) {
        self.slot = slot
        self.path = path
        self.logger = logger
        self.record = record
        seen = slot.current.cascade.files.map(FileMark.init)
        timer = DispatchSource.makeTimerSource(queue: queue)
        _ = Self.keepAlive
        hangUp = DispatchSource.makeSignalSource(signal: SIGHUP, queue: queue)
        timer.schedule(deadline: .now() + 1, repeating: 1)
        timer.setEventHandler { [weak self] in self?.look(isAsked: false) }
        hangUp.setEventHandler { [weak self] in self?.look(isAsked: true) }
        timer.resume()
        hangUp.resume()
    }

    /// Stops watching.
    func end() {
        timer.cancel()
        hangUp.cancel()
        queue.sync {}
    }

    /// Looks at once and returns when that is done.
    func lookNow() { queue.sync { look(isAsked: true) } }

    private func look(isAsked: Bool) {
        writeDown()
        let marks = slot.current.cascade.files.map(FileMark.init)
        looksSinceRefusal += 1
        let isDue = refusal != nil && looksSinceRefusal >= Self.looksPerTry
        guard isAsked || marks != seen || isDue else { return }
        if isAsked || marks != seen { refusal = nil }
        seen = marks
        do {
            let cascade = try Cascade(contentsOf: path)
            refusal = nil
            guard cascade.identity != slot.current.identity else {
                if isAsked { logger.notice("the cascade has not changed", metadata: words(cascade)) }
                return
            }
            try slot.replace(with: cascade)
            seen = cascade.files.map(FileMark.init)
            logger.notice("cascade replaced", metadata: words(cascade))
            unrecorded = cascade
            writeDown()
        } catch {
            looksSinceRefusal = 0
            let cause = "\(error)"
            guard cause != refusal else { return }
            refusal = cause
            logger.error("the new cascade is refused, the old one stays in use: \(cause)")
        }
    }

    private func words(_ cascade: Cascade) -> Logger.Metadata {
        let models = cascade.steps.map { "\($0.brick.name) \($0.brick.model.sha256.prefix(12))" }
        return ["cascade": "\(cascade.name)", "models": "\(models.joined(separator: ", "))"]
    }

    private func writeDown() {
        guard let cascade = unrecorded else { return }
        do {
            try record(cascade)
            unrecorded = nil
            recordFault = nil
        } catch {
            let cause = "\(error)"
            if cause != recordFault {
                logger.warning("the new cascade is not in the database yet: \(cause)")
            }
            recordFault = cause
        }
    }
}
