import Banking
import Crypto

/// What a model achieved on a period: for people, for `--json` and for the model card.
public struct Evaluation: Codable, Sendable, Equatable {
    public var study = ""
    public var modelName = ""
    public var modelSHA256 = ""
    public var dataSHA256 = ""
    /// RFC 3339; the period is [from, to).
    public var from = ""
    public var to = ""
    public var transactions = 0
    public var frauds = 0
    public var averagePrecision = 0.0
    public var areaUnderROC = 0.0
    /// `CardPrecision.atLimit(100)`, mean over days.
    public var cardPrecisionAt100 = 0.0
    public var alertBudgetPerDay = 0.0
    /// The threshold that the budget gave on the model's validation period.
    public var threshold = 0.0
    /// What that threshold did here.
    public var alertsPerDay = 0.0
    public var recallAtBudget = 0.0
    public var precisionAtBudget = 0.0
    public var brierScore = 0.0
    public var logLoss = 0.0
    public var calibration: [Metrics.CalibrationBin] = []
    public var scenarios: [Scenario] = []
    /// What unusualness alone found; `nil` when no language model read the descriptions.
    public var unusualness: Unusualness?
    /// SHA-256 over `transaction_id`, a tabulator, the probability's bits in hexadecimal, a line end.
    public var resultSHA256 = ""

    /// Frauds of one scenario against all genuine transactions.
    public struct Scenario: Codable, Sendable, Equatable {
        public var scenario: Int
        public var frauds: Int
        public var averagePrecision: Double
        public var areaUnderROC: Double
        public var recallAtBudget: Double
    }

    /// The percentiles of unusualness, taken as scores of fraud.
    public struct Unusualness: Codable, Sendable, Equatable {
        public var averagePrecision: Double
        public var areaUnderROC: Double
        public var cardPrecisionAt100: Double
    }

    public init() {}
}

/// Examples with the probability that a model gave each of them, in order of the stream.
struct ScoredExamples {
    var probabilities: [Double]
    var labels: [UInt8]
    var scenarios: [UInt8]
    var accounts: [Pseudonym]
    var times: [Timestamp]
    var ids: [FixedText<64>]

    init(_ examples: ExampleTable, rows: [Int], probabilities: [Double]) {
        self.probabilities = probabilities
        labels = rows.map { examples.facts.labels[$0] }
        scenarios = rows.map { examples.scenarios[$0] }
        accounts = rows.map { examples.accounts[$0] }
        times = rows.map { examples.times[$0] }
        ids = rows.map { examples.ids[$0] }
    }

    /// All measures.
    /// - Parameters:
    ///   - threshold: probability from which on a transaction is an alert.
    func evaluation(period: Period, budget: Double, threshold: Double) -> Evaluation {
        var result = Evaluation()
        result.from = period.from.rfc3339
        result.to = period.to.rfc3339
        result.transactions = labels.count
        result.frauds = labels.reduce(0) { $0 + Int($1) }
        result.averagePrecision = Metrics.averagePrecision(probabilities, labels)
        result.areaUnderROC = Metrics.areaUnderROC(probabilities, labels)
        result.cardPrecisionAt100 = CardPrecision.atLimit(
            100, scores: probabilities, labels: labels, accounts: accounts, times: times)
        result.alertBudgetPerDay = budget
        result.threshold = threshold
        let alerts = probabilities.indices.filter { probabilities[$0] >= threshold }
        let hits = alerts.reduce(0) { $0 + Int(labels[$1]) }
        result.alertsPerDay = Double(alerts.count) / period.days
        result.recallAtBudget = Double(hits) / Double(max(1, result.frauds))
        result.precisionAtBudget = Double(hits) / Double(max(1, alerts.count))
        result.brierScore = Metrics.brierScore(probabilities, labels)
        result.logLoss = Metrics.logLoss(probabilities, labels)
        result.calibration = Metrics.calibrationTable(probabilities, labels)
        result.scenarios = Set(scenarios).subtracting([0]).sorted().map { scenario($0, threshold) }
        result.resultSHA256 = resultSHA256
        return result
    }

    /// Measures of other scores of the same examples.
    func unusualness(_ scores: [Double]) -> Evaluation.Unusualness {
        Evaluation.Unusualness(
            averagePrecision: Metrics.averagePrecision(scores, labels),
            areaUnderROC: Metrics.areaUnderROC(scores, labels),
            cardPrecisionAt100: CardPrecision.atLimit(
                100, scores: scores, labels: labels, accounts: accounts, times: times))
    }

    private func scenario(_ scenario: UInt8, _ threshold: Double) -> Evaluation.Scenario {
        let rows = labels.indices.filter { labels[$0] == 0 || scenarios[$0] == scenario }
        let scores = rows.map { probabilities[$0] }
        let outcomes = rows.map { labels[$0] }
        let frauds = rows.filter { labels[$0] == 1 }
        let hits = frauds.filter { probabilities[$0] >= threshold }
        return Evaluation.Scenario(
            scenario: Int(scenario), frauds: frauds.count,
            averagePrecision: Metrics.averagePrecision(scores, outcomes),
            areaUnderROC: Metrics.areaUnderROC(scores, outcomes),
            recallAtBudget: Double(hits.count) / Double(max(1, frauds.count)))
    }

    private var resultSHA256: String {
        var hash = SHA256()
        for row in ids.indices {
            hash.update(data: Array(ids[row].string.utf8))
            let bits = String(probabilities[row].bitPattern, radix: 16)
            let padded = String(repeating: "0", count: 16 - bits.count) + bits
            hash.update(data: Array("\t\(padded)\n".utf8))
        }
        return hash.finalize().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
