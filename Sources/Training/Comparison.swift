import Banking
import Descriptions
import History
import RiskModels

/// Two models or cascades on the same transactions: what a challenger would change.
public struct Comparison: Codable, Sendable, Equatable {
    /// What one of the two did.
    public struct Side: Codable, Sendable, Equatable {
        public var name: String
        /// Model files in the order of the cascade.
        public var models: [String]
        public var averagePrecision: Double
        public var areaUnderROC: Double
        public var cardPrecisionAt100: Double
        public var brierScore: Double
        public var alerts: Int
        public var alertedFrauds: Int
        public var scenarios: [Evaluation.Scenario]
    }

    /// Transactions that go from one band to another.
    public struct BandChange: Codable, Sendable, Equatable {
        public var from: String
        public var to: String
        public var transactions: Int
        public var frauds: Int
    }

    /// One transaction with another verdict.
    public struct Row: Codable, Sendable, Equatable {
        public var transactionID: String
        public var first: Double
        public var second: Double
        public var firstBand: String
        public var secondBand: String
        public var isFraud: Bool
    }

    public var study: String
    /// RFC 3339; the period is [from, to).
    public var from: String
    public var to: String
    public var transactions: Int
    public var frauds: Int
    public var first: Side
    public var second: Side
    /// Share of transactions that get the same band.
    public var sameBand: Double
    /// Share of transactions with the very same probability, bit for bit.
    public var sameBits: Double
    /// Alerts of both over alerts of either; 1 when neither has any.
    public var alertOverlap: Double
    /// Every change of band that occurs, the lower band first.
    public var bandChanges: [BandChange]
    /// Where the band changes and the score moves most, at most 20.
    public var largestChanges: [Row]
}

extension Evaluator {
    /// Replays the test period of a study once and lets two cascades judge it.
    /// - Parameters:
    ///   - first: what is in use.
    ///   - second: the challenger.
    /// - Throws: `TrainingError`.
    public static func compare(
        _ first: Cascade, _ second: Cascade, study: Study, dataFolder: String,
        progress: (String) -> Void = { _ in }
    ) throws(TrainingError) -> Comparison {
        let test = try TestExamples(study: study, dataFolder: dataFolder, progress: progress)
        let examples = test.replay.examples
        let sides = [first, second].map { cascade in
            (cascade, verdicts(on: examples.facts, rows: test.rows, by: cascade))
        }
        let labels = test.rows.map { examples.facts.labels[$0] }
        var comparison = Comparison(
            study: study.name, from: study.test.from.rfc3339, to: study.test.to.rfc3339,
            transactions: labels.count, frauds: labels.count { $0 == 1 },
            first: side(sides[0], examples, test.rows, study),
            second: side(sides[1], examples, test.rows, study),
            sameBand: 0, sameBits: 0, alertOverlap: 1, bandChanges: [], largestChanges: [])
        let pairs = zip(sides[0].1, sides[1].1)
        let count = Double(max(1, labels.count))
        comparison.sameBand = Double(pairs.count { $0.band == $1.band }) / count
        comparison.sameBits =
            Double(pairs.count { $0.probability.bitPattern == $1.probability.bitPattern }) / count
        let either = pairs.count { first.isAlert($0) || second.isAlert($1) }
        if either > 0 {
            comparison.alertOverlap =
                Double(pairs.count { first.isAlert($0) && second.isAlert($1) }) / Double(either)
        }
        addChanges(to: &comparison, Array(pairs), labels, test.rows.map { examples.ids[$0] })
        return comparison
    }

    private static func side(
        _ side: (cascade: Cascade, verdicts: [Verdict]), _ examples: ExampleTable, _ rows: [Int],
        _ study: Study
    ) -> Comparison.Side {
        let scored = ScoredExamples(examples, rows: rows, probabilities: side.verdicts.map(\.probability))
        let measured = scored.evaluation(
            period: study.test, budget: study.alertBudgetPerDay,
            threshold: side.cascade.thresholds.last?.high ?? 1)
        let alerts = rows.indices.filter { side.cascade.isAlert(side.verdicts[$0]) }
        return Comparison.Side(
            name: side.cascade.name, models: side.cascade.steps.map(\.brick.model.sha256),
            averagePrecision: measured.averagePrecision, areaUnderROC: measured.areaUnderROC,
            cardPrecisionAt100: measured.cardPrecisionAt100, brierScore: measured.brierScore,
            alerts: alerts.count, alertedFrauds: alerts.count { scored.labels[$0] == 1 },
            scenarios: measured.scenarios)
    }

    private static func addChanges(
        to comparison: inout Comparison, _ pairs: [(Verdict, Verdict)], _ labels: [UInt8],
        _ ids: [FixedText<64>]
    ) {
        let bands = Decision.Band.allCases
        for from in bands {
            for to in bands where to != from {
                let rows = pairs.indices.filter { pairs[$0].0.band == from && pairs[$0].1.band == to }
                guard !rows.isEmpty else { continue }
                comparison.bandChanges.append(
                    Comparison.BandChange(
                        from: from.rawValue, to: to.rawValue, transactions: rows.count,
                        frauds: rows.count { labels[$0] == 1 }))
            }
        }
        let changed = pairs.indices.filter { pairs[$0].0.band != pairs[$0].1.band }
        let order = changed.sorted {
            let (left, right) = (moved(pairs[$0]), moved(pairs[$1]))
            return left == right ? $0 < $1 : left > right
        }
        comparison.largestChanges = order.prefix(20).map { row in
            Comparison.Row(
                transactionID: ids[row].string, first: pairs[row].0.probability,
                second: pairs[row].1.probability, firstBand: pairs[row].0.band.rawValue,
                secondBand: pairs[row].1.band.rawValue, isFraud: labels[row] == 1)
        }
    }

    /// Points of score between two verdicts.
    private static func moved(_ pair: (Verdict, Verdict)) -> Int {
        abs(Int(pair.0.score) - Int(pair.1.score))
    }

    /// What a cascade says about examples, every brick reading what climbs to it.
    static func verdicts(on facts: FactTable, rows: [Int], by cascade: Cascade) -> [Verdict] {
        let size = 256
        let describer = Describer(vocabulary: cascade.vocabulary)
        let runtime = CascadeRuntime(cascade, largestBatch: size) { 0 }
        var verdicts = [Verdict](repeating: Verdict(), count: rows.count)
        var batch = DescriptionBatch()
        for start in stride(from: 0, to: rows.count, by: size) {
            let some = rows[start..<min(start + size, rows.count)].map { facts[$0] }
            batch.removeAll()
            for row in some { describer.describe(row, into: &batch) }
            some.withUnsafeBufferPointer { some in
                verdicts.withUnsafeMutableBufferPointer { all in
                    runtime.judge(
                        facts: some, batch: batch, arrival: nil,
                        into: UnsafeMutableBufferPointer(rebasing: all[start..<start + some.count]))
                }
            }
        }
        return verdicts
    }
}
