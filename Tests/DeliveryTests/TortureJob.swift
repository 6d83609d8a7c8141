import Foundation
import KafkaClient
import Ledger
import PostgresClient

/// One stream and the processes that score it: feeds the one, kills the others, and compares what is in the
/// database with the fold after every death. One thread uses it.
final class TortureJob {
    private let plan: TorturePlan
    private let isBacklog: Bool
    private let job: String
    private let topic: String
    private let words: [String]
    private let conninfo: String
    private let logs: String
    private let key: String
    private let broker: String
    private let inspection: Inspection
    private let fold: ReferenceFold
    private let folded: Ledger
    private let producer: Producer
    private let producerTopic: ProducerTopic
    private var stream: TortureStream
    private var dice: Dice
    private var slots: [Life?]
    private var zombies: [Life] = []
    private var lives = 0
    private var produced: [Int64]
    /// Everything before is compared.
    private var compared: [Int64]
    private var feedAt = ContinuousClock.now
    private var tally = Tally()

    init(_ plan: TorturePlan, number: Int, broker: String, database: String, logs: String) throws {
        self.plan = plan
        isBacklog = plan.isBacklog(job: number)
        self.logs = logs
        self.broker = broker
        conninfo = database
        job = "job-\(number)"
        topic = "stream-\(number)"
        let seed = plan.seed &+ UInt64(number) &* 1_000_003
        dice = Dice(seed: seed)
        stream = TortureStream(seed: seed, partitions: plan.partitions, isCommon: isBacklog)
        words = [Site.program, "run"]
        key = logs + "/pseudonyms.key"
        fold = try ReferenceFold(topic: topic, partitions: plan.partitions, key: key)
        folded = try Ledger.open(conninfo: database, deadline: .seconds(120))
        inspection = try Inspection(database)
        let configuration = KafkaConfiguration(bootstrapServers: broker)
        producer = try Producer(configuration)
        producerTopic = try producer.topic(topic)
        slots = Array(repeating: nil, count: plan.instances)
        produced = Array(repeating: 0, count: plan.partitions)
        compared = produced
    }

    /// Kills until `isEnough`, lets one process finish, and compares everything.
    func run(isEnough: () -> Bool, killed: (Int) -> Void) throws -> Tally {
        while !isEnough() {
            let before = tally.kills
            if isBacklog { try pile() } else { try feed() }
            for slot in slots.indices { try tend(slot) }
            try tendZombies()
            if tally.kills > before { killed(tally.kills - before) }
            if tally.violations.count > 5 { break }
            usleep(1000)
        }
        try finish()
        return tally
    }

    // MARK: - Lives

    private func tend(_ slot: Int) throws {
        guard let life = slots[slot] else {
            let next = Life.Plan.next(&dice, start: plan.startMilliseconds, more: plan.workMilliseconds)
            // Some members die while they join.
            slots[slot] = try start(next, isJoining: plan.isShared && !dice.oneIn(8))
            return
        }
        if let end = life.process.poll() {
            slots[slot] = nil
            try bury(life, end)
            return
        }
        if life.isJoining, .now >= life.lookAt {
            life.lookAt = .now + .milliseconds(50)
            if try inspection.hasClaimed(life.name, job: job) { life.begin() }
        }
        guard ContinuousClock.now >= life.actAt else { return }
        switch life.plan {
        case .failpoint, .kill: life.kill()
        case .terminate:
            life.process.signal(SIGTERM)
            if life.process.wait(atMost: .seconds(30)) == nil {
                violated("\(life.name) did not end within 30 s of SIGTERM: \(life.process.threads)")
                life.kill()
            }
        case .zombie:
            life.process.signal(SIGSTOP)
            life.hasClaimed = try inspection.hasClaimed(life.name, job: job)
            life.wait(until: .now + plan.zombieSleep)
            zombies.append(life)
            slots[slot] = nil
            tally.zombies += 1
        }
        if dice.oneIn(40) { try cutConnections() }
    }

    private func start(_ plan: Life.Plan, isJoining: Bool) throws -> Life {
        lives += 1
        let name = "\(job)-life-\(lives)"
        return try Life(
            name: name, plan: plan, words: words + flags(name), log: logs + "/\(job).log",
            isJoining: isJoining)
    }

    private func flags(_ author: String) -> [String] {
        Site.flags(
            broker: broker, database: "\(conninfo) application_name=\(author)", job: job, topic: topic,
            ["intake.key_file": key].merging(plan.settings) { _, given in given })
    }

    /// Counts a death and looks at what it left behind.
    private func bury(_ life: Life, _ end: ChildProcess.End) throws {
        switch (end, life.plan) {
        case (.killed(SIGKILL), .failpoint(let point, _, _)) where !life.wasKilled:
            tally.killed(at: point.rawValue)
        case (.killed(SIGKILL), _): tally.killed(at: "any moment")
        case (.exited(0), .terminate): tally.terminated += 1
        // Asked before the program had begun: it obeyed as well.
        case (.killed(SIGTERM), .terminate) where try !inspection.hasClaimed(life.name, job: job):
            tally.terminated += 1
        // Another instance took over: the heir of a zombie, or a zombie that only then came to claim.
        case (.exited(75), _) where try inspection.isTakenOver(life.name, job: job): tally.fenced += 1
        default: violated("\(life.name) ended by itself: \(end); see \(logs)/\(job).log")
        }
        // Only what nobody reads can grow into a backlog.
        if isBacklog, dice.oneIn(3) { for other in slots { other?.kill() } }
        try compareNext()
    }

    private func tendZombies() throws {
        for (place, life) in zombies.enumerated().reversed() where ContinuousClock.now >= life.actAt {
            if let end = life.process.poll() {
                zombies.remove(at: place)
                try bury(life, end)
            } else if life.isAwake {
                // In a group it may have joined again, which is its right; alone it had to give up at the
                // next record.
                if !plan.isShared, !isBacklog, life.hasClaimed {
                    violated("\(life.name) lives on beside its heir")
                }
                life.kill()
                life.wait(until: .now)
            } else {
                life.isAwake = true
                life.process.signal(SIGCONT)
                life.wait(until: .now + (isBacklog ? .seconds(1) : plan.zombiePatience))
            }
        }
    }

    private func cutConnections() throws {
        tally.connectionsCut += 1
        _ = try inspection.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE $1",
            [.text(job + "-life-%")])
    }

    // MARK: - Stream

    /// Sends a few records at a time while anybody reads, never far ahead of what is durable: the embedded
    /// broker forgets.
    private func feed() throws {
        guard .now >= feedAt else { return }
        feedAt = .now + plan.feedPause
        for partition in produced.indices {
            guard produced[partition] - compared[partition] < 3000 else { continue }
            for _ in 0..<dice.roll(1...max(1, 16 / plan.partitions)) { try send(Int32(partition)) }
        }
    }

    /// Sends some hundred records when no process is left, most of them to the first partitions.
    private func pile() throws {
        guard zombies.isEmpty, slots.allSatisfy({ $0 == nil }) else { return }
        for _ in 0..<dice.roll(100...900) {
            let partition = min(dice.roll(1...plan.partitions), dice.roll(1...plan.partitions)) - 1
            if produced[partition] - compared[partition] < 3000 { try send(Int32(partition)) }
        }
        try producer.flush(timeout: .seconds(60))
    }

    private func send(_ partition: Int32) throws {
        let record = stream.next(partition: partition)
        fold.read(record)
        try producer.produce(
            to: producerTopic, partition: partition, key: nil, payload: record.bytes,
            timestampMilliseconds: record.time.milliseconds)
        produced[Int(partition)] += 1
    }

    // MARK: - Comparison

    /// P2, P5: everything before `delivered_offset` is there once, right after a death.
    private func compareNext() throws {
        let next = try inspection.deliveredOffsets(job: job, topic: topic, partitions: plan.partitions)
        for partition in next.indices where next[partition] != compared[partition] {
            guard next[partition] > compared[partition] else {
                violated("progress of \(partition) went back to \(next[partition])")
                continue
            }
            let range = compared[partition]..<next[partition]
            let counts = try inspection.rowCounts(job: job, topic: topic, partition: partition, in: range)
            let fates = fold.fates[partition][Int(range.lowerBound)..<Int(range.upperBound)]
            let decided = fates.count { $0 == .decided }
            let letters = fates.count { $0 == .deadLettered }
            if counts.decided != decided || counts.deadLettered != letters {
                violated(
                    "partition \(partition), offsets \(range): \(counts) rows instead of "
                        + "(\(decided), \(letters))")
            }
            compared[partition] = next[partition]
        }
    }

    private func violated(_ promise: String) { tally.violations.append(promise) }

    /// The last fault is over: the stream is caught up with, and every row is compared.
    private func finish() throws {
        for life in slots.compactMap({ $0 }) + zombies {
            life.process.signal(SIGCONT)
            life.kill()
            if let end = life.process.wait(atMost: .seconds(10)) { try bury(life, end) }
        }
        zombies = []
        for partition in produced.indices { for _ in 0..<40 { try send(Int32(partition)) } }
        try producer.flush(timeout: .seconds(60))
        if producer.counts.failed > 0 { throw SiteError("the broker refused records") }
        let started = ContinuousClock.now
        if plan.isShared { try recoverTogether() } else { try recoverAlone() }
        tally.recoverySeconds = (ContinuousClock.now - started) / .seconds(1)
        if compared != produced { violated("progress \(compared) of \(produced); see \(logs)/\(job).log") }
        try fold.deliver(to: folded, job: "fold-" + job)
        tally.violations += try inspection.differences(job, "fold-" + job)
        tally.violations += try inspection.stepsBack(job: job)
        tally.violations += try inspection.staleRows(job: job)
        tally.records = Int(produced.reduce(0, +))
        tally.alerts = Int(
            try inspection.number("SELECT count(*) FROM vigie.alerts WHERE job = $1", [.text(job)]))
        tally.deadLetters = fold.fates.joined().count { $0 == .deadLettered }
        tally.repeated = fold.fates.joined().count { $0 == .repeated }
    }

    /// One process goes to the end.
    private func recoverAlone() throws {
        let last = try ChildProcess(
            words + ["--until-end"] + flags("\(job)-last"), log: logs + "/\(job).log")
        let end = last.wait(atMost: plan.recoveryDeadline)
        if end != .exited(0) { violated("the last process: \(end.map { "\($0)" } ?? "still behind")") }
        try compareNext()
    }

    /// As many as before go to the end, each with its share, and are then asked to end.
    private func recoverTogether() throws {
        let last = try (1...plan.instances).map {
            try ChildProcess(words + flags("\(job)-last-\($0)"), log: logs + "/\(job).log")
        }
        let deadline = ContinuousClock.now + plan.recoveryDeadline
        while compared != produced, .now < deadline {
            usleep(50_000)
            try compareNext()
        }
        for process in last { process.signal(SIGTERM) }
        for (place, process) in last.enumerated() {
            let end = process.wait(atMost: .seconds(60))
            if end == .exited(0) { continue }
            violated("the last process \(place): \(end.map { "\($0)" } ?? "lives on")")
        }
    }
}
