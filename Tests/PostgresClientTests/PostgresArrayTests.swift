import PostgresClient
import Testing

@Suite struct PostgresArrayTests {
    @Test func `texts with quotes, braces, commas and other scripts arrive as they are`() throws {
        let connection = try TestCluster.connection()
        let texts = ["", "it's", "\"{a,b}\"", "back\\slash", "NULL", "Zoé 漢字 🙂", "line\nbreak\t"]
        var array = PostgresArray(of: .text)
        for text in texts { array.append(text) }
        array.appendNull()
        let rows = try connection.query(
            "SELECT v FROM unnest($1::text[]) WITH ORDINALITY AS u (v, n) ORDER BY n", [.array(array)])
        #expect(try (0..<rows.count).map { try rows.string($0, 0) } == texts + [nil])
    }

    @Test func `every element type arrives exactly`() throws {
        let connection = try TestCluster.connection()
        var bigints = PostgresArray(of: .int8)
        var integers = PostgresArray(of: .int4)
        var doubles = PostgresArray(of: .float8)
        var floats = PostgresArray(of: .float4)
        var bools = PostgresArray(of: .bool)
        var bytes = PostgresArray(of: .bytea)
        var moments = PostgresArray(of: .timestamptz)
        bigints.append(Int64.min)
        integers.append(Int32.max)
        doubles.append(0.1 + 0.2)
        floats.append(Float(0.1))
        bools.append(true)
        bytes.append([0, 1, 255])
        moments.append(milliseconds: 1_700_000_000_123)
        let rows = try connection.query(
            """
            SELECT * FROM unnest($1::bigint[], $2::integer[], $3::double precision[], $4::real[],
                $5::boolean[], $6::bytea[], $7::timestamptz[])
            """,
            [bigints, integers, doubles, floats, bools, bytes, moments].map { .array($0) }, format: .binary)
        #expect(try rows.int64(0, 0) == .min)
        #expect(try rows.int64(0, 1) == Int64(Int32.max))
        #expect(try rows.double(0, 2) == 0.1 + 0.2)
        #expect(try rows.double(0, 3) == Double(Float(0.1)))
        #expect(try rows.bool(0, 4) == true)
        #expect(try rows.bytes(0, 5) == [0, 1, 255])
        #expect(try rows.milliseconds(0, 6) == 1_700_000_000_123)
    }

    @Test func `an empty array gives no rows`() throws {
        let connection = try TestCluster.connection()
        let rows = try connection.query(
            "SELECT * FROM unnest($1::bigint[])", [.array(PostgresArray(of: .int8))])
        #expect(rows.count == 0)
    }

    @Test func `a broken UTF-8 text is repaired`() throws {
        let connection = try TestCluster.connection()
        var array = PostgresArray(of: .text)
        [UInt8(0x61), 0xFF, 0x00, 0x62].withUnsafeBytes { array.append(utf8: $0) }
        let rows = try connection.query("SELECT * FROM unnest($1::text[])", [.array(array)])
        #expect(try rows.string(0, 0) == "a\u{FFFD}\u{FFFD}b")
    }

    @Test func `an array emptied and filled again holds only the later values`() throws {
        let connection = try TestCluster.connection()
        var array = PostgresArray(of: .int8)
        array.append(Int64(1))
        array.appendNull()
        array.removeAll()
        array.append(Int64(2))
        let rows = try connection.query("SELECT * FROM unnest($1::bigint[])", [.array(array)])
        #expect(try (0..<rows.count).map { try rows.int64($0, 0) } == [2])
    }
}
