import Banking
import Descriptions
import RiskModels

/// Measures a model on the test period of a study, through the same rooms that serve.
public enum Evaluator {
    /// Replays the history, describes and assesses every test transaction, and measures.
    /// - Parameters:
    ///   - model: verified; its name and identity go into the result.
    ///   - dataFolder: where the study's data file lies.
    ///   - progress: sentences for people, now and then.
    /// - Throws: `TrainingError`.
    public static func evaluate(
        _ model: ModelFile, study: Study, dataFolder: String, progress: (String) -> Void = { _ in }
    ) throws(TrainingError) -> Evaluation {
        try measure(model, study: study, dataFolder: dataFolder, progress: progress).evaluation
    }

    /// Measures scores that were stored by the live service or a replay, on the same test period.
    /// - Parameters:
    ///   - probability: the stored score of a transaction; `nil` when there is none.
    ///   - model: the file that the scores came from, for its threshold.
    /// - Throws: `TrainingError` when transactions of the test period have no stored score.
    public static func evaluate(
        stored probability: (FixedText<64>) -> Double?, model: ModelFile, study: Study, dataFolder: String,
        progress: (String) -> Void = { _ in }
    ) throws(TrainingError) -> Evaluation {
        let test = try TestExamples(study: study, dataFolder: dataFolder, progress: progress)
        let stored = test.rows.map { probability(test.replay.examples.ids[$0]) }
        let missing = stored.count { $0 == nil }
        guard missing == 0 else {
            throw TrainingError(
                .nothingToLearn, operation: "evaluate",
                cause: "\(missing) of \(stored.count) test transactions have no stored score; "
                    + "run the job with pipeline.decisions=true over the whole test period")
        }
        return test.evaluation(of: stored.map { $0 ?? 0 }, model: model).evaluation
    }

    /// The same with the scored examples, for the plots of the model card.
    static func measure(
        _ model: ModelFile, study: Study, dataFolder: String, progress: (String) -> Void
    ) throws(TrainingError) -> (evaluation: Evaluation, scored: ScoredExamples) {
        let brick: any Brick
        do {
            brick = try ModelLoader.brick(model)
        } catch {
            throw TrainingError(.badModel, operation: "evaluate", cause: "\(error)")
        }
        let test = try TestExamples(study: study, dataFolder: dataFolder, progress: progress)
        let assessments = assess(test.replay.examples.facts, rows: test.rows, brick: brick)
        var result = test.evaluation(of: assessments.map(\.probability), model: model)
        if assessments.allSatisfy({ $0.unusualness.isFinite }) {
            result.evaluation.unusualness = result.scored.unusualness(
                assessments.map { Double($0.unusualness) })
        }
        return result
    }

    /// The examples of a study's test period.
    struct TestExamples {
        let study: Study
        let replay: ExampleBuilder.Replay
        let rows: [Int]

        init(study: Study, dataFolder: String, progress: (String) -> Void) throws(TrainingError) {
            self.study = study
            let builder = ExampleBuilder(
                study: study, dataFolder: dataFolder,
                periods: study.periods(for: study.test, after: study.training))
            replay = try builder.replay { progress("\($0) transactions replayed") }
            let all = replay.examples.rows(in: study.test)
            rows =
                study.excludesKnownCompromised
                ? replay.examples.withoutKnownCompromised(
                    all, training: study.training, labelDelayDays: study.labelDelayDays) : all
            guard !rows.isEmpty else {
                throw TrainingError(
                    .nothingToLearn, operation: "evaluate", cause: "no example in the test period")
            }
            progress("\(rows.count) transactions to score")
        }

        func evaluation(
            of probabilities: [Double], model: ModelFile
        ) -> (evaluation: Evaluation, scored: ScoredExamples) {
            let scored = ScoredExamples(replay.examples, rows: rows, probabilities: probabilities)
            var evaluation = scored.evaluation(
                period: study.test, budget: study.alertBudgetPerDay,
                threshold: model.distribution.threshold(alertsPerDay: study.alertBudgetPerDay))
            evaluation.study = study.name
            evaluation.modelName = model.name
            evaluation.modelSHA256 = model.sha256
            evaluation.dataSHA256 = replay.dataSHA256
            return (evaluation, scored)
        }
    }

    /// What a brick says about examples, in batches as they come.
    static func assess(_ facts: FactTable, rows: [Int], brick: any Brick) -> [Assessment] {
        let batchSize = 256
        let describer = Describer(vocabulary: brick.model.vocabulary)
        let reader = brick.makeReader(largestBatch: batchSize)
        var assessments = [Assessment](repeating: Assessment(), count: rows.count)
        var batch = DescriptionBatch()
        let places = (0..<batchSize).map { Int32(truncatingIfNeeded: $0) }
        assessments.withUnsafeMutableBufferPointer { all in
            places.withUnsafeBufferPointer { places in
                for start in stride(from: 0, to: rows.count, by: batchSize) {
                    let count = min(batchSize, rows.count - start)
                    batch.removeAll()
                    for row in rows[start..<start + count] { describer.describe(facts[row], into: &batch) }
                    reader.read(
                        batch, rows: UnsafeBufferPointer(rebasing: places[..<count]),
                        into: UnsafeMutableBufferPointer(rebasing: all[start..<start + count]))
                }
            }
        }
        return assessments
    }
}
