import Foundation
import PostgresClient

/// Looks into the database from outside: triggers that write down every change, and the checks of
/// `docs/delivery.md`. Each check returns what is wrong, in words.
struct Inspection {
    let connection: PostgresConnection

    /// - Parameter conninfo: of a superuser.
    init(_ conninfo: String) throws {
        connection = try PostgresConnection(conninfo: conninfo, deadline: .seconds(120))
    }

    /// Starts writing down who writes what, and under which epoch. The author is the `application_name`.
    func install() throws {
        try connection.execute(
            """
            CREATE SCHEMA watch;
            CREATE TABLE watch.log (number bigint GENERATED ALWAYS AS IDENTITY, what text, job text,
                topic text, part integer, epoch bigint, next_offset bigint,
                delivered_offset bigint, author text);
            CREATE INDEX ON watch.log (job, topic, part, number);
            CREATE INDEX ON watch.log (job, author);
            CREATE INDEX ON watch.log (job, topic, part, epoch) WHERE what = 'progress';
            CREATE FUNCTION watch.progress() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
            BEGIN
                INSERT INTO watch.log (what, job, topic, part, epoch, next_offset, delivered_offset, author)
                    VALUES ('progress', NEW.job, NEW.source_topic, NEW.source_partition, NEW.epoch,
                    NEW.next_offset, NEW.delivered_offset, current_setting('application_name'));
                RETURN NULL;
            END $$;
            CREATE FUNCTION watch.rows() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
            BEGIN
                INSERT INTO watch.log (what, job, topic, part, author) SELECT DISTINCT TG_TABLE_NAME, job,
                    source_topic, source_partition, current_setting('application_name') FROM added;
                RETURN NULL;
            END $$;
            CREATE TRIGGER watched AFTER INSERT OR UPDATE ON vigie.progress
                FOR EACH ROW EXECUTE FUNCTION watch.progress();
            """)
        for table in ["alert_keys", "alerts", "decisions", "dead_letters", "checkpoints"] {
            try connection.execute(
                """
                CREATE TRIGGER watched AFTER INSERT ON vigie.\(table) REFERENCING NEW TABLE AS added
                    FOR EACH STATEMENT EXECUTE FUNCTION watch.rows()
                """)
        }
    }

    /// One text per row; columns with `|` between them.
    func rows(_ sql: String, _ values: [PostgresValue] = []) throws -> [String] {
        let rows = try connection.query(sql, values)
        return try (0..<rows.count).map { row in
            try (0..<rows.columnCount).map { try rows.string(row, $0) ?? "–" }.joined(separator: "|")
        }
    }

    func number(_ sql: String, _ values: [PostgresValue] = []) throws -> Int64 {
        try connection.query(sql, values).int64(0, 0) ?? 0
    }

    /// The first offset that is not delivered, by partition; 0 where nothing is written yet.
    func deliveredOffsets(job: String, topic: String, partitions: Int) throws -> [Int64] {
        var next = [Int64](repeating: 0, count: partitions)
        let rows = try connection.query(
            "SELECT source_partition, delivered_offset FROM vigie.progress "
                + "WHERE job = $1 AND source_topic = $2",
            [.text(job), .text(topic)])
        for row in 0..<rows.count {
            next[Int(try rows.int64(row, 0) ?? 0)] = try rows.int64(row, 1) ?? 0
        }
        return next
    }

    /// P2: rows of decided and of dead-lettered records in a range of offsets.
    func rowCounts(
        job: String, topic: String, partition: Int, in range: Range<Int64>
    ) throws -> (decided: Int64, deadLettered: Int64) {
        let place = "job = $1 AND source_topic = $2 AND source_partition = \(partition) AND source_offset >= "
            + "\(range.lowerBound) AND source_offset < \(range.upperBound)"
        func count(_ table: String) throws -> Int64 {
            try number("SELECT count(*) FROM vigie.\(table) WHERE \(place)", [.text(job), .text(topic)])
        }
        return (try count("decisions"), try count("dead_letters"))
    }

    /// P1, P6, P11: rows of one job that the other does not have to the bit, both ways; model hashes and
    /// descriptions included.
    func differences(_ job: String, _ reference: String) throws -> [String] {
        var found: [String] = []
        for table in ["decisions", "alerts", "dead_letters"] {
            let columns = "to_jsonb(t) - 'job' - 'alert_id' - 'latency_microseconds' - 'created_at'"
            for (one, other) in [(job, reference), (reference, job)] {
                let lines = try rows(
                    """
                    SELECT r::text FROM (
                        SELECT \(columns) r FROM vigie.\(table) t WHERE job = $1
                        EXCEPT ALL SELECT \(columns) FROM vigie.\(table) t WHERE job = $2) d
                    ORDER BY r ->> 'source_partition', (r ->> 'source_offset')::bigint LIMIT 3
                    """, [.text(one), .text(other)])
                found += lines.map { "\(table) only in \(one): \($0)" }
            }
        }
        return found
    }

    /// P3: progress and epochs only grow.
    func stepsBack(job: String) throws -> [String] {
        try rows(
            """
            SELECT * FROM (
                SELECT number, part, epoch, next_offset, delivered_offset, author,
                    lag(epoch) OVER w AS epoch_before, lag(next_offset) OVER w AS next_before,
                    lag(delivered_offset) OVER w AS delivered_before
                FROM watch.log WHERE what = 'progress' AND job = $1
                WINDOW w AS (PARTITION BY topic, part ORDER BY number)) s
            WHERE epoch < epoch_before OR next_offset < next_before OR delivered_offset < delivered_before
                OR next_offset > delivered_offset LIMIT 5
            """, [.text(job)]
        ).map { "progress went back: \($0)" }
    }

    /// P4: rows that were written by somebody else than the latest owner of the partition.
    ///
    /// The fence locks the progress row until the commit, so the order of the log is the order of owners. The
    /// owner of the first partition also writes the checkpoints of the others.
    func staleRows(job: String) throws -> [String] {
        try rows(
            """
            WITH placed AS (
                SELECT *, CASE what WHEN 'checkpoints' THEN 0 ELSE part END AS place
                FROM watch.log WHERE job = $1),
            reached AS (
                SELECT *, max(epoch) OVER (PARTITION BY topic, place ORDER BY number) AS latest
                FROM placed),
            owned AS (
                SELECT *, first_value(author)
                    OVER (PARTITION BY topic, place, latest ORDER BY number) AS owner
                FROM reached)
            SELECT what, part, number, author, owner, latest FROM owned
            WHERE what <> 'progress' AND latest IS NOT NULL AND author <> owner LIMIT 5
            """, [.text(job)]
        ).map { "a row from a stale epoch: \($0)" }
    }

    /// Whether this author ever owned a partition.
    func hasClaimed(_ author: String, job: String) throws -> Bool {
        let sql = "SELECT count(*) FROM watch.log WHERE job = $1 AND author = $2"
        return try number(sql, [.text(job), .text(author)]) > 0
    }

    /// Whether a partition that was this author's had another owner later.
    func isTakenOver(_ author: String, job: String) throws -> Bool {
        try number(
            """
            SELECT count(*) FROM (SELECT FROM watch.log mine JOIN watch.log later
                ON later.job = mine.job AND later.topic = mine.topic AND later.part = mine.part
                    AND later.epoch > mine.epoch AND later.author <> mine.author
            WHERE mine.job = $1 AND mine.what = 'progress' AND mine.author = $2 AND later.what = 'progress'
            LIMIT 1) found
            """, [.text(job), .text(author)]) > 0
    }

    /// P10: tables in which one of the texts stands, as text or as bytes.
    func tables(holding texts: [String]) throws -> [String] {
        let tables = try rows(
            "SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables "
                + "WHERE table_schema = 'vigie' AND table_type = 'BASE TABLE'")
        let hexadecimal = texts.map { $0.utf8.map { String($0, radix: 16) }.joined() }
        let pattern = (texts + hexadecimal).joined(separator: "|")
        return try tables.filter { table in
            try number("SELECT count(*) FROM \(table) t WHERE t::text ~ $1", [.text(pattern)]) > 0
        }
    }
}
