import Banking
import Foundation

/// One process of the service from its start to its violent end.
final class Life {
    /// How it is to end.
    enum Plan {
        /// At a named place, the hit-th time; at `deadline` after the start if it does not come by.
        case failpoint(Failpoint, hit: Int, deadline: Duration)
        case kill(after: Duration)
        /// SIGSTOP; another takes its place; SIGCONT when that one works.
        case zombie(after: Duration)
        case terminate(after: Duration)
    }

    let name: String
    let plan: Plan
    let process: ChildProcess
    private(set) var actAt: ContinuousClock.Instant
    /// Its time begins when it owns partitions: a member of a group waits for them for seconds.
    private(set) var isJoining: Bool
    /// When to look next whether it does.
    var lookAt = ContinuousClock.now
    private let time: Duration
    /// The harness itself has sent SIGKILL.
    private(set) var wasKilled = false
    /// A zombie that was sent SIGCONT.
    var isAwake = false
    /// It owned partitions, a zombie when it was stopped. Another zombie is only late: it has yet to claim.
    var hasClaimed = false

    /// - Parameter isJoining: its time begins later, by `begin`.
    init(name: String, plan: Plan, words: [String], log: String, isJoining: Bool = false) throws {
        self.name = name
        self.plan = plan
        var environment: [String: String] = [:]
        switch plan {
        case .failpoint(let point, let hit, let deadline):
            environment["VIGIE_FAILPOINT"] = "\(point.rawValue):\(hit)=kill"
            time = deadline
        case .kill(let after), .zombie(let after), .terminate(let after): time = after
        }
        self.isJoining = isJoining
        process = try ChildProcess(words, environment: environment, log: log)
        actAt = .now + (isJoining ? .seconds(20) : time)
    }

    /// It owns partitions.
    func begin() {
        isJoining = false
        hasClaimed = true
        actAt = .now + time
    }

    func kill() {
        wasKilled = true
        process.signal(SIGKILL)
    }

    func wait(until time: ContinuousClock.Instant) { actAt = time }
}

extension Life.Plan {
    /// How the next life ends. About half die at a failpoint, most others at any moment, a few hang or
    /// are asked politely.
    /// - Parameters:
    ///   - start: what a process needs to get going, in milliseconds.
    ///   - more: how much longer it may work, in milliseconds.
    static func next(_ dice: inout Dice, start: Int, more: Int) -> Life.Plan {
        switch dice.roll(1...20) {
        case 1...10:
            // Assignment comes by once in a life, the others often.
            let point = dice.pick(Failpoint.allCases)
            let isOnce = point.rawValue.hasPrefix("assignment.")
            let hit = isOnce ? 1 : dice.oneIn(2) ? 1 : dice.roll(1...12)
            return .failpoint(point, hit: hit, deadline: .milliseconds(start + max(1500, more)))
        case 11...17: return .kill(after: .milliseconds(start / 2 + dice.roll(20...more)))
        case 18: return .zombie(after: .milliseconds(start + dice.roll(20...more)))
        case 19: return .terminate(after: .milliseconds(start + dice.roll(20...more)))
        default: return .kill(after: .milliseconds(dice.roll(1...start)))
        }
    }
}

/// What happened, counted.
struct Tally: Sendable {
    var kills = 0
    var killsByPlace: [String: Int] = [:]
    var zombies = 0
    var fenced = 0
    var terminated = 0
    var connectionsCut = 0
    var records = 0
    var alerts = 0
    var deadLetters = 0
    var repeated = 0
    var recoverySeconds = 0.0
    var violations: [String] = []

    mutating func killed(at place: String) {
        kills += 1
        killsByPlace[place, default: 0] += 1
    }

    static func + (one: Tally, other: Tally) -> Tally {
        var sum = one
        sum.kills += other.kills
        sum.killsByPlace.merge(other.killsByPlace, uniquingKeysWith: +)
        sum.zombies += other.zombies
        sum.fenced += other.fenced
        sum.terminated += other.terminated
        sum.connectionsCut += other.connectionsCut
        sum.records += other.records
        sum.alerts += other.alerts
        sum.deadLetters += other.deadLetters
        sum.repeated += other.repeated
        sum.recoverySeconds = max(sum.recoverySeconds, other.recoverySeconds)
        sum.violations += other.violations
        return sum
    }
}

extension Tally: CustomStringConvertible {
    var description: String {
        let places = killsByPlace.sorted { $0.key < $1.key }.map { "  \($0.key): \($0.value)" }
        return """
            \(kills) SIGKILLs, \(zombies) zombies of which \(fenced) ended fenced, \(terminated) SIGTERMs, \
            \(connectionsCut) times all database connections cut
            \(records) records: \(alerts) alerts, \(deadLetters) dead letters, \(repeated) repeated
            slowest recovery after the last kill: \(String(format: "%.1f", recoverySeconds)) s
            SIGKILLs by place:
            \(places.joined(separator: "\n"))
            violations: \(violations.count)
            \(violations.prefix(20).joined(separator: "\n"))
            """
    }
}
