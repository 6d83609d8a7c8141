import Ledger
import PostgresClient
import Testing

/// Locks of an instance that stands still, or holds on for long, must not stop its heir for ever.
@Suite struct LocksTests {
    private static let lockProgress = "BEGIN; UPDATE vigie.progress SET updated_at = now()"

    private func claim(_ ledger: Ledger) throws -> Int64? {
        try ledger.claim(job: "live", topic: "transactions", partitions: [0], clusterID: "c1").first?.epoch
    }

    @Test func `the locks of a process that stands still inside a transaction are let go`() throws {
        let conninfo = try TestLedger.database()
        let zombie = try Ledger.open(
            conninfo: conninfo, role: .writer, deadline: .seconds(20), idleInTransaction: .milliseconds(200))
        let heir = try TestLedger.ledger(conninfo)
        #expect(try claim(zombie) == 1)
        try zombie.connection.execute(Self.lockProgress)
        // Waits until the server has ended the other session.
        #expect(try claim(heir) == 2)
        let error = #expect(throws: LedgerError.self) { try zombie.progress(job: "live") }
        #expect(error?.isRetriable == true)
        try zombie.reconnect()
        #expect(try zombie.progress(job: "live").first?.epoch == 2)
    }

    @Test func `rows that are locked for too long are a fault that passes and keeps the connection`() throws {
        let conninfo = try TestLedger.database()
        let ledger = try Ledger.open(conninfo: conninfo, role: .writer, deadline: .milliseconds(500))
        #expect(try claim(ledger) == 1)
        let other = try TestLedger.connection(conninfo)
        try other.execute(Self.lockProgress)
        let error = #expect(throws: LedgerError.self) { try claim(ledger) }
        #expect(error?.isRetriable == true)
        if case .postgres(let cause) = error?.code { #expect(cause.sqlState == "55P03") }
        #expect(ledger.isOpen)
        try other.execute("ROLLBACK")
        #expect(try claim(ledger) == 2)
    }
}
