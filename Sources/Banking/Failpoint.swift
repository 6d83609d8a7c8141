import Glibc
import Synchronization

/// Named places on the way of a record, where a test makes the process die, hang or fail.
///
/// Off unless `VIGIE_FAILPOINT` is set, and then a place costs one load. `NAME[:HIT]=ACTION[:MILLISECONDS]`:
/// `delivery.before_commit:7=kill` kills the process when it comes by for the seventh time. The names, and
/// what is proven with them, are in `docs/delivery.md`.
public enum Failpoint: String, CaseIterable, Sendable {
    case afterPoll = "reception.after_poll"
    case beforeFacts = "historian.before_facts"
    case afterFacts = "historian.after_facts"
    case beforeScores = "scoring.before_scores"
    case afterScores = "scoring.after_scores"
    case beforeDeadLetters = "clerk.before_dead_letters"
    case afterDeadLetters = "clerk.after_dead_letters"
    case beforeDelivery = "clerk.before_delivery"
    case deliveryBeforeRows = "delivery.before_rows"
    case deliveryBeforeCommit = "delivery.before_commit"
    case deliveryAfterCommit = "delivery.after_commit"
    case checkpointBeforeRows = "checkpoint.before_rows"
    case checkpointBeforeCommit = "checkpoint.before_commit"
    case checkpointAfterCommit = "checkpoint.after_commit"
    case beforeAdvance = "clerk.before_advance"
    case beforeClaim = "assignment.before_claim"
    case afterClaim = "assignment.after_claim"
    case afterRestore = "assignment.after_restore"
    case beforeRelease = "assignment.before_release"
    case afterRelease = "assignment.after_release"

    /// What happens at the place.
    public enum Action: Equatable, Sendable {
        /// SIGKILL to this process.
        case kill
        /// SIGSTOP to this process, which goes on with SIGCONT.
        case stop
        /// A passing database fault. Only places inside the ledger's transactions can fail.
        case error
        case delay(milliseconds: UInt32)
    }

    /// What the environment asks for.
    struct Plan: Equatable, Sendable {
        var point: Failpoint
        /// Which time of coming by is meant, from 1.
        var hit: Int
        var action: Action
    }

    /// Whether `error` may be asked for here.
    var canFail: Bool {
        switch self {
        case .deliveryBeforeRows, .deliveryBeforeCommit, .deliveryAfterCommit, .checkpointBeforeRows,
            .checkpointBeforeCommit, .checkpointAfterCommit, .beforeClaim, .afterClaim:
            true
        default: false
        }
    }

    private static let environment = getenv("VIGIE_FAILPOINT").map { String(cString: $0) }
    private static let plan = environment.flatMap { try? read($0) }
    private static let hits = Atomic(0)

    /// Passes the place; does what is planned for it.
    /// - Throws: `FailpointError` where the plan is `error`.
    @inline(__always)
    public func pass() throws(FailpointError) {
        if Self.plan != nil { try act() }
    }

    /// The same for places that cannot fail.
    @inline(__always)
    public func reach() {
        if Self.plan != nil { try? act() }
    }

    private func act() throws(FailpointError) {
        guard let plan = Self.plan, plan.point == self,
            Self.hits.add(1, ordering: .relaxed).newValue == plan.hit
        else { return }
        switch plan.action {
        case .kill: _ = Glibc.kill(getpid(), SIGKILL)
        // To this thread: to the process, another thread could take it while this one runs on.
        case .stop: _ = raise(SIGSTOP)
        case .error: throw FailpointError(cause: "failpoint \(rawValue)")
        case .delay(let milliseconds): usleep(milliseconds * 1000)
        }
    }

    /// Checks `VIGIE_FAILPOINT`; called once at the start of a program.
    /// - Returns: what is set, for the log; `nil` when nothing is.
    public static func configured() throws(FailpointError) -> String? {
        guard let environment else { return nil }
        _ = try read(environment)
        return environment
    }

    static func read(_ text: String) throws(FailpointError) -> Plan {
        let halves = text.split(separator: "=", omittingEmptySubsequences: false)
        let place = halves[0].split(separator: ":", omittingEmptySubsequences: false)
        guard halves.count == 2, place.count <= 2, let point = Failpoint(rawValue: String(place[0])),
            let hit = Int(place.count == 2 ? place[1] : "1"), hit > 0,
            let action = action(String(halves[1])), action != .error || point.canFail
        else {
            throw FailpointError(
                cause: "VIGIE_FAILPOINT is NAME[:HIT]=kill|stop|error|delay:MILLISECONDS, not '\(text)'; "
                    + "names: \(allCases.map(\.rawValue).joined(separator: ", ")); "
                    + "errors: \(allCases.filter(\.canFail).map(\.rawValue).joined(separator: ", "))")
        }
        return Plan(point: point, hit: hit, action: action)
    }

    private static func action(_ text: String) -> Action? {
        switch text {
        case "kill": return .kill
        case "stop": return .stop
        case "error": return .error
        default:
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0] == "delay" else { return nil }
            return UInt32(parts[1]).flatMap { $0 <= 60_000 ? .delay(milliseconds: $0) : nil }
        }
    }
}

/// A fault that was asked for, or a `VIGIE_FAILPOINT` that cannot be read.
public struct FailpointError: Error, Equatable, Sendable, CustomStringConvertible {
    public let cause: String
    public var description: String { cause }
}
