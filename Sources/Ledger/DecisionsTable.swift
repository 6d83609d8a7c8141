import Banking
import PostgresClient

/// SQL of `vigie.decisions`.
enum DecisionsTable {
    private static let insert = PostgresStatement(
        "decisions.insert",
        """
        INSERT INTO vigie.decisions
            (job, source_topic, source_partition, source_offset, transaction_id, account, effective_at,
            probability, score, outcome, decided_by, model_sha256)
        SELECT $1::text, b.* FROM unnest($2::text[], $3::integer[], $4::bigint[], $5::text[], $6::text[],
            $7::timestamptz[], $8::double precision[], $9::smallint[], $10::text[], $11::text[], $12::text[])
            AS b
        ON CONFLICT DO NOTHING
        """)

    private static let count = PostgresStatement(
        "decisions.count", "SELECT count(*) FROM vigie.decisions WHERE job = $1::text")

    /// The next rows after a position; the primary key leads straight to them.
    private static let page = PostgresStatement(
        "decisions.page",
        """
        SELECT source_topic, source_partition, source_offset, transaction_id, account, effective_at,
            probability, score, outcome, decided_by, model_sha256
        FROM vigie.decisions
        WHERE job = $1::text
            AND (source_topic, source_partition, source_offset) > ($2::text, $3::integer, $4::bigint)
        ORDER BY source_topic, source_partition, source_offset
        LIMIT $5::bigint
        """)

    /// - Returns: decisions added; positions that have one already are left out.
    static func insert(job: String, _ decisions: [Decision], _ connection: PostgresConnection) throws -> Int {
        guard !decisions.isEmpty else { return 0 }
        let count = decisions.count
        var topics = PostgresArray(of: .text, capacity: count)
        var partitions = PostgresArray(of: .int4, capacity: count)
        var offsets = PostgresArray(of: .int8, capacity: count)
        var transactions = PostgresArray(of: .text, capacity: count * 2)
        var accounts = PostgresArray(of: .text, capacity: count * 3)
        var moments = PostgresArray(of: .timestamptz, capacity: count)
        var probabilities = PostgresArray(of: .float8, capacity: count)
        var scores = PostgresArray(of: .int2, capacity: count)
        var outcomes = PostgresArray(of: .text, capacity: count)
        var bricks = PostgresArray(of: .text, capacity: count)
        var models = PostgresArray(of: .text, capacity: count * 6)
        for decision in decisions {
            topics.append(decision.position.topic)
            partitions.append(decision.position.partition)
            offsets.append(decision.position.offset)
            decision.transactionID.withBytes { transactions.append(utf8: $0) }
            accounts.append(decision.account.hexadecimal)
            moments.append(milliseconds: decision.effectiveAt.milliseconds)
            probabilities.append(decision.probability)
            scores.append(decision.score)
            outcomes.append(decision.outcome.rawValue)
            decision.decidedBy.withBytes { bricks.append(utf8: $0) }
            if decision.modelSHA256.isEmpty {
                models.appendNull()
            } else {
                decision.modelSHA256.withBytes { models.append(utf8: $0) }
            }
        }
        let columns = [
            topics, partitions, offsets, transactions, accounts, moments, probabilities, scores, outcomes,
            bricks, models,
        ]
        return try connection.query(insert, [.text(job)] + columns.map { .array($0) }).affectedCount
    }

    static func count(job: String, _ connection: PostgresConnection) throws -> Int {
        Int(try connection.query(count, [.text(job)]).int64(0, 0) ?? 0)
    }

    /// The decisions after `position` in the order of topic, partition, offset, at most `limit` of them.
    static func page(
        job: String, after position: SourcePosition, limit: Int, _ connection: PostgresConnection
    ) throws -> [Decision] {
        let rows = try connection.query(
            page,
            [
                .text(job), .text(position.topic), .int4(position.partition), .int8(position.offset),
                .int8(Int64(limit)),
            ])
        return try (0..<rows.count).map { row in
            var decision = Decision(
                position: SourcePosition(
                    topic: try rows.string(row, 0) ?? "",
                    partition: Int32(truncatingIfNeeded: try rows.int64(row, 1) ?? 0),
                    offset: try rows.int64(row, 2) ?? 0))
            decision.transactionID = FixedText(try rows.string(row, 3) ?? "")
            decision.account = Pseudonym(hexadecimal: try rows.string(row, 4) ?? "") ?? .none
            decision.effectiveAt = Timestamp(milliseconds: try rows.milliseconds(row, 5) ?? 0)
            decision.probability = try rows.double(row, 6) ?? 0
            decision.score = Int16(clamping: try rows.int64(row, 7) ?? 0)
            guard let outcome = Decision.Outcome(rawValue: try rows.string(row, 8) ?? "") else {
                throw LedgerError(
                    code: .unreadableRow, operation: "decisions", cause: "a decision has an unknown outcome")
            }
            decision.outcome = outcome
            decision.decidedBy = FixedText(try rows.string(row, 9) ?? "")
            decision.modelSHA256 = FixedText(try rows.string(row, 10) ?? "")
            return decision
        }
    }
}

extension Ledger {
    /// Lends every decision of a job in the order of topic, partition, offset, read page by page.
    public func forEachDecision(job: String, _ body: (Decision) throws -> Void) throws {
        let pageSize = 10_000
        var last = SourcePosition(topic: "", partition: .min, offset: .min)
        while true {
            let page = try LedgerError.wrapping {
                try DecisionsTable.page(job: job, after: last, limit: pageSize, connection)
            }
            for decision in page { try body(decision) }
            guard page.count == pageSize, let position = page.last?.position else { return }
            last = position
        }
    }
}
