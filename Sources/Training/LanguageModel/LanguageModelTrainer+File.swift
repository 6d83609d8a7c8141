import Banking
import Descriptions
import RiskModels

extension LanguageModelTrainer {
    /// What the engine that serves says about examples.
    /// - Returns: log-odds, and the surprise of the *now* phrases in bits (0 unless the model is causal).
    func assess(
        _ weights: LanguageModelWeights, _ vocabulary: Vocabulary, _ examples: ExampleTable, _ rows: [Int]
    ) throws(TrainingError) -> (logits: [Double], surprises: [Double]) {
        guard let distribution = ScoreDistribution(transactionsPerDay: 1, shares: [1], probabilities: [0])
        else { return ([], []) }
        let file = ModelFile(
            name: study.name, kind: .languageModel, vocabulary: vocabulary, tensors: weights.tensors,
            calibration: .identity, distribution: distribution, settings: weights.settings)
        let reader: LanguageModelReader
        do {
            reader = try LanguageModel(file).reader(measuresSurprise: true)
        } catch {
            throw TrainingError(.badModel, operation: "train", cause: "\(error)")
        }
        let describer = Describer(vocabulary: vocabulary)
        var batch = DescriptionBatch()
        var (logits, surprises): ([Double], [Double]) = ([], [])
        for start in stride(from: 0, to: rows.count, by: 4096) {
            batch.removeAll()
            for row in rows[start..<min(rows.count, start + 4096)] {
                describer.describe(examples.facts[row], into: &batch)
            }
            logits += reader.logits(of: batch)
            surprises += reader.surprises(of: batch)
        }
        return (logits, surprises)
    }

    /// Adds the scale of unusualness and the golden vector.
    func finish(
        _ model: inout ModelFile, _ examples: ExampleTable, _ rows: [Int]
    ) throws {
        let weights = try LanguageModelWeights(model)
        let validation = examples.times.indices.filter { study.validation.contains(examples.times[$0]) }
        if options.isCausal {
            let read = try assess(weights, model.vocabulary, examples, validation.evenly(50_000))
            addScale(of: read.surprises, to: &model)
            try addUsual(examples, validation.evenly(4_000), to: &model)
        }
        let describer = Describer(vocabulary: model.vocabulary)
        let frauds = rows.filter { examples.facts.labels[$0] == 1 }
        let descriptions = (rows.evenly(8) + frauds.evenly(8)).map { describer.tokens(examples.facts[$0]) }
        let assessments = ModelLoader.assess(descriptions, with: try LanguageModel(model))
        model.golden = GoldenVector(
            descriptions: descriptions, probabilities: assessments.map(\.probability))
    }

    /// Percentiles of surprise, finer towards the top where alerts lie.
    private func addScale(of surprises: [Double], to model: inout ModelFile) {
        let sorted = surprises.sorted()
        guard sorted.count >= 2 else { return }
        var shares = (0..<99).map { Double($0) / 100 } + (0..<10).map { 0.99 + Double($0) / 1000 }
        shares += (0...10).map { 0.999 + Double($0) / 10_000 }
        var (bits, kept): ([Double], [Double]) = ([], [])
        for share in shares {
            let value = sorted[min(sorted.count - 1, Int(share * Double(sorted.count - 1)))]
            if let last = bits.last, value <= last { continue }
            bits.append(value)
            kept.append(min(1, share))
        }
        guard bits.count >= 2 else { return }
        model.tensors["unusualness.bits"] = Tensor(bits)
        model.tensors["unusualness.shares"] = Tensor(kept)
    }

    /// What the phrases of each kind surprise by on average: reasons of unusualness lie above it.
    private func addUsual(_ examples: ExampleTable, _ rows: [Int], to model: inout ModelFile) throws {
        let reader = try LanguageModel(model).reader(measuresSurprise: true)
        let describer = Describer(vocabulary: model.vocabulary)
        var sums = [(bits: Double, count: Int)](repeating: (0, 0), count: 256)
        for row in rows {
            let tokens = describer.tokens(examples.facts[row])
            for (token, bits) in zip(tokens, reader.surprisesByPhrase(of: tokens)) {
                sums[Int(token.kind)].bits += bits
                sums[Int(token.kind)].count += 1
            }
        }
        model.tensors["unusualness.usual"] = Tensor(
            model.vocabulary.entries.map { entry in
                let sum = sums[Int(entry.kind.rawValue)]
                return sum.bits / Double(max(1, sum.count))
            })
    }

    /// What the model file tells of its making.
    func facts(
        _ replay: ExampleBuilder.Replay, _ report: TrainingReport, steps: Int
    ) -> TrainingFacts {
        var training = TrainingFacts()
        training.study = study.name
        training.command = command
        training.dataName = study.dataName.split(separator: "/").last.map(String.init) ?? study.dataName
        training.dataSHA256 = replay.dataSHA256
        let period = refits ? study.training : study.selectionTraining
        training.trainedFrom = period.from.rfc3339
        training.trainedTo = period.to.rfc3339
        training.seed = options.seed
        training.examples = report.examples
        training.frauds = report.frauds
        training.figures = [
            "steps": Double(steps), "reading_steps": Double(options.readingSteps),
            "reading_share": Double(options.readingShare), "batch": Double(options.batch),
            "learning_rate": Double(options.learningRate), "dropout": Double(options.dropout),
            "phrase_dropout": Double(options.phraseDropout), "weight_decay": Double(options.weightDecay),
            "average_keep": Double(options.averageKeep),
            "genuine_per_fraud": options.genuinePerFraud,
            "starts_from_scorecard": options.startsFromScorecard ? 1 : 0,
            "validation_average_precision": report.validation.averagePrecision,
            "validation_area_under_roc": report.validation.areaUnderROC,
        ]
        return training
    }

    // MARK: Parts

    func learnVocabulary(
        _ examples: ExampleTable, _ rows: [Int], muted: Set<Kind>
    ) throws(TrainingError) -> Vocabulary {
        var facts = FactTable()
        for row in rows { facts.append(examples.facts[row], label: examples.facts.labels[row]) }
        do {
            return try without(muted, vocabularyLearner.learn(from: facts))
        } catch {
            throw TrainingError(.nothingToLearn, operation: "train", cause: "\(error)")
        }
    }

    /// A vocabulary that does not say some kinds.
    func without(_ muted: Set<Kind>, _ vocabulary: Vocabulary) throws(TrainingError) -> Vocabulary {
        do {
            return try Vocabulary(entries: vocabulary.entries.filter { !muted.contains($0.kind) })
        } catch {
            throw TrainingError(.nothingToLearn, operation: "train", cause: "\(error)")
        }
    }

    func requireBothKinds(
        _ examples: ExampleTable, _ rows: [Int], _ what: String
    ) throws(TrainingError) {
        let frauds = rows.reduce(0) { $0 + (examples.facts.labels[$1] == 1 ? 1 : 0) }
        guard frauds > 0, frauds < rows.count else {
            throw TrainingError(
                .nothingToLearn, operation: "train",
                cause: "the \(what) period has \(rows.count) labelled examples, \(frauds) of them fraud")
        }
    }
}
