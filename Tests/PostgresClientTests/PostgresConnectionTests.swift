import Foundation
import PostgresClient
import Testing

@Suite struct PostgresConnectionTests {
    @Test func `values go in and come back the same in both formats`() throws {
        let connection = try TestCluster.connection()
        let text = "quote ' \" \\ {,} NULL é 漢 🙂"
        let sql = """
            SELECT $1::bigint, $2::double precision, $3::text, $4::bool, $5::bytea, $6::text, $7::integer, \
            $8::smallint, $9::real, $10::jsonb
            """
        let values: [PostgresValue] = [
            .int8(.min), .float8(0.1), .text(text), .bool(true), .bytea([0, 255, 92]), .null, .int4(-7),
            .int2(9), .float4(1.5), .jsonb("{\"a\": 1}"),
        ]
        for format in [PostgresFormat.text, .binary] {
            let rows = try connection.query(sql, values, format: format)
            #expect(try rows.int64(0, 0) == .min)
            #expect(try rows.double(0, 1) == 0.1)
            #expect(try rows.string(0, 2) == text)
            #expect(try rows.bool(0, 3) == true)
            #expect(try rows.bytes(0, 4) == [0, 255, 92])
            #expect(try rows.string(0, 5) == nil)
            #expect(try rows.isNull(0, 5))
            #expect(try rows.int64(0, 6) == -7)
            #expect(try rows.int64(0, 7) == 9)
            #expect(try rows.double(0, 8) == 1.5)
            #expect(try rows.string(0, 9) == "{\"a\": 1}")
        }
    }

    @Test(arguments: [-62_135_596_800_000, -1, 0, 1, 946_684_799_999, 1_700_000_000_123])
    func `a moment keeps its millisecond`(milliseconds: Int) throws {
        let connection = try TestCluster.connection()
        let value = PostgresValue.timestamptz(milliseconds: Int64(milliseconds))
        let rows = try connection.query("SELECT $1::timestamptz", [value], format: .binary)
        #expect(try rows.milliseconds(0, 0) == Int64(milliseconds))
    }

    @Test(arguments: [Int64.min, .max])
    func `a moment outside the calendar is kept inside it`(milliseconds: Int64) throws {
        let connection = try TestCluster.connection()
        let value = PostgresValue.timestamptz(milliseconds: milliseconds)
        let year = try connection.query(
            "SELECT extract(year FROM $1::timestamptz AT TIME ZONE 'UTC')::int", [value]
        ).int64(0, 0)
        #expect(year == (milliseconds < 0 ? 1 : 9999))
    }

    @Test func `NUL in a text becomes the replacement character`() throws {
        let connection = try TestCluster.connection()
        let rows = try connection.query("SELECT $1::text", [.text("a\u{0}b")])
        #expect(try rows.string(0, 0) == "a\u{FFFD}b")
    }

    @Test func `reading a column as another type is an error, not a crash`() throws {
        let connection = try TestCluster.connection()
        let rows = try connection.query("SELECT 'word'::text AS word", format: .binary)
        #expect(throws: PostgresError.self) { try rows.int64(0, 0) }
        #expect(throws: PostgresError.self) { try rows.string(0, 1) }
        #expect(throws: PostgresError.self) { try rows.string(1, 0) }
    }

    @Test func `an error names its SQLSTATE and leaves the connection usable`() throws {
        let connection = try TestCluster.connection()
        try connection.execute("CREATE TABLE t (id int PRIMARY KEY)")
        try connection.execute("INSERT INTO t VALUES (4242)")
        let error = #expect(throws: PostgresError.self) {
            try connection.execute("INSERT INTO t VALUES (4242)")
        }
        #expect(error?.sqlState == "23505")
        #expect(error?.isRetriable == false)
        #expect(error?.description.contains("4242") == false, "the DETAIL line quotes the key")
        #expect(try connection.query("SELECT 1").int64(0, 0) == 1)
    }

    @Test func `the error of a bad value does not repeat the value`() throws {
        let connection = try TestCluster.connection()
        let error = #expect(throws: PostgresError.self) {
            try connection.query("SELECT $1::text::bigint", [.text("4111111111111111x")])
        }
        #expect(error?.sqlState == "22P02")
        #expect(error?.description.contains("4111") == false)
    }

    @Test func `a connection string that cannot be read is not repeated`() {
        let error = #expect(throws: PostgresError.self) {
            try PostgresConnection(conninfo: "password hunter2")
        }
        #expect(error?.code == .invalidInput)
        #expect(error?.description.contains("hunter2") == false)
    }

    @Test func `no server gives a retriable error`() {
        let error = #expect(throws: PostgresError.self) {
            try PostgresConnection(conninfo: "host=/nonexistent", deadline: .seconds(2))
        }
        #expect(error?.code == .connectFailed)
        #expect(error?.isRetriable == true)
    }

    @Test func `a transaction that throws leaves nothing`() throws {
        struct Stop: Error {}
        let connection = try TestCluster.connection()
        try connection.execute("CREATE TABLE t (id int)")
        #expect(throws: Stop.self) {
            try connection.transaction {
                try connection.execute("INSERT INTO t VALUES (1)")
                throw Stop()
            }
        }
        #expect(try connection.query("SELECT count(*) FROM t").int64(0, 0) == 0)
        #expect(!connection.isInTransaction)
    }

    @Test func `a statement is prepared once and used again`() throws {
        let connection = try TestCluster.connection()
        let statement = PostgresStatement("test.twice", "SELECT $1::bigint * 2")
        #expect(try connection.query(statement, [.int8(4)]).int64(0, 0) == 8)
        #expect(try connection.query(statement, [.int8(5)]).int64(0, 0) == 10)
        #expect(try connection.query("SELECT count(*) FROM pg_prepared_statements").int64(0, 0) == 1)
    }

    @Test func `a stopped server process meets the deadline and the connection is closed`() throws {
        let connection = try TestCluster.connection()
        let process = connection.serverProcess
        #expect(kill(process, SIGSTOP) == 0)
        defer { _ = kill(process, SIGCONT) }
        let start = ContinuousClock.now
        let error = #expect(throws: PostgresError.self) {
            try connection.query("SELECT 1", deadline: .milliseconds(200))
        }
        #expect(error?.code == .deadlineExceeded)
        #expect(error?.isRetriable == true)
        #expect(!connection.isOpen)
        #expect(ContinuousClock.now - start < .seconds(2))
        let later = #expect(throws: PostgresError.self) { try connection.query("SELECT 1") }
        #expect(later?.code == .closed)
    }

    @Test func `a large parameter to a stopped server meets the deadline too`() throws {
        let connection = try TestCluster.connection()
        let process = connection.serverProcess
        #expect(kill(process, SIGSTOP) == 0)
        defer { _ = kill(process, SIGCONT) }
        let error = #expect(throws: PostgresError.self) {
            let value = PostgresValue.bytea([UInt8](repeating: 1, count: 8 << 20))
            try connection.query("SELECT length($1::bytea)", [value], deadline: .milliseconds(200))
        }
        #expect(error?.code == .deadlineExceeded)
    }

    @Test func `a terminated server process is a lost connection, retriable`() throws {
        let connection = try TestCluster.connection()
        let admin = try PostgresConnection(conninfo: TestCluster.shared.get().conninfo())
        try admin.query(
            "SELECT pg_terminate_backend($1, 5000)", [.int4(connection.serverProcess)])
        let error = #expect(throws: PostgresError.self) { try connection.query("SELECT 1") }
        #expect(error?.isRetriable == true)
        #expect(!connection.isOpen)
    }

    @Test func `large values pass both ways`() throws {
        let connection = try TestCluster.connection()
        let bytes = (0..<(4 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let rows = try connection.query("SELECT $1::bytea", [.bytea(bytes)], format: .binary)
        #expect(try rows.bytes(0, 0) == bytes)
    }
}
