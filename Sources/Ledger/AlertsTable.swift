import Banking
import PostgresClient

/// SQL of `vigie.alerts` and `vigie.alert_keys`: writing.
enum AlertsTable {
    /// Keys first; only what got a key becomes an alert. Within a batch the first row of a position counts.
    private static let insert = PostgresStatement(
        "alerts.insert",
        """
        WITH batch AS MATERIALIZED (
            SELECT DISTINCT ON (source_topic, source_partition, source_offset) *
            FROM unnest($2::text[], $3::integer[], $4::bigint[], $5::text[], $6::text[], $7::text[],
                $8::text[], $9::text[], $10::text[], $11::smallint[], $12::text[], $13::text[],
                $14::text[], $15::text[], $16::timestamptz[], $17::timestamptz[], $18::text[],
                $19::text[], $20::text[], $21::text[], $22::double precision[], $23::smallint[],
                $24::text[], $25::text[], $26::real[], $27::text[], $28::text[], $29::bigint[],
                $30::text[], $31::text[])
                WITH ORDINALITY AS b (source_topic, source_partition, source_offset, transaction_id, account,
                card, counterpart, merchant_id, merchant_name, merchant_category, merchant_country, amount,
                currency, channel, effective_at, observed_at, description_en, description_fr, tokens, reasons,
                probability, score, band, outcome, unusualness, decided_by, model_sha256,
                latency_microseconds, surprises, counterfactual, place)
            ORDER BY source_topic, source_partition, source_offset, place
        ), fresh AS (
            INSERT INTO vigie.alert_keys
                (job, source_topic, source_partition, source_offset, transaction_id, effective_at)
            SELECT $1::text, source_topic, source_partition, source_offset, transaction_id, effective_at
            FROM batch
            ON CONFLICT DO NOTHING
            RETURNING alert_id, source_topic, source_partition, source_offset
        )
        INSERT INTO vigie.alerts
            (alert_id, job, transaction_id, account, card, counterpart, merchant_id, merchant_name,
            merchant_category, merchant_country, amount, currency, channel, effective_at, observed_at,
            description_en, description_fr, tokens, reasons, probability, score, band, outcome, unusualness,
            decided_by, model_sha256, source_topic, source_partition, source_offset, latency_microseconds,
            surprises, counterfactual)
        SELECT alert_id, $1::text, transaction_id, account, card, counterpart, merchant_id,
            merchant_name, merchant_category, merchant_country, amount::numeric, currency, channel,
            effective_at, observed_at, description_en, description_fr, tokens::jsonb, reasons::jsonb,
            probability, score, band, outcome, unusualness, decided_by, model_sha256, source_topic,
            source_partition, source_offset, latency_microseconds, surprises::jsonb, counterfactual::jsonb
        FROM fresh JOIN batch USING (source_topic, source_partition, source_offset)
        """)

    private static let ensureMonth = PostgresStatement(
        "alerts.ensure_month", "SELECT vigie.ensure_alert_month($1::timestamptz)")

    private static let count = PostgresStatement(
        "alerts.count", "SELECT count(*) FROM vigie.alerts WHERE job = $1::text")

    /// - Returns: alerts added; those whose position or transaction has one already are left out.
    static func insert(job: String, _ alerts: [Alert], _ connection: PostgresConnection) throws -> Int {
        guard !alerts.isEmpty else { return 0 }
        var columns = AlertColumns(capacity: alerts.count)
        for alert in alerts { columns.append(alert) }
        return try connection.query(insert, [.text(job)] + columns.values).affectedCount
    }

    /// Adds no alert, so that the server has planned the statement and read its catalog before one comes.
    static func rehearse(_ connection: PostgresConnection) throws {
        try connection.query(insert, [.text("")] + AlertColumns(capacity: 0).values)
    }

    /// Makes the partitions that alerts of these moments need, in a transaction of their own, and remembers
    /// their months.
    static func ensureMonths(
        of moments: some Sequence<Timestamp>, known: inout Set<Int>, _ connection: PostgresConnection
    ) throws {
        for moment in moments {
            let date = moment.date
            let month = date.year * 12 + date.month
            guard !known.contains(month) else { continue }
            try connection.query(ensureMonth, [.timestamptz(milliseconds: moment.milliseconds)])
            // Invented dates must not grow the set without end.
            if known.count > 4096 { known.removeAll(keepingCapacity: true) }
            known.insert(month)
        }
    }

    static func count(job: String, _ connection: PostgresConnection) throws -> Int {
        Int(try connection.query(count, [.text(job)]).int64(0, 0) ?? 0)
    }
}

/// Alerts turned into columns for `unnest`, in the order of the statement's parameters.
private struct AlertColumns {
    private var topic, transactionID, account, card, counterpart, merchantID, merchantName: PostgresArray
    private var country, amount, currency, channel, english, french, tokens, reasons: PostgresArray
    private var band, outcome, decidedBy, model: PostgresArray
    private var partition, offset, category, effectiveAt, observedAt: PostgresArray
    private var probability, score, unusualness, latency, surprises, counterfactual: PostgresArray

    init(capacity: Int) {
        let text = PostgresArray(of: .text, capacity: capacity)
        (topic, transactionID, account, card, counterpart) = (text, text, text, text, text)
        (merchantID, merchantName, country, amount, currency) = (text, text, text, text, text)
        (channel, english, french, tokens, reasons) = (text, text, text, text, text)
        (band, outcome, decidedBy, model) = (text, text, text, text)
        (surprises, counterfactual) = (text, text)
        partition = PostgresArray(of: .int4, capacity: capacity)
        offset = PostgresArray(of: .int8, capacity: capacity)
        category = PostgresArray(of: .int2, capacity: capacity)
        effectiveAt = PostgresArray(of: .timestamptz, capacity: capacity)
        observedAt = PostgresArray(of: .timestamptz, capacity: capacity)
        probability = PostgresArray(of: .float8, capacity: capacity)
        score = PostgresArray(of: .int2, capacity: capacity)
        unusualness = PostgresArray(of: .float4, capacity: capacity)
        latency = PostgresArray(of: .int8, capacity: capacity)
    }

    mutating func append(_ alert: Alert) {
        let decision = alert.decision
        topic.append(decision.position.topic)
        partition.append(decision.position.partition)
        offset.append(decision.position.offset)
        decision.transactionID.withBytes { transactionID.append(utf8: $0) }
        account.append(decision.account.hexadecimal)
        card.appendUnlessEmpty(alert.card.isNone ? "" : alert.card.hexadecimal)
        counterpart.appendUnlessEmpty(alert.counterpart.isNone ? "" : alert.counterpart.hexadecimal)
        merchantID.appendUnlessEmpty(alert.merchantID)
        merchantName.appendUnlessEmpty(alert.merchantName)
        if (1...9999).contains(alert.merchantCategory) {
            category.append(Int16(alert.merchantCategory))
        } else {
            category.appendNull()
        }
        country.appendUnlessEmpty(alert.merchantCountry)
        amount.append(alert.amount.decimal)
        currency.append(alert.amount.currency.code)
        channel.appendUnlessEmpty(alert.channel?.name ?? "")
        effectiveAt.append(milliseconds: decision.effectiveAt.milliseconds)
        observedAt.append(milliseconds: alert.observedAt.milliseconds)
        english.append(alert.descriptionEnglish)
        french.append(alert.descriptionFrench)
        tokens.append(Self.json(alert.tokens))
        reasons.append(Self.json(alert.reasons))
        probability.append(decision.probability)
        score.append(decision.score)
        band.append(alert.band.rawValue)
        outcome.append(decision.outcome.rawValue)
        if let value = alert.unusualness, value.isFinite {
            unusualness.append(value)
        } else {
            unusualness.appendNull()
        }
        decision.decidedBy.withBytes { decidedBy.append(utf8: $0) }
        model.appendUnlessEmpty(decision.modelSHA256.string)
        latency.append(alert.latencyMicroseconds)
        surprises.append(Self.json(alert.surprises))
        counterfactual.appendUnlessEmpty(alert.counterfactual.map(Self.json) ?? "")
    }

    var values: [PostgresValue] {
        [
            topic, partition, offset, transactionID, account, card, counterpart, merchantID, merchantName,
            category, country, amount, currency, channel, effectiveAt, observedAt, english, french, tokens,
            reasons, probability, score, band, outcome, unusualness, decidedBy, model, latency,
            surprises, counterfactual,
        ].map { .array($0) }
    }

    /// `[[kind, index, weight], …]`; the shortest digits that give the same `Float` back.
    private static func json(_ tokens: [Alert.Token]) -> String {
        var json = JSONText()
        json.append(array: tokens) { json, token in
            json.append(raw: "[\(token.kind),\(token.index),")
            json.append(token.weight)
            json.append(raw: "]")
        }
        return json.text
    }

    private static func json(_ counterfactual: Alert.Counterfactual) -> String {
        var json = JSONText()
        json.append(raw: "{\"kind\":")
        json.append(counterfactual.kind)
        json.append(raw: ",\"token\":")
        json.append(raw: Self.json([counterfactual.token]).dropFirst().dropLast().description)
        json.append(raw: ",\"probability\":")
        json.append(counterfactual.probability)
        json.append(raw: ",\"en\":")
        json.append(counterfactual.english)
        json.append(raw: ",\"fr\":")
        json.append(counterfactual.french)
        json.append(raw: "}")
        return json.text
    }

    private static func json(_ reasons: [Alert.Reason]) -> String {
        var json = JSONText()
        json.append(array: reasons) { json, reason in
            json.append(raw: "{\"kind\":")
            json.append(reason.kind)
            json.append(raw: ",\"points\":")
            json.append(reason.points)
            json.append(raw: ",\"en\":")
            json.append(reason.english)
            json.append(raw: ",\"fr\":")
            json.append(reason.french)
            json.append(raw: "}")
        }
        return json.text
    }
}
