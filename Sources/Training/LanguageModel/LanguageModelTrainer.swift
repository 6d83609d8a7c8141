import Banking
import Crypto
import Descriptions
import Foundation
import History
import RiskModels

/// Makes a language model from a study: reads all history, judges the labelled part, chooses its number of
/// steps and the share of a scorecard that is joined to it on the validation period, calibrates there.
///
/// The test period is not even read. Same data, study and options, same file, byte for byte.
public struct LanguageModelTrainer {
    public let study: Study
    public let dataFolder: String
    public var options: LanguageModelOptions
    /// The command that reproduces the file, for the model's records.
    public var command = ""
    /// Worker threads; they change the time, never the result.
    public var threads = 2
    /// Where checkpoints lie (`NAME.selection.checkpoint`, `NAME.final.checkpoint`); `nil` for none.
    public var checkpointPath: String?
    /// Whether to train again on everything once the number of steps is chosen; otherwise the model of the
    /// selection is the result.
    public var refits = true

    public init(study: Study, dataFolder: String, options: LanguageModelOptions = LanguageModelOptions()) {
        self.study = study
        self.dataFolder = dataFolder
        self.options = options
        self.options.seed = study.seed
    }

    /// Trains and writes nothing but checkpoints.
    /// - Parameter progress: sentences for people, now and then.
    /// - Throws: `TrainingError`.
    public func train(
        progress: (String) -> Void = { _ in }
    ) throws(TrainingError) -> (model: ModelFile, report: TrainingReport) {
        let builder = ExampleBuilder(
            study: study, dataFolder: dataFolder,
            periods: [readingPeriod, study.selectionTraining, study.validation, study.training])
        let replay = try builder.replay { progress("\($0) transactions replayed") }
        return try train(on: replay, progress: progress)
    }

    /// The same on a history that was replayed before, for trying several options.
    func train(
        on replay: ExampleBuilder.Replay, progress: (String) -> Void
    ) throws(TrainingError) -> (model: ModelFile, report: TrainingReport) {
        var report = TrainingReport()
        let examples = replay.examples
        let selected = try select(replay, &report, progress)
        var (vocabulary, weights) = (selected.vocabulary, selected.fit.weights)
        let rows = examples.rows(in: refits ? study.training : study.selectionTraining)
        if refits {
            let whole = try examples.vocabulary(of: rows, learner: vocabularyLearner)
            vocabulary = try without(selected.muted, whole)
            let lesson = lesson(examples, rows, vocabulary, before: study.training.to)
            progress("final training on \(rows.count) examples, \(selected.fit.steps) steps")
            weights = try fit(
                lesson, nil, stop: selected.fit.steps, stage: "final", replay.dataSHA256, progress
            ).weights
            if let (choice, share) = selected.scorecard {
                let card = scorecards.refit(examples, rows, whole, choice, progress)
                join(card, on: whole, share: share, to: &weights, on: vocabulary)
            }
        }
        report.examples = rows.count
        report.frauds = examples.frauds(in: rows)
        var model = ModelFile(
            name: study.name, kind: .languageModel, vocabulary: vocabulary, tensors: weights.tensors,
            calibration: selected.calibration, distribution: selected.distribution,
            history: HistoryConfiguration(labelDelaySeconds: study.labelDelayDays * 86_400),
            training: facts(replay, report, selected.fit.steps, share: selected.scorecard?.share ?? 0),
            settings: weights.settings)
        do {
            try finish(&model, examples, rows)
        } catch {
            throw TrainingError(.badModel, operation: "train", cause: "\(error)")
        }
        return (model, report)
    }

    /// History that may be read without labels: from two weeks after its beginning, when habits are known.
    var readingPeriod: Period {
        let settled = Timestamp(milliseconds: study.historyFrom.milliseconds + 14 * 86_400_000)
        let from =
            study.historyFrom == .distantPast
            ? study.selectionTraining.from : min(settled, study.selectionTraining.from)
        return Period(from: from, to: study.training.to) ?? study.training
    }

    // MARK: Selection

    /// What the validation period settled.
    private struct Selection {
        var vocabulary: Vocabulary
        var muted: Set<Kind>
        var fit: LanguageModelLearner.Fit
        /// The scorecard that was joined to it, and with what share.
        var scorecard: (choice: Trainer.Choice, share: Float)?
        var calibration: Calibration
        var distribution: ScoreDistribution
    }

    private func select(
        _ replay: ExampleBuilder.Replay, _ report: inout TrainingReport, _ progress: (String) -> Void
    ) throws(TrainingError) -> Selection {
        let examples = replay.examples
        let ground = try SelectionGround(
            study, examples, learner: vocabularyLearner, kinds: options.kinds)
        let (rows, validationRows) = (ground.rows, ground.validationRows)
        report.mutedKinds = ground.driftedNames
        let vocabulary = try without(ground.muted, ground.vocabulary)
        let validation = LanguageModelLearner.Validation(
            TokenMatrix(facts: examples.facts, rows: validationRows, vocabulary: vocabulary),
            genuine: options.validationGenuine)
        let lesson = lesson(examples, rows, vocabulary, before: study.selectionTraining.to)
        progress("read: " + vocabulary.entries.map(\.kind.name).joined(separator: ", "))
        progress(
            "\(rows.count) examples to judge, \(lesson.reading.count) to read, "
                + "\(lesson.matrix.places.count / max(1, lesson.matrix.count)) phrases each")
        var fit = try fit(lesson, validation, stop: nil, stage: "selection", replay.dataSHA256, progress)
        var logits = try assess(fit.weights, vocabulary, examples, validationRows)
        var scorecard: (choice: Trainer.Choice, share: Float)?
        if options.scorecardShare > 0, fit.steps > 0 {
            var cards = TrainingReport()
            let choice = try scorecards.choose(examples, ground, &cards, progress)
            let labels = validationRows.map { examples.facts.labels[$0] }
            let share = share(of: choice.logits, beside: logits, labels, progress)
            if share > 0 {
                join(choice.weights, on: ground.vocabulary, share: share, to: &fit.weights, on: vocabulary)
                logits = try assess(fit.weights, vocabulary, examples, validationRows)
                scorecard = (choice, share)
            }
        }
        let settled = try settle(logits, vocabulary, examples, validationRows, &report)
        return Selection(
            vocabulary: vocabulary, muted: ground.muted, fit: fit, scorecard: scorecard,
            calibration: settled.calibration, distribution: settled.distribution)
    }

    /// The share of a scorecard in the log-odds that does best: none, half of `options.scorecardShare` or all
    /// of it; of equals the smallest.
    func share(
        of scorecard: [Double], beside own: [Double], _ labels: [UInt8],
        _ progress: (String) -> Void = { _ in }
    ) -> Float {
        var best: (share: Float, measure: Double) = (0, -1)
        for share in [0, options.scorecardShare / 2, options.scorecardShare] {
            let logits = zip(own, scorecard).map { (1 - Double(share)) * $0 + Double(share) * $1 }
            let measure = Metrics.averagePrecision(logits, labels)
            progress("share \(share) of a scorecard: validation average precision \(rounded(measure))")
            if measure > best.measure { best = (share, measure) }
        }
        return best.share
    }

    /// Makes scorecards on the same values of the same kinds.
    private var scorecards: Trainer {
        var trainer = Trainer(study: study, dataFolder: dataFolder)
        trainer.vocabularyLearner = vocabularyLearner
        return trainer
    }

    /// Joins a scorecard, less the kinds that the language model does not read.
    private func join(
        _ scorecard: ScorecardWeights, on whole: Vocabulary, share: Float,
        to weights: inout LanguageModelWeights, on part: Vocabulary
    ) {
        var scorecard = scorecard
        scorecard.points = part.entries.flatMap { entry in
            let first = Int(whole.rowOffsets[Int(entry.kind.rawValue)])
            return Array(scorecard.points[first..<first + entry.values.count])
        }
        weights.join(scorecard, share: share)
    }

    /// Calibration, score distribution and figures from what the serving engine says of the validation rows.
    private func settle(
        _ logits: [Double], _ vocabulary: Vocabulary, _ examples: ExampleTable, _ rows: [Int],
        _ report: inout TrainingReport
    ) throws(TrainingError) -> (calibration: Calibration, distribution: ScoreDistribution) {
        let labels = rows.map { examples.facts.labels[$0] }
        let calibration = IsotonicCalibrator().fit(logits: logits, labels: labels)
        let probabilities = logits.map(calibration.probability)
        guard let distribution = ScoreDistribution(of: probabilities, days: study.validation.days) else {
            throw TrainingError(.nothingToLearn, operation: "train", cause: "no example in the validation")
        }
        let scored = ScoredExamples(examples, rows: rows, probabilities: probabilities)
        report.validation = scored.evaluation(
            period: study.validation, budget: study.alertBudgetPerDay,
            threshold: distribution.threshold(alertsPerDay: study.alertBudgetPerDay))
        report.validation.study = study.name
        let rarity = rarity(in: examples, before: study.selectionTraining.to, vocabulary)
        report.validation.unusualness = scored.unusualness(
            unusualness(of: examples, rows, vocabulary, rarity))
        return (calibration, distribution)
    }

    // MARK: Training

    private func lesson(
        _ examples: ExampleTable, _ rows: [Int], _ vocabulary: Vocabulary, before end: Timestamp
    ) -> LanguageModelLearner.Lesson {
        let judged = Set(rows)
        let period = readingPeriod
        let all = examples.times.indices.filter {
            judged.contains($0) || (period.contains(examples.times[$0]) && examples.times[$0] < end)
        }
        let matrix = TokenMatrix(facts: examples.facts, rows: all, vocabulary: vocabulary)
        var judging: [Int32] = []
        for (place, row) in all.enumerated() where judged.contains(row) {
            judging.append(Int32(truncatingIfNeeded: place))
        }
        return LanguageModelLearner.Lesson(
            matrix: matrix, reading: (0..<matrix.count).map { Int32(truncatingIfNeeded: $0) },
            judging: judging)
    }

    private func fit(
        _ lesson: LanguageModelLearner.Lesson, _ validation: LanguageModelLearner.Validation?, stop: Int?,
        stage: String, _ dataSHA256: String, _ progress: (String) -> Void
    ) throws(TrainingError) -> LanguageModelLearner.Fit {
        guard let shape = LanguageModelShape(
            vocabulary: lesson.matrix.vocabulary, width: options.width, layers: options.layers,
            heads: options.heads, isCausal: options.isCausal, queries: options.queries)
        else {
            throw TrainingError(
                .badStudy, operation: "train", cause: "the engine does not serve a model of these sizes")
        }
        let start = LanguageModelWeights(shape: shape, seed: options.seed)
        var learner = LanguageModelLearner(options: options)
        learner.threads = threads
        learner.checkpointPath = checkpointPath.map { "\($0).\(stage).checkpoint" }
        learner.identity = identity(stage, dataSHA256, lesson, stop)
        return try learner.fit(lesson, validation: validation, start: start, stop: stop) {
            progress(Self.sentence($0))
        }
    }

    /// Names everything that decides the bits of a training.
    private func identity(
        _ stage: String, _ dataSHA256: String, _ lesson: LanguageModelLearner.Lesson, _ stop: Int?
    ) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let text = (try? encoder.encode(options)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        var hash = SHA256()
        lesson.matrix.places.withUnsafeBytes { hash.update(bufferPointer: $0) }
        lesson.matrix.weights.withUnsafeBytes { hash.update(bufferPointer: $0) }
        hash.update(data: lesson.matrix.labels)
        let examples = hash.finalize().prefix(8).map { String($0, radix: 16) }.joined(separator: ".")
        return [study.name, stage, dataSHA256, examples, "\(stop ?? -1)", text].joined(separator: " ")
    }

    private static func sentence(_ state: LanguageModelLearner.Progress) -> String {
        let phase = state.isJudging ? "judging" : "reading"
        if let measure = state.averagePrecision {
            return "\(phase) step \(state.step): validation average precision \(rounded(measure))"
        }
        let share = 20 * state.step / max(1, state.steps)
        let bar = String(repeating: "█", count: share) + String(repeating: "·", count: max(0, 20 - share))
        let seconds = Int(min(1e6, state.secondsLeft))
        return "\(phase) \(bar) \(state.step)/\(state.steps), loss \(rounded(state.judging)), "
            + "surprise \(rounded(state.surpriseBits)) bits, gradient \(rounded(state.gradientNorm)), "
            + "\(Int(min(1e9, state.examplesPerSecond))) examples/s, "
            + "\(seconds / 60) min \(seconds % 60) s left"
    }
}
