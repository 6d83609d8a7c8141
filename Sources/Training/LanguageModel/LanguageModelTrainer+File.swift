import Banking
import Descriptions
import RiskModels

extension LanguageModelTrainer {
    /// What the engine that serves says about examples.
    /// - Returns: log-odds.
    func assess(
        _ weights: LanguageModelWeights, _ vocabulary: Vocabulary, _ examples: ExampleTable, _ rows: [Int]
    ) throws(TrainingError) -> [Double] {
        guard let distribution = ScoreDistribution(transactionsPerDay: 1, shares: [1], probabilities: [0])
        else { return [] }
        let file = ModelFile(
            name: study.name, kind: .languageModel, vocabulary: vocabulary, tensors: weights.tensors,
            calibration: .identity, distribution: distribution, settings: weights.settings)
        let reader: LanguageModelReader
        do {
            reader = try LanguageModel(file).reader()
        } catch {
            throw TrainingError(.badModel, operation: "train", cause: "\(error)")
        }
        let describer = Describer(vocabulary: vocabulary)
        var batch = DescriptionBatch()
        var logits: [Double] = []
        for start in stride(from: 0, to: rows.count, by: 4096) {
            batch.removeAll()
            for row in rows[start..<min(rows.count, start + 4096)] {
                describer.describe(examples.facts[row], into: &batch)
            }
            logits += reader.logits(of: batch)
        }
        return logits
    }

    /// Adds what is unusual, and the golden vector.
    /// - Parameter rows: what was judged.
    func finish(
        _ model: inout ModelFile, _ examples: ExampleTable, _ rows: [Int]
    ) throws {
        let end = refits ? study.training.to : study.selectionTraining.to
        let validation = examples.times.indices.filter { study.validation.contains(examples.times[$0]) }
        let rarity = rarity(in: examples, before: end, model.vocabulary)
        model.tensors["unusualness.rarity"] = Tensor(rarity)
        let checked = unusualness(of: examples, validation.evenly(50_000), model.vocabulary, rarity)
        addScale(of: checked, to: &model)
        let describer = Describer(vocabulary: model.vocabulary)
        let frauds = rows.filter { examples.facts.labels[$0] == 1 }
        let descriptions = (rows.evenly(8) + frauds.evenly(8)).map { describer.tokens(examples.facts[$0]) }
        let assessments = ModelLoader.assess(descriptions, with: try LanguageModel(model))
        model.golden = GoldenVector(
            descriptions: descriptions, probabilities: assessments.map(\.probability))
    }

    /// Percentiles of unusualness, finer towards the top where alerts lie.
    private func addScale(of unusualness: [Double], to model: inout ModelFile) {
        let sorted = unusualness.sorted()
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

    /// Bits above the usual of its kind for every row of the vocabulary, as `Rarity` takes them, from history
    /// before a moment, labels unseen. A place where no phrase stood counts as half a phrase.
    func rarity(in examples: ExampleTable, before end: Timestamp, _ vocabulary: Vocabulary) -> [Float] {
        let period = readingPeriod
        let rows = examples.times.indices.filter {
            period.contains(examples.times[$0]) && examples.times[$0] < end
        }
        let describer = Describer(vocabulary: vocabulary)
        var counts = [Double](repeating: 0.5, count: vocabulary.rowCount + 1)
        for row in rows.evenly(200_000) {
            for token in describer.tokens(examples.facts[row]) {
                let place = Int(vocabulary.rowOffsets[Int(token.kind)]) + Int(token.index)
                counts[place] += 1 - Double(token.weight)
                counts[place + 1] += Double(token.weight)
            }
        }
        var bits = [Float](repeating: 0, count: counts.count)
        for entry in vocabulary.entries {
            let first = Int(vocabulary.rowOffsets[Int(entry.kind.rawValue)])
            let places = first..<first + entry.values.count
            let total = counts[places].reduce(0, +)
            let own = counts[places].map { -ExactMath.log($0 / total) / 0.693_147_180_559_945_3 }
            let usual = zip(own, counts[places]).reduce(0) { $0 + $1.0 * $1.1 } / total
            for (place, value) in zip(places, own) { bits[place] = Float(value - usual) }
        }
        return bits
    }

    /// Unusualness of examples in bits.
    func unusualness(
        of examples: ExampleTable, _ rows: [Int], _ vocabulary: Vocabulary, _ bits: [Float]
    ) -> [Double] {
        guard let rarity = Rarity(bits: bits, vocabulary: vocabulary) else { return [] }
        let describer = Describer(vocabulary: vocabulary)
        return rows.map { Double(rarity.excess(of: describer.tokens(examples.facts[$0]))) }
    }

    /// What the model file tells of its making.
    func facts(
        _ replay: ExampleBuilder.Replay, _ report: TrainingReport, _ steps: Int, share: Float
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
            "smoothness": Double(options.smoothness), "average_keep": Double(options.averageKeep),
            "genuine_per_fraud": options.genuinePerFraud,
            "scorecard_share": Double(share),
            "validation_average_precision": report.validation.averagePrecision,
            "validation_area_under_roc": report.validation.areaUnderROC,
        ]
        return training
    }

    // MARK: Parts

    var vocabularyLearner: VocabularyLearner {
        var learner = VocabularyLearner()
        learner.largestEdgeCount = options.edges
        learner.treeDepth = options.treeDepth
        return learner
    }

    /// A vocabulary that does not say some kinds.
    func without(_ muted: Set<Kind>, _ vocabulary: Vocabulary) throws(TrainingError) -> Vocabulary {
        do {
            return try Vocabulary(entries: vocabulary.entries.filter { !muted.contains($0.kind) })
        } catch {
            throw TrainingError(.nothingToLearn, operation: "train", cause: "\(error)")
        }
    }
}
