import Foundation
import PostgresClient
import Testing

@testable import vigie

/// What PostgreSQL does on a bad day, done to it under a running service. After each fault the stream is
/// caught up with and every row is that of the fold.
@Suite(.serialized) struct DatabaseFaultTests {
    /// A server that may be killed, for all tests of this suite.
    private static func harmedCluster() throws -> LocalCluster {
        try Site.startCluster("harmed", settings: ["max_connections": "20"])
    }

    /// Runs a service, harms what it stands on, lets it catch up, and compares.
    private func harm(
        _ name: String, _ settings: [String: String] = [:], cluster: LocalCluster? = nil,
        failpoint: String? = nil, _ fault: (ServiceRig, ChildProcess) throws -> Void
    ) throws {
        let rig = try ServiceRig(name, cluster: cluster)
        try rig.send(150)
        let service = try rig.start(settings, failpoint: failpoint)
        #expect(rig.hasDelivered(50))
        try fault(rig, service)
        try rig.send(100)
        #expect(rig.isCaughtUp(), "\(rig.logs)")
        #expect(service.poll() == nil, "it never ended")
        #expect(rig.stop(service) == .exited(0))
        #expect(try rig.violations() == [])
    }

    /// Ends all connections of the service.
    private func cut(_ rig: ServiceRig) throws {
        _ = try rig.inspection().rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'life-%'")
    }

    @Test func `connections that are cut again and again are made again`() throws {
        try harm("cut") { rig, _ in
            for _ in 0..<20 {
                try rig.send(10)
                try cut(rig)
            }
        }
    }

    @Test func `a server that is killed and started again is caught up with`() throws {
        let cluster = try Self.harmedCluster()
        try harm("killed", cluster: cluster) { rig, _ in
            let server = try Self.harmedCluster()
            kill(server.process, SIGKILL)
            try rig.send(50)
            #expect(rig.waits(for: "database"))
            // Its own processes take a moment to notice, and no other server may begin before.
            #expect(rig.wait { (try? Self.harmedCluster()) != nil })
            #expect(rig.waits(for: nil))
        }
    }

    @Test func `a server that stands still meets the deadline and goes on later`() throws {
        let cluster = try Self.harmedCluster()
        try harm("stopped", cluster: cluster) { rig, _ in
            let processes = [cluster.process] + Self.children(of: cluster.process)
            for process in processes { kill(process, SIGSTOP) }
            defer { for process in processes { kill(process, SIGCONT) } }
            try rig.send(50)
            #expect(rig.waits(for: "database"))
        }
    }

    @Test func `rows that another session locks are waited for`() throws {
        try harm("locked") { rig, _ in
            let other = try PostgresConnection(conninfo: rig.database, deadline: .seconds(60))
            try other.execute("BEGIN; SELECT FROM vigie.progress FOR UPDATE")
            try rig.send(50)
            #expect(rig.waits(for: "database"))
            try other.execute("ROLLBACK")
        }
    }

    @Test func `a slow database delays and loses nothing`() throws {
        try harm("slow") { rig, _ in
            try Self.setTrigger(rig, "PERFORM pg_sleep(0.3)")
            let before = try rig.delivered()
            try rig.send(100)
            #expect(rig.wait { (try? rig.delivered()) ?? before != before })
            try Self.setTrigger(rig, "NULL")
        }
    }

    /// Disk full, out of memory, serialization failure, deadlock, lock not available, cancelled, input or
    /// output error, read-only.
    @Test func `refusals that pass by themselves are waited out`() throws {
        let states = ["53100", "53200", "40001", "40P01", "55P03", "57014", "58030", "25006"]
        try harm("refusing") { rig, _ in
            for state in states {
                try Self.setTrigger(rig, "RAISE EXCEPTION 'no' USING ERRCODE = '\(state)'")
                try rig.send(10)
                #expect(rig.wait { rig.inLog("[\(state)]") }, "\(state)")
                try Self.setTrigger(rig, "NULL")
                #expect(rig.isCaughtUp(), "\(state)")
            }
        }
    }

    @Test func `a refusal that waiting does not mend ends the service and loses nothing`() throws {
        let rig = try ServiceRig("refused")
        try rig.send(50)
        let service = try rig.start()
        #expect(rig.isCaughtUp())
        try Self.setTrigger(rig, "RAISE EXCEPTION 'no' USING ERRCODE = '42501'")
        try rig.send(50)
        #expect(service.wait(atMost: .seconds(30)) == .exited(69))
        #expect(service.said.contains("[42501]"))
        try Self.setTrigger(rig, "NULL")
        #expect(try rig.start(untilEnd: true).wait(atMost: .seconds(60)) == .exited(0))
        #expect(try rig.violations() == [])
    }

    @Test func `a disk that is full is waited for`() throws {
        let cluster = try Self.harmedCluster()
        guard let disk = try SmallDisk(logs: try Site.logs("small-disk"), megabytes: 3) else {
            print("not run: only root may mount a small disk")
            return
        }
        try harm("full", cluster: cluster) { rig, _ in
            let inspection = try rig.inspection()
            // Rows of decisions go to the small disk, which something else has filled.
            _ = try inspection.rows("CREATE TABLESPACE small LOCATION '\(disk.folder)'")
            _ = try inspection.rows("ALTER TABLE vigie.decisions SET TABLESPACE small")
            try disk.fill()
            try rig.send(300)
            #expect(rig.wait { rig.inLog("[53100]") })
            #expect(rig.waits(for: "database"))
            disk.free()
            #expect(rig.isCaughtUp())
            _ = try inspection.rows("ALTER TABLE vigie.decisions SET TABLESPACE pg_default")
            _ = try inspection.rows("DROP TABLESPACE small")
        }
    }

    @Test func `a database that became read-only is waited for`() throws {
        try harm("read-only") { rig, _ in
            let name = try rig.inspection().rows("SELECT current_database()")[0]
            func set(_ value: String) throws {
                let administration = try PostgresConnection(
                    conninfo: Site.cluster.get().conninfo(), deadline: .seconds(20))
                try administration.execute(
                    "ALTER DATABASE \(name) SET default_transaction_read_only = \(value)")
            }
            try set("on")
            try cut(rig)
            try rig.send(50)
            #expect(rig.wait { rig.inLog("[25006]") })
            try set("off")
        }
    }

    @Test func `a server without a connection to spare is waited for`() throws {
        let cluster = try Self.harmedCluster()
        try harm("crowded", cluster: cluster) { rig, _ in
            var crowd: [PostgresConnection] = []
            let administration = try PostgresConnection(conninfo: cluster.conninfo(), deadline: .seconds(20))
            func isFull() throws -> Bool {
                do {
                    crowd.append(try PostgresConnection(conninfo: rig.database, deadline: .seconds(20)))
                    return false
                } catch let error as PostgresError where error.code == .connectFailed {
                    return true
                }
            }
            let others = "FROM pg_stat_activity WHERE application_name LIKE 'life-%'"
            let isCrowdedOut = try rig.wait {
                try administration.query("SELECT pg_terminate_backend(pid) \(others)")
                guard try isFull() else { return false }
                return try administration.query("SELECT count(*) \(others)").int64(0, 0) == 0
            }
            #expect(isCrowdedOut)
            try rig.send(50)
            #expect(rig.wait { rig.inLog("too many clients") })
            crowd.removeAll()
        }
    }

    @Test(arguments: [
        "delivery.before_rows:2=error", "delivery.before_commit:2=error", "delivery.after_commit:2=error",
        "checkpoint.before_rows:2=error", "checkpoint.before_commit:2=error",
        "checkpoint.after_commit:2=error",
    ])
    func `a commit whose answer is lost is neither lost nor doubled`(failpoint: String) throws {
        try harm("lost-answer", failpoint: failpoint) { rig, service in
            let sign = "failpoint " + failpoint.prefix { $0 != ":" }
            // Checkpoints are taken while there is something new.
            let isMet = try rig.wait {
                try rig.send(2)
                return rig.inLog(sign)
            }
            #expect(isMet)
        }
    }

    @Test func `memory stays bounded while the database is away`() throws {
        let cluster = try Self.harmedCluster()
        let rig = try ServiceRig("memory", cluster: cluster, partitions: 4)
        try rig.send(200)
        let service = try rig.start()
        #expect(rig.isCaughtUp())
        let other = try PostgresConnection(conninfo: rig.database, deadline: .seconds(60))
        try other.execute("BEGIN; LOCK TABLE vigie.progress IN ACCESS EXCLUSIVE MODE")
        try rig.send(200)
        #expect(rig.wait { rig.status()?.paused == true })
        let before = service.residentKilobytes
        // In step with what the embedded broker keeps, and 40 times what may be in flight.
        for _ in 0..<5 { try rig.send(400) }
        #expect(rig.wait { (rig.status()?.lag ?? 0) >= 8000 })
        let status = try #require(rig.status())
        #expect(status.paused && status.obstacle == "database")
        // 12 batches of 16 records circulate.
        #expect(status.received - status.done <= 12 * 16)
        let grown = service.residentKilobytes - before
        print("memory: \(before) KiB, \(grown) KiB more with \(status.lag ?? 0) records waiting")
        #expect(grown < 32_768)
        try other.execute("ROLLBACK")
        #expect(rig.isCaughtUp(atMost: .seconds(120)))
        #expect(rig.stop(service) == .exited(0))
        #expect(try rig.violations() == [])
    }

    // MARK: - Means

    /// Makes each insertion of decisions do something first.
    private static func setTrigger(_ rig: ServiceRig, _ statement: String) throws {
        let connection = try PostgresConnection(conninfo: rig.database, deadline: .seconds(20))
        try connection.execute(
            """
            CREATE OR REPLACE FUNCTION watch.harm() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN \(statement); RETURN NULL; END $$;
            CREATE OR REPLACE TRIGGER harm BEFORE INSERT ON vigie.decisions
                FOR EACH STATEMENT EXECUTE FUNCTION watch.harm();
            GRANT USAGE ON SCHEMA watch TO public
            """)
    }

    private static func children(of process: Int32) -> [Int32] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { Int32($0) }.filter { number in
            let text = (try? String(contentsOfFile: "/proc/\(number)/stat", encoding: .utf8)) ?? ""
            // After the name in brackets: state, parent.
            let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
            return fields.count > 1 && Int32(fields[1]) == process
        }
    }
}

/// A disk of a few megabytes in memory, mounted for one test.
private final class SmallDisk {
    let folder: String
    private let logs: String
    private var filler: String { folder + "/filler" }

    /// - Returns: `nil` where this user may not mount.
    init?(logs: String, megabytes: Int) throws {
        self.logs = logs
        folder = "/tmp/vigie-small-disk-\(getpid())"
        guard getuid() == 0, let user = getpwnam("postgres")?.pointee else { return nil }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let options = "size=\(megabytes)m,uid=\(user.pw_uid),gid=\(user.pw_gid),mode=700"
        let mount = try ChildProcess(
            ["/bin/mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], log: logs + "/mount.log")
        guard mount.wait(atMost: .seconds(10)) == .exited(0) else { return nil }
    }

    func fill() throws {
        #expect(FileManager.default.createFile(atPath: filler, contents: nil))
        let file = try #require(FileHandle(forWritingAtPath: filler))
        let block = Data(repeating: 1, count: 4096)
        while (try? file.write(contentsOf: block)) != nil {}
        try? file.close()
    }

    func free() { unlink(filler) }

    deinit {
        let unmount = try? ChildProcess(["/bin/umount", "-l", folder], log: logs + "/mount.log")
        _ = unmount?.wait(atMost: .seconds(10))
        rmdir(folder)
    }
}
