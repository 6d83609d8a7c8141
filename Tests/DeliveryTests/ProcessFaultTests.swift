import Banking
import Foundation
import Testing

@testable import vigie

/// What happens to processes on a bad day. After each fault the stream is caught up with and every row is
/// that of the fold.
@Suite(.serialized) struct ProcessFaultTests {
    private static let group = BrokerFaultTests.group

    /// Places that only a member of a group comes by.
    private static let release: Set<Failpoint> = [.beforeRelease, .afterRelease]

    /// Waits for a process that is to be killed, sending meanwhile.
    private func dies(_ process: ChildProcess, _ rig: ServiceRig) throws -> Bool {
        try rig.wait {
            try rig.send(3)
            return process.poll() != nil
        } && process.poll() == .killed(signal: SIGKILL)
    }

    private func finish(_ rig: ServiceRig) throws {
        #expect(try rig.start(untilEnd: true).wait(atMost: .seconds(60)) == .exited(0))
        #expect(try rig.delivered() == rig.produced)
        #expect(try rig.violations() == [])
    }

    @Test func `each failpoint is come by, and nothing is lost or doubled by a death at it`() throws {
        let rig = try ServiceRig("failpoints")
        for point in Failpoint.allCases where !Self.release.contains(point) {
            let process = try rig.start(failpoint: point.rawValue + "=kill")
            let isDead = try dies(process, rig)
            #expect(isDead, "\(point.rawValue), \(process.log)")
        }
        try finish(rig)
    }

    @Test func `a member that dies while it gives partitions up is replaced`() throws {
        let rig = try ServiceRig("member-deaths")
        for point in Self.release {
            let member = try rig.start(Self.group, failpoint: point.rawValue + "=kill")
            #expect(member.says("assigned: [0, 1]"))
            // Another one that joins makes the first one give partitions up.
            let other = try rig.start(Self.group)
            let isDead = try dies(member, rig)
            #expect(isDead, "\(point.rawValue), \(member.log)")
            #expect(rig.isCaughtUp(), "\(point.rawValue), \(other.log)")
            #expect(rig.stop(other) == .exited(0))
        }
        try finish(rig)
    }

    @Test func `a zombie of a group is fenced and takes part again`() throws {
        let rig = try ServiceRig("group-zombie")
        let members = [try rig.start(Self.group), try rig.start(Self.group)]
        try rig.send(50)
        let areTwo = rig.wait {
            members.allSatisfy { $0.said.contains("assigned: [0]") || $0.said.contains("assigned: [1]") }
        }
        #expect(areTwo, "\(rig.logs)")
        #expect(rig.isCaughtUp())
        members[0].signal(SIGSTOP)
        try rig.send(50)
        // The other one delivers both partitions: the zombie's session is over.
        #expect(rig.isCaughtUp())
        #expect(members[1].says("assigned: [0, 1]"))
        members[0].signal(SIGCONT)
        let isSo = try rig.wait {
            try rig.send(3)
            return members[0].said.contains("another instance goes on")
                || members[0].said.contains("lost") || members[0].said.contains("revoked")
        }
        #expect(isSo)
        #expect(rig.isCaughtUp())
        for member in members { #expect(rig.stop(member) == .exited(0), "\(member.log)") }
        try finish(rig)
    }

    @Test func `members come and go under load`() throws {
        let rig = try ServiceRig("coming-and-going", partitions: 4)
        var members: [ChildProcess] = []
        for round in 0..<3 {
            members.append(try rig.start(Self.group))
            let isSo = try rig.wait {
                try rig.send(3)
                return members.last?.said.contains("assigned: [") == true
            }
            #expect(isSo, "\(round)")
            if round > 0 { #expect(rig.stop(members.removeFirst()) == .exited(0)) }
        }
        #expect(rig.isCaughtUp())
        for member in members { #expect(rig.stop(member) == .exited(0)) }
        try finish(rig)
    }

    @Test(arguments: ["delivery.before_rows", "delivery.before_commit"])
    func `the heir of a process that stands still inside a transaction gets the rows`(
        failpoint: String
    ) throws {
        let rig = try ServiceRig("locked-rows")
        let zombie = try rig.start(
            ["postgres.idle_in_transaction_seconds": "5"], failpoint: failpoint + ":2=stop")
        let state = "/proc/\(zombie.number)/stat"
        let isSo = try rig.wait {
            try rig.send(3)
            return try String(contentsOfFile: state, encoding: .utf8).contains(") T ")
        }
        #expect(isSo)
        let heir = try rig.start()
        #expect(heir.says("the claim waits"))
        #expect(rig.isCaughtUp())
        zombie.signal(SIGCONT)
        #expect(zombie.wait(atMost: .seconds(30)) == .exited(75))
        #expect(rig.stop(heir) == .exited(0))
        try finish(rig)
    }

    @Test func `a signal that comes early is obeyed`() throws {
        let logs = try Site.logs("early-signals")
        for number in 0..<8 {
            let process = try ChildProcess([Site.program, "broker"], log: logs + "/broker-\(number).log")
            // The address is written before the program waits for signals.
            #expect(process.says("127.0.0.1:"))
            process.signal(SIGTERM)
            #expect(process.wait(atMost: .seconds(30)) == .exited(0))
        }
        let rig = try ServiceRig("early-stop")
        var dice = Dice(seed: 1)
        var ends: [ChildProcess.End?] = []
        for _ in 0..<10 {
            try rig.send(2)
            let process = try rig.start()
            usleep(UInt32(dice.roll(0...200_000)))
            ends.append(rig.stop(process))
        }
        // Before its first instruction a program has no say.
        #expect(ends.allSatisfy { $0 == .exited(0) || $0 == .killed(signal: SIGTERM) }, "\(rig.logs)")
        #expect(ends.contains(.exited(0)))
        try finish(rig)
    }

    @Test func `a log that cannot be written stops nothing`() throws {
        let rig = try ServiceRig("full-log")
        try rig.send(100)
        let flags = Site.flags(
            broker: rig.address, database: "\(rig.database) application_name=full", job: rig.job,
            topic: rig.topic, ["intake.key_file": rig.logs + "/pseudonyms.key", "log.level": "debug"])
        let service = try ChildProcess([Site.program, "run"] + flags, log: "/dev/full")
        #expect(rig.isCaughtUp())
        #expect(rig.stop(service) == .exited(0))
        try finish(rig)
    }

    @Test func `too few files to open are a clear error, and as many as it asks for are enough`() throws {
        let rig = try ServiceRig("few-files")
        try rig.send(50)
        for descriptors in [16, 64, 255] {
            let service = try rig.start(descriptors: descriptors)
            #expect(service.wait(atMost: .seconds(60)) == .exited(64))
            #expect(service.said.contains("only \(descriptors) files may be open"))
        }
        let service = try rig.start(untilEnd: true, descriptors: 256)
        #expect(service.wait(atMost: .seconds(60)) == .exited(0))
        try finish(rig)
    }
}
