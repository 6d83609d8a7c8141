import Banking
import PostgresClient

/// SQL of `vigie.labels`.
enum LabelsTable {
    private static let insert = PostgresStatement(
        "labels.insert",
        """
        INSERT INTO vigie.labels
            (transaction_id, known_at, effective_at, account, counterpart, outcome, scenario)
        SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[], $4::text[], $5::text[],
            $6::text[], $7::smallint[])
        ON CONFLICT DO NOTHING
        """)

    private static let page = PostgresStatement(
        "labels.page",
        """
        SELECT transaction_id, known_at, effective_at, account, counterpart, outcome, scenario
        FROM vigie.labels
        WHERE known_at <= $1::timestamptz AND (known_at, transaction_id) > ($2::timestamptz, $3::text)
        ORDER BY known_at, transaction_id
        LIMIT $4::bigint
        """)

    static func insert(_ labels: [Label], _ connection: PostgresConnection) throws -> Int {
        guard !labels.isEmpty else { return 0 }
        let count = labels.count
        var transactions = PostgresArray(of: .text, capacity: count)
        var known = PostgresArray(of: .timestamptz, capacity: count)
        var effective = PostgresArray(of: .timestamptz, capacity: count)
        var accounts = PostgresArray(of: .text, capacity: count * 3)
        var counterparts = PostgresArray(of: .text, capacity: count * 3)
        var outcomes = PostgresArray(of: .text, capacity: count)
        var scenarios = PostgresArray(of: .int2, capacity: count)
        for label in labels {
            label.transactionID.withBytes { transactions.append(utf8: $0) }
            known.append(milliseconds: label.knownAt.milliseconds)
            effective.append(milliseconds: label.effectiveAt.milliseconds)
            accounts.append(label.account.hexadecimal)
            counterparts.appendUnlessEmpty(label.counterpart.isNone ? "" : label.counterpart.hexadecimal)
            outcomes.append(label.outcome == .fraud ? "fraud" : "genuine")
            scenarios.append(Int16(label.scenario))
        }
        let columns = [transactions, known, effective, accounts, counterparts, outcomes, scenarios]
        return try connection.query(insert, columns.map { .array($0) }).affectedCount
    }

    static func page(
        knownBy end: Timestamp, after moment: Timestamp, _ transactionID: String, limit: Int,
        _ connection: PostgresConnection
    ) throws -> [Label] {
        let rows = try connection.query(
            page,
            [
                .timestamptz(milliseconds: end.milliseconds), .timestamptz(milliseconds: moment.milliseconds),
                .text(transactionID), .int8(Int64(limit)),
            ])
        return try (0..<rows.count).map { row in
            var label = Label()
            label.transactionID = FixedText(try rows.string(row, 0) ?? "")
            label.knownAt = Timestamp(milliseconds: try rows.milliseconds(row, 1) ?? 0)
            label.effectiveAt = Timestamp(milliseconds: try rows.milliseconds(row, 2) ?? 0)
            label.account = Pseudonym(hexadecimal: try rows.string(row, 3) ?? "") ?? .none
            label.counterpart = Pseudonym(hexadecimal: try rows.string(row, 4) ?? "") ?? .none
            label.outcome = try rows.string(row, 5) == "fraud" ? .fraud : .genuine
            label.scenario = UInt8(clamping: try rows.int64(row, 6) ?? 0)
            return label
        }
    }
}

extension Ledger {
    /// Adds labels. The same transaction and moment again changes nothing; a later moment is a correction.
    /// - Returns: labels added.
    @discardableResult
    public func record(_ labels: [Label]) throws -> Int {
        try LedgerError.wrapping { try LabelsTable.insert(labels, connection) }
    }

    /// Lends every label known at a moment, in the order in which they became known, read page by page.
    ///
    /// `transactionIDHash` is 0: the digest is Intake's to make.
    public func forEachLabel(knownBy end: Timestamp, _ body: (Label) throws -> Void) throws {
        let pageSize = 10_000
        var last = (Timestamp(year: 1, month: 1, day: 1), "")
        while true {
            let page = try LedgerError.wrapping {
                try LabelsTable.page(knownBy: end, after: last.0, last.1, limit: pageSize, connection)
            }
            for label in page { try body(label) }
            guard page.count == pageSize, let final = page.last else { return }
            last = (final.knownAt, final.transactionID.string)
        }
    }
}
