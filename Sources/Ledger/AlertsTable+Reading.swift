import Banking
import PostgresClient

/// An alert as it stands in the database, with the state of its case.
public struct AlertRow: Sendable {
    public var alertID: Int64
    public var job: String
    public var transactionID: String
    public var account: Pseudonym
    public var merchantName: String?
    /// Exact decimal text in the major unit.
    public var amount: String
    public var currency: String
    public var channel: String?
    public var effectiveAt: Timestamp
    public var descriptionEnglish: String
    public var descriptionFrench: String
    public var probability: Double
    public var score: Int
    public var band: String
    public var outcome: String
    public var unusualness: Double?
    public var decidedBy: String
    public var modelSHA256: String?
    public var position: SourcePosition
    public var latencyMicroseconds: Int64
    /// `open` or `investigating` or `closed`.
    public var status: String
    /// Strongest first.
    public var reasons: [Alert.Reason] = []
    /// Why it is unusual, strongest first.
    public var surprises: [Alert.Reason] = []
    public var counterfactual: Alert.Counterfactual?
    /// The phrases in order; only where one alert was asked for.
    public var tokens: [Alert.Token] = []
}

extension AlertsTable {
    private static let columns = """
        SELECT a.alert_id, a.job, a.transaction_id, a.account, a.merchant_name, a.amount::text, a.currency,
            a.channel, a.effective_at, a.description_en, a.description_fr, a.probability, a.score, a.band,
            a.outcome, a.unusualness, a.decided_by, a.model_sha256, a.source_topic, a.source_partition,
            a.source_offset, a.latency_microseconds,
            coalesce((SELECT c.status FROM vigie.cases c WHERE c.alert_id = a.alert_id), 'open'),
            a.counterfactual ->> 'kind', a.counterfactual ->> 'en', a.counterfactual ->> 'fr',
            (a.counterfactual #>> '{token,0}')::integer, (a.counterfactual #>> '{token,1}')::integer,
            (a.counterfactual #>> '{token,2}')::float8, (a.counterfactual ->> 'probability')::float8
        FROM vigie.alerts a
        """

    private static let highest = PostgresStatement(
        "alerts.highest",
        columns + """
             WHERE a.job = $1::text
            ORDER BY a.score DESC, a.effective_at DESC, a.alert_id
            LIMIT $2::bigint
            """)

    private static let unusual = PostgresStatement(
        "alerts.unusual",
        columns + """
             WHERE a.job = $1::text AND a.unusualness IS NOT NULL
            ORDER BY a.unusualness DESC, a.alert_id
            LIMIT $2::bigint
            """)

    private static let one = PostgresStatement(
        "alerts.one", columns + " WHERE a.alert_id = $1::bigint")

    private static let tokens = PostgresStatement(
        "alerts.tokens",
        """
        SELECT (t.token ->> 0)::integer, (t.token ->> 1)::integer, (t.token ->> 2)::float8
        FROM vigie.alerts a, jsonb_array_elements(a.tokens) WITH ORDINALITY AS t (token, place)
        WHERE a.alert_id = $1::bigint
        ORDER BY t.place
        """)

    /// One alert with its tokens.
    static func find(_ alertID: Int64, _ connection: PostgresConnection) throws -> AlertRow? {
        let rows = try connection.query(one, [.int8(alertID)])
        guard rows.count > 0 else { return nil }
        var alerts = [try read(rows, 0)]
        try addReasons(to: &alerts, connection)
        let tokens = try connection.query(tokens, [.int8(alertID)])
        alerts[0].tokens = try (0..<tokens.count).map { row in
            token(
                kind: try tokens.int64(row, 0) ?? 0, index: try tokens.int64(row, 1) ?? 0,
                weight: try tokens.double(row, 2) ?? 0)
        }
        return alerts[0]
    }

    private static let reasons = PostgresStatement(
        "alerts.reasons",
        """
        SELECT alert_id, kind, phrase_en, phrase_fr, points, reading FROM vigie.alert_reasons
        WHERE alert_id = ANY ($1::bigint[]) AND effective_at = ANY ($2::timestamptz[])
        ORDER BY alert_id, rank
        """)

    /// The highest scores of a job, the newer first among equals.
    static func highest(job: String, limit: Int, _ connection: PostgresConnection) throws -> [AlertRow] {
        try list(highest, job: job, limit: limit, connection)
    }

    /// The most unusual alerts of a job, whatever their score.
    static func unusual(job: String, limit: Int, _ connection: PostgresConnection) throws -> [AlertRow] {
        try list(unusual, job: job, limit: limit, connection)
    }

    private static func list(
        _ statement: PostgresStatement, job: String, limit: Int, _ connection: PostgresConnection
    ) throws -> [AlertRow] {
        let rows = try connection.query(statement, [.text(job), .int8(Int64(limit))])
        var alerts = try (0..<rows.count).map { try read(rows, $0) }
        try addReasons(to: &alerts, connection)
        return alerts
    }

    private static func read(_ rows: PostgresRows, _ row: Int) throws -> AlertRow {
        func text(_ column: Int) throws -> String { try rows.string(row, column) ?? "" }
        func number(_ column: Int) throws -> Int64 { try rows.int64(row, column) ?? 0 }
        var alert = AlertRow(
            alertID: try number(0), job: try text(1), transactionID: try text(2),
            account: Pseudonym(hexadecimal: try text(3)) ?? .none, merchantName: try rows.string(row, 4),
            amount: try text(5), currency: try text(6), channel: try rows.string(row, 7),
            effectiveAt: Timestamp(milliseconds: try rows.milliseconds(row, 8) ?? 0),
            descriptionEnglish: try text(9), descriptionFrench: try text(10),
            probability: try rows.double(row, 11) ?? 0, score: Int(try number(12)), band: try text(13),
            outcome: try text(14), unusualness: try rows.double(row, 15), decidedBy: try text(16),
            modelSHA256: try rows.string(row, 17),
            position: SourcePosition(
                topic: try text(18), partition: Int32(truncatingIfNeeded: try number(19)),
                offset: try number(20)),
            latencyMicroseconds: try number(21), status: try text(22))
        if let kind = try rows.string(row, 23) {
            alert.counterfactual = Alert.Counterfactual(
                kind: kind, english: try text(24), french: try text(25),
                token: token(
                    kind: try number(26), index: try number(27), weight: try rows.double(row, 28) ?? 0),
                probability: try rows.double(row, 29) ?? 0)
        }
        return alert
    }

    /// Weights are written as the shortest decimal of a Float: the nearest Float is the one that was written.
    private static func token(kind: Int64, index: Int64, weight: Double) -> Alert.Token {
        Alert.Token(
            kind: UInt8(truncatingIfNeeded: kind), index: UInt16(truncatingIfNeeded: index),
            weight: Float(weight))
    }

    private static func addReasons(to alerts: inout [AlertRow], _ connection: PostgresConnection) throws {
        guard !alerts.isEmpty else { return }
        var numbers = PostgresArray(of: .int8, capacity: alerts.count)
        var moments = PostgresArray(of: .timestamptz, capacity: alerts.count)
        for alert in alerts {
            numbers.append(alert.alertID)
            moments.append(milliseconds: alert.effectiveAt.milliseconds)
        }
        let rows = try connection.query(reasons, [.array(numbers), .array(moments)])
        var (frauds, surprises): ([Int64: [Alert.Reason]], [Int64: [Alert.Reason]]) = ([:], [:])
        for row in 0..<rows.count {
            let reason = Alert.Reason(
                kind: try rows.string(row, 1) ?? "", english: try rows.string(row, 2) ?? "",
                french: try rows.string(row, 3) ?? "", points: try rows.double(row, 4) ?? 0)
            let alert = try rows.int64(row, 0) ?? 0
            if try rows.string(row, 5) == "unusualness" {
                surprises[alert, default: []].append(reason)
            } else {
                frauds[alert, default: []].append(reason)
            }
        }
        for index in alerts.indices {
            alerts[index].reasons = frauds[alerts[index].alertID] ?? []
            alerts[index].surprises = surprises[alerts[index].alertID] ?? []
        }
    }
}

extension Ledger {
    /// The highest alerts of a job with their reasons: score first, then the newest.
    public func alerts(top count: Int, job: String) throws -> [AlertRow] {
        try LedgerError.wrapping { try AlertsTable.highest(job: job, limit: max(0, count), connection) }
    }

    /// The most unusual alerts of a job with their reasons, whatever their score.
    public func unusualAlerts(top count: Int, job: String) throws -> [AlertRow] {
        try LedgerError.wrapping { try AlertsTable.unusual(job: job, limit: max(0, count), connection) }
    }

    /// One alert by its number, with reasons and tokens; `nil` when there is none.
    public func alert(_ alertID: Int64) throws -> AlertRow? {
        try LedgerError.wrapping { try AlertsTable.find(alertID, connection) }
    }
}
