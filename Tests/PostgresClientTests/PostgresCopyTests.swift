import PostgresClient
import Testing

@Suite struct PostgresCopyTests {
    @Test func `rows are loaded in binary format`() throws {
        let connection = try TestCluster.connection()
        try connection.execute("CREATE TABLE t (a bigint, b text, c double precision, d timestamptz, e bool)")
        var rows = PostgresCopyRows(columnCount: 5)
        for number in 0..<20_000 {
            rows.beginRow()
            rows.append(Int64(number))
            if number == 7 { rows.appendNull() } else { rows.append("tab\t and 'quote' \(number)") }
            rows.append(Double(number) / 3)
            rows.append(milliseconds: Int64(number))
            rows.append(number % 2 == 0)
        }
        #expect(try connection.copy(into: "t (a, b, c, d, e)", rows) == 20_000)
        let found = try connection.query("SELECT b, c FROM t WHERE a IN (7, 8) ORDER BY a")
        #expect(try found.string(0, 0) == nil)
        #expect(try found.string(1, 0) == "tab\t and 'quote' 8")
        #expect(try found.double(1, 1) == Double(8) / 3)
    }

    @Test func `rows are loaded in text format, cut anywhere`() throws {
        let connection = try TestCluster.connection()
        try connection.execute("CREATE TABLE t (a bigint, b text)")
        let chunks = ["1\ton", "e\n2\t", "two\n"].map { Array($0.utf8) }
        #expect(try connection.copy("COPY t FROM STDIN", chunks) == 2)
        #expect(try connection.query("SELECT b FROM t WHERE a = 1").string(0, 0) == "one")
    }

    @Test func `a load that fails loads nothing and leaves the connection usable`() throws {
        let connection = try TestCluster.connection()
        try connection.execute("CREATE TABLE t (a bigint)")
        let error = #expect(throws: PostgresError.self) {
            try connection.copy("COPY t FROM STDIN", [Array("1\nnot a number\n".utf8)])
        }
        #expect(error?.sqlState == "22P02")
        #expect(error?.description.contains("not a number") == false)
        #expect(try connection.query("SELECT count(*) FROM t").int64(0, 0) == 0)
    }

    @Test func `COPY through the ordinary call is refused instead of hanging`() throws {
        let connection = try TestCluster.connection()
        try connection.execute("CREATE TABLE t (a bigint)")
        #expect(throws: PostgresError.self) { try connection.execute("COPY t FROM STDIN") }
        #expect(!connection.isOpen)
    }
}
