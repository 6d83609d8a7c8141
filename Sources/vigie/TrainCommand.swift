import ArgumentParser
import Foundation
import RiskModels
import Training

/// Flags of training and evaluation.
struct StudyOptions: ParsableArguments {
    @Option(help: "The study: what is trained, chosen and measured on what (YAML, see studies/).")
    var study: String
    @Option(help: "Folder of the study's data files.") var data: String

    func load() throws -> Study { try Study(contentsOf: study) }
}

/// What `vigie train` makes.
enum TrainedBrick: String, ExpressibleByArgument, CaseIterable {
    case scorecard
    case languageModel = "language_model"
}

private let defaults = LanguageModelOptions()

/// Sizes and length of a language model's training.
struct LanguageModelFlags: ParsableArguments {
    @Option(help: "Language model: where chance begins, instead of the study's.") var seed: UInt64?
    @Option(help: "Language model: width of a state, 64 to 256.")
    var width = defaults.width
    @Option(help: "Language model: number of layers, 1 to 8.")
    var layers = defaults.layers
    @Option(help: "Language model: attention heads.")
    var heads = defaults.heads
    @Option(help: "Language model: judging heads, each with its own query.")
    var queries = defaults.queries
    @Flag(help: "Language model: let phrases see those after them.")
    var bidirectional = false
    @Option(help: "Language model: descriptions of one step.")
    var batch = defaults.batch
    @Option(help: "Language model: steps of reading without labels.")
    var readingSteps = defaults.readingSteps
    @Option(help: "Language model: most steps of judging; 0 leaves reading alone.")
    var judgingSteps = defaults.judgingSteps
    @Option(help: "Language model: weight of the reading loss while judging.")
    var readingShare = defaults.readingShare
    @Option(help: "Language model: largest step size.")
    var learningRate = defaults.learningRate
    @Option(help: "Language model: decay of matrices.")
    var weightDecay = defaults.weightDecay
    @Option(help: "Language model: decay of differences between neighbouring numeric values.")
    var smoothness = defaults.smoothness
    @Option(help: "Language model: what the average of the weights keeps in a step.")
    var averageKeep = defaults.averageKeep
    @Option(help: "Language model: share of residual branches' numbers left out.")
    var dropout = defaults.dropout
    @Option(help: "Language model: share of phrases left out while judging.")
    var phraseDropout = defaults.phraseDropout
    @Option(help: "Language model: looks at validation without gain before the end.")
    var patience = defaults.patience
    @Option(help: "Language model: edges of a numeric kind at most, 2 to 64.")
    var edges = defaults.edges
    @Option(help: "Language model: depth of the tree on the labels that places edges.")
    var treeDepth = defaults.treeDepth
    @Option(help: "Language model: genuine examples per fraud in an epoch.")
    var genuinePerFraud = defaults.genuinePerFraud
    @Option(help: "Language model: largest share of a scorecard in its log-odds.")
    var scorecardShare = defaults.scorecardShare
    @Option(help: "Language model: worker threads; they never change the result.") var threads = 2

    /// The options of a training.
    var options: LanguageModelOptions {
        var options = LanguageModelOptions()
        options.width = width
        options.layers = layers
        options.heads = heads
        options.queries = max(1, queries)
        options.isCausal = !bidirectional
        options.batch = max(1, batch)
        options.readingShare = readingShare
        options.weightDecay = weightDecay
        options.smoothness = max(0, smoothness)
        options.averageKeep = averageKeep
        options.dropout = dropout
        options.phraseDropout = phraseDropout
        options.readingSteps = max(0, readingSteps)
        options.judgingSteps = max(0, judgingSteps)
        options.patience = max(1, patience)
        options.edges = edges
        options.treeDepth = max(0, treeDepth)
        options.learningRate = learningRate
        options.genuinePerFraud = max(1, genuinePerFraud)
        options.scorecardShare = min(1, max(0, scorecardShare))
        return options
    }

    /// What was set, for the command that reproduces the file.
    var words: String {
        " --width \(width) --layers \(layers) --heads \(heads) --queries \(queries)"
            + (bidirectional ? " --bidirectional" : "")
            + " --batch \(batch) --reading-steps \(readingSteps) --judging-steps \(judgingSteps)"
            + " --reading-share \(readingShare) --learning-rate \(learningRate)"
            + " --weight-decay \(weightDecay) --smoothness \(smoothness) --average-keep \(averageKeep)"
            + " --dropout \(dropout) --phrase-dropout \(phraseDropout) --genuine-per-fraud \(genuinePerFraud)"
            + " --patience \(patience) --edges \(edges) --tree-depth \(treeDepth)"
            + " --scorecard-share \(scorecardShare)"
            + (seed.map { " --seed \($0)" } ?? "")
    }
}

struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Train a scorecard or language model on in-house history and write its model card.",
        discussion: """
            Replays the history, point in time, through the rooms that serve; labels enter when they were \
            known. Everything is chosen on the validation period; the test period is measured once, for the \
            model card. Same data and study, same file, byte for byte. A language model leaves checkpoints \
            beside its file: the same command goes on from the last one.
            """)

    @OptionGroup var options: StudyOptions
    @OptionGroup var languageModel: LanguageModelFlags
    @Option(help: "What to make: scorecard or language_model.") var brick = TrainedBrick.scorecard
    @Option(help: "Kinds of phrases to read at most, the worthiest on the training period; 0 for all.")
    var kinds = 0
    @Option(help: "Model file to write (.safetensors); card and plots go beside it.") var output: String
    @Flag(help: "Language model: stop at the validation period, print its figures and write no model.")
    var validationOnly = false
    @Flag(help: "Print the training report and the evaluation as JSON.") var json = false

    private struct Result: Encodable {
        var report: TrainingReport
        var evaluation: Evaluation
    }

    func run() throws {
        let study = try options.load()
        let started = ContinuousClock.now
        func progress(_ line: String) {
            say("\(Figure.fixed((ContinuousClock.now - started) / .seconds(1), 1)) s  \(line)")
        }
        try FileManager.default.createDirectory(
            at: URL(filePath: output).deletingLastPathComponent(), withIntermediateDirectories: true)
        var (model, report) = try train(study, progress: progress)
        guard !validationOnly else {
            print(json ? JSONOutput.text(report) : report.validation.text)
            return
        }
        try model.write(to: output)
        report.modelSHA256 = model.sha256
        let evaluation = try ModelCard.write(
            for: model, report: report, study: study, dataFolder: options.data, besides: output,
            progress: progress)
        if json {
            print(JSONOutput.text(Result(report: report, evaluation: evaluation)))
        } else {
            print("model \(output)\nSHA-256 \(model.sha256)\nseed \(model.training.seed)")
            print(evaluation.text)
        }
    }

    private func train(
        _ study: Study, progress: (String) -> Void
    ) throws -> (model: ModelFile, report: TrainingReport) {
        let kinds = max(0, kinds)
        let command =
            "vigie train --study \(Self.name(options.study)) --data DATA --output \(Self.name(output))"
            + (kinds > 0 ? " --kinds \(kinds)" : "")
        guard brick == .languageModel else {
            return try Trainer.train(
                study: study, dataFolder: options.data, kinds: kinds, command: command, progress: progress)
        }
        var trainer = LanguageModelTrainer(
            study: study, dataFolder: options.data, options: languageModel.options)
        trainer.command = command + " --brick language_model" + languageModel.words
        trainer.options.kinds = kinds
        trainer.threads = languageModel.threads
        if let seed = languageModel.seed { trainer.options.seed = seed }
        trainer.refits = !validationOnly
        trainer.checkpointPath = output
        return try trainer.train(progress: progress)
    }

    /// A path as it stands in a command that others repeat: without the folders above the project.
    private static func name(_ path: String) -> String {
        path.hasPrefix("/") ? URL(filePath: path).lastPathComponent : path
    }
}

struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Measure a model, or the stored scores of a job, on the test period of a study.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var options: StudyOptions
    @Option(help: "Model file; with --job the one that the job used, for its threshold.") var model: String
    @Option(help: "Measure the decisions that this job left in the database instead of scoring.")
    var job: String?
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        let study = try options.load()
        let file = try ModelLoader.load(model).model
        let evaluation: Evaluation
        if let job {
            let ledger = try common.settings().openLedger(as: nil)
            var stored: [String: Double] = [:]
            try ledger.forEachDecision(job: job) { stored[$0.transactionID.string] = $0.probability }
            say("\(Figure.count(Int64(stored.count))) stored scores")
            evaluation = try Evaluator.evaluate(
                stored: { stored[$0.string] }, model: file, study: study, dataFolder: options.data,
                progress: { _ in })
        } else {
            evaluation = try Evaluator.evaluate(
                file, study: study, dataFolder: options.data, progress: { _ in })
        }
        print(json ? JSONOutput.text(evaluation) : evaluation.text)
    }
}

extension Evaluation {
    var text: String {
        func figure(_ value: Double) -> String { Figure.fixed(value, 4) }
        var lines = [
            "\(study): \(modelName) on \(from.prefix(10)) to \(to.prefix(10)), "
                + "\(Figure.count(Int64(transactions))) transactions, \(frauds) frauds",
            "average precision \(figure(averagePrecision)), ROC AUC \(figure(areaUnderROC)), "
                + "card precision@100 \(figure(cardPrecisionAt100))",
            "alert budget \(Figure.fixed(alertBudgetPerDay, 0)) a day: "
                + "\(Figure.fixed(alertsPerDay, 1)) alerts a day, recall \(figure(recallAtBudget)), "
                + "precision \(figure(precisionAtBudget))",
            "Brier score \(Figure.fixed(brierScore, 6)), log loss \(Figure.fixed(logLoss, 6))",
        ]
        for scenario in scenarios {
            lines.append(
                "scenario \(scenario.scenario): \(scenario.frauds) frauds, average precision "
                    + "\(figure(scenario.averagePrecision)), ROC AUC \(figure(scenario.areaUnderROC))")
        }
        if let unusualness {
            lines.append(
                "unusualness alone: average precision \(figure(unusualness.averagePrecision)), ROC AUC "
                    + "\(figure(unusualness.areaUnderROC)), card precision@100 "
                    + "\(figure(unusualness.cardPrecisionAt100))")
        }
        lines.append("result SHA-256 \(resultSHA256)")
        return lines.joined(separator: "\n")
    }
}
