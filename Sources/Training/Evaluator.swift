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
        var periods = [study.test]
        // Frauds since the training began say which accounts were known to be compromised.
        if study.excludesKnownCompromised, let since = Period(from: study.training.from, to: study.test.to)
        {
            periods.append(since)
        }
        let builder = ExampleBuilder(study: study, dataFolder: dataFolder, periods: periods)
        let replay = try builder.replay { progress("\($0) transactions replayed") }
        var rows = replay.examples.rows(in: study.test)
        if study.excludesKnownCompromised {
            rows = replay.examples.withoutKnownCompromised(
                rows, training: study.training, labelDelayDays: study.labelDelayDays)
        }
        guard !rows.isEmpty else {
            throw TrainingError(
                .nothingToLearn, operation: "evaluate", cause: "no example in the test period")
        }
        progress("\(rows.count) transactions to score")
        let assessments = assess(replay.examples.facts, rows: rows, brick: brick)
        let scored = ScoredExamples(
            replay.examples, rows: rows, probabilities: assessments.map(\.probability))
        var evaluation = scored.evaluation(
            period: study.test, budget: study.alertBudgetPerDay,
            threshold: model.distribution.threshold(alertsPerDay: study.alertBudgetPerDay))
        evaluation.study = study.name
        evaluation.modelName = model.name
        evaluation.modelSHA256 = model.sha256
        evaluation.dataSHA256 = replay.dataSHA256
        return (evaluation, scored)
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
