import Banking
import PostgresClient

/// SQL of `vigie.labels`.
enum LabelsTable {
    private static let insert = PostgresStatement(
        "labels.insert",
        """
        INSERT INTO vigie.labels
            (transaction_id, known_at, effective_at, account, counterpart, outcome, scenario, amount,
            currency)
        SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[], $4::text[], $5::text[],
            $6::text[], $7::smallint[], $8::text[]::numeric[], $9::text[])
        ON CONFLICT DO NOTHING
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
        var amounts = PostgresArray(of: .text, capacity: count)
        var currencies = PostgresArray(of: .text, capacity: count)
        for label in labels {
            label.transactionID.withBytes { transactions.append(utf8: $0) }
            known.append(milliseconds: label.knownAt.milliseconds)
            effective.append(milliseconds: label.effectiveAt.milliseconds)
            accounts.append(label.account.hexadecimal)
            counterparts.appendUnlessEmpty(label.counterpart.isNone ? "" : label.counterpart.hexadecimal)
            outcomes.append(label.outcome == .fraud ? "fraud" : "genuine")
            scenarios.append(Int16(label.scenario))
            amounts.appendUnlessEmpty(label.amount?.decimal ?? "")
            currencies.appendUnlessEmpty(label.amount?.currency.code ?? "")
        }
        let columns = [
            transactions, known, effective, accounts, counterparts, outcomes, scenarios, amounts, currencies,
        ]
        return try connection.query(insert, columns.map { .array($0) }).affectedCount
    }
}

extension Ledger {
    /// Adds labels. The same transaction and moment again changes nothing; a later moment is a correction.
    /// - Returns: labels added.
    @discardableResult
    public func record(_ labels: [Label]) throws -> Int {
        try LedgerError.wrapping { try LabelsTable.insert(labels, connection) }
    }
}
