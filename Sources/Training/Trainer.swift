import Banking
import Descriptions
import History
import RiskModels

/// Makes a scorecard from a study: chooses on the validation period, calibrates there, fits again on
/// everything.
///
/// The test period is not even read. Same data and study, same file, byte for byte.
public struct Trainer {
    public let study: Study
    public let dataFolder: String
    /// The command that reproduces the file, for the model's records.
    public var command = ""
    /// Settings that are tried without pairs, `(ridge, smoothness)`.
    var grid: [(ridge: Double, smoothness: Double)] = [
        (0.1, 3), (0.1, 10), (0.1, 30), (0.3, 3), (0.3, 10), (0.3, 30), (1, 10),
    ]
    var pairRounds = 3
    /// Kinds of phrases that get points at most, the worthiest; 0 for all.
    var kinds = 0
    var vocabularyLearner = VocabularyLearner()

    public init(study: Study, dataFolder: String, command: String = "") {
        self.study = study
        self.dataFolder = dataFolder
        self.command = command
    }

    /// Trains, without writing anything.
    /// - Parameters:
    ///   - kinds: kinds of phrases that get points at most, the worthiest; 0 for all.
    ///   - progress: sentences for people, now and then.
    /// - Throws: `TrainingError`.
    public static func train(
        study: Study, dataFolder: String, kinds: Int = 0, command: String = "",
        progress: (String) -> Void = { _ in }
    ) throws(TrainingError) -> (model: ModelFile, report: TrainingReport) {
        var trainer = Trainer(study: study, dataFolder: dataFolder, command: command)
        trainer.kinds = kinds
        return try trainer.train(progress: progress)
    }

    func train(
        progress: (String) -> Void
    ) throws(TrainingError) -> (model: ModelFile, report: TrainingReport) {
        let builder = ExampleBuilder(
            study: study, dataFolder: dataFolder,
            periods: [study.selectionTraining, study.training]
                + study.periods(for: study.validation, after: study.selectionTraining))
        let replay = try builder.replay { progress("\($0) transactions replayed") }
        var report = TrainingReport()
        let ground = try SelectionGround(
            study, replay.examples, learner: vocabularyLearner, kinds: kinds)
        report.mutedKinds = ground.driftedNames
        let selected = try settle(
            choose(replay.examples, ground, &report, progress), replay.examples, &report)
        let rows = replay.examples.rows(in: study.training)
        try replay.examples.requireBothKinds(in: rows, "training")
        report.examples = rows.count
        report.frauds = replay.examples.frauds(in: rows)
        progress("final fit on \(rows.count) examples")
        let vocabulary = try replay.examples.vocabulary(of: rows, learner: vocabularyLearner)
        let weights = refit(replay.examples, rows, vocabulary, selected.choice, progress)
        var training = TrainingFacts()
        training.study = study.name
        training.command = command
        training.dataName = study.dataName.split(separator: "/").last.map(String.init) ?? study.dataName
        training.dataSHA256 = replay.dataSHA256
        training.trainedFrom = study.training.from.rfc3339
        training.trainedTo = study.training.to.rfc3339
        training.seed = study.seed
        training.examples = report.examples
        training.frauds = report.frauds
        training.figures = [
            "ridge": report.chosen.ridge, "smoothness": report.chosen.smoothness,
            "pairs": Double(report.chosen.pairs),
            "validation_average_precision": report.validation.averagePrecision,
            "validation_area_under_roc": report.validation.areaUnderROC,
        ]
        var model = ModelFile(
            name: study.name, kind: .scorecard, vocabulary: vocabulary,
            tensors: weights.tensors(for: vocabulary), calibration: selected.calibration,
            distribution: selected.distribution,
            history: HistoryConfiguration(labelDelaySeconds: study.labelDelayDays * 86_400),
            training: training)
        do {
            try finish(&model, replay.examples, rows)
        } catch {
            throw TrainingError(.badModel, operation: "train", cause: "\(error)")
        }
        return (model, report)
    }

    /// What did best on the validation period.
    struct Choice {
        var fit: ScorecardTrainer.Fit
        var ground: SelectionGround
        /// What the fit says of the validation rows.
        var logits: [Double]

        var weights: ScorecardWeights { ScorecardTrainer().weights(of: fit) }
    }

    /// What the selection settled.
    private struct Selection {
        var choice: Choice
        var calibration: Calibration
        var distribution: ScoreDistribution
    }

    // MARK: Selection

    /// Tries all settings on the validation period.
    func choose(
        _ examples: ExampleTable, _ ground: SelectionGround, _ report: inout TrainingReport,
        _ progress: (String) -> Void
    ) throws(TrainingError) -> Choice {
        var trainer = ScorecardTrainer()
        trainer.muted = ground.muted
        trainer.finder.muted = ground.muted
        let matrix = trainer.matrix(
            facts: examples.facts, rows: ground.rows, vocabulary: ground.vocabulary)
        let validation = TokenMatrix(
            facts: examples.facts, rows: ground.validationRows, vocabulary: ground.vocabulary,
            muted: ground.muted)
        var best: (fit: ScorecardTrainer.Fit, logits: [Double])?
        func consider(_ fit: ScorecardTrainer.Fit) {
            let logits = fit.logits(of: validation)
            let candidate = TrainingReport.Candidate(
                ridge: fit.problem.strengths.ridge, smoothness: fit.problem.strengths.smoothness,
                pairs: fit.pairs.count,
                averagePrecision: Metrics.averagePrecision(logits, validation.labels))
            report.candidates.append(candidate)
            progress(
                "ridge \(candidate.ridge), smoothness \(candidate.smoothness), \(candidate.pairs) pairs: "
                    + "validation average precision \(rounded(candidate.averagePrecision))")
            if best == nil || candidate.averagePrecision > report.chosen.averagePrecision {
                report.chosen = candidate
                best = (fit, logits)
            }
        }
        for (ridge, smoothness) in grid {
            trainer.strengths.ridge = ridge
            trainer.strengths.smoothness = smoothness
            consider(trainer.fit(matrix))
        }
        if let main = best?.fit {
            trainer.strengths = main.problem.strengths
            let rounds = trainer.fitPairs(matrix, rounds: pairRounds, main: main, progress: progress)
            for fit in rounds.dropFirst() { consider(fit) }
        }
        guard let best else {
            throw TrainingError(.nothingToLearn, operation: "train", cause: "no setting to try")
        }
        report.pairs = best.fit.pairs.map { "\($0.first.name) × \($0.second.name)" }
        return Choice(fit: best.fit, ground: ground, logits: best.logits)
    }

    /// Calibration and score distribution of the chosen setting on examples that it has not seen.
    private func settle(
        _ choice: Choice, _ examples: ExampleTable, _ report: inout TrainingReport
    ) throws(TrainingError) -> Selection {
        let rows = choice.ground.validationRows
        let labels = rows.map { examples.facts.labels[$0] }
        let calibration = IsotonicCalibrator().fit(logits: choice.logits, labels: labels)
        let probabilities = choice.logits.map(calibration.probability)
        guard let distribution = ScoreDistribution(of: probabilities, days: study.validation.days) else {
            throw TrainingError(.nothingToLearn, operation: "train", cause: "no example in the validation")
        }
        let scored = ScoredExamples(examples, rows: rows, probabilities: probabilities)
        report.validation = scored.evaluation(
            period: study.validation, budget: study.alertBudgetPerDay,
            threshold: distribution.threshold(alertsPerDay: study.alertBudgetPerDay))
        report.validation.study = study.name
        return Selection(choice: choice, calibration: calibration, distribution: distribution)
    }

    // MARK: Final fit

    /// The chosen setting on other examples, with a vocabulary of their own.
    func refit(
        _ examples: ExampleTable, _ rows: [Int], _ vocabulary: Vocabulary, _ choice: Choice,
        _ progress: (String) -> Void
    ) -> ScorecardWeights {
        var trainer = ScorecardTrainer()
        trainer.strengths = choice.fit.problem.strengths
        trainer.muted = choice.ground.muted
        trainer.finder.muted = choice.ground.muted
        trainer.largestGenuineCount = 1_000_000
        let matrix = trainer.matrix(facts: examples.facts, rows: rows, vocabulary: vocabulary)
        var fit = trainer.fit(matrix, progress: progress)
        if !choice.fit.pairs.isEmpty {
            let pairs = trainer.pairs(like: choice.fit.pairs, main: fit)
            fit = trainer.fit(matrix, pairs: pairs, start: fit, progress: progress)
        }
        return trainer.weights(of: fit)
    }

    /// Averages of the kinds, golden vector.
    private func finish(
        _ model: inout ModelFile, _ examples: ExampleTable, _ rows: [Int]
    ) throws(ModelFileError) {
        let describer = Describer(vocabulary: model.vocabulary)
        let scorecard = try Scorecard(model)
        var weights = scorecard.weights
        var sums = [(total: Double, count: Int)](repeating: (0, 0), count: 256)
        for row in rows.evenly(20_000) {
            let tokens = describer.tokens(examples.facts[row])
            for (token, points) in zip(tokens, scorecard.contributions(of: tokens[...])) {
                sums[Int(token.kind)].total += points
                sums[Int(token.kind)].count += 1
            }
        }
        weights.means = sums.map { Float($0.total / Double(max(1, $0.count))) }
        model.tensors = weights.tensors(for: model.vocabulary)
        let frauds = rows.filter { examples.facts.labels[$0] == 1 }
        let chosen = rows.evenly(8) + frauds.evenly(8)
        let descriptions = chosen.map { describer.tokens(examples.facts[$0]) }
        let assessments = ModelLoader.assess(descriptions, with: try Scorecard(model))
        model.golden = GoldenVector(
            descriptions: descriptions, probabilities: assessments.map(\.probability))
    }
}

extension Array {
    /// At most `count` elements at even distances.
    func evenly(_ count: Int) -> [Element] {
        guard self.count > count else { return self }
        return (0..<count).map { self[$0 * self.count / count] }
    }
}

/// Four digits behind the point, for people.
func rounded(_ value: Double) -> String {
    guard value.isFinite, abs(value) < 1e12 else { return "–" }
    let scaled = Int((abs(value) * 10_000).rounded())
    let digits = String(scaled % 10_000)
    return (value < 0 ? "-" : "") + "\(scaled / 10_000)."
        + String(repeating: "0", count: 4 - digits.count) + digits
}
