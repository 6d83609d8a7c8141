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

struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Train a scorecard on in-house history, point in time, and write its model card.",
        discussion: """
            Replays the history through the rooms that serve; labels enter when they were known. \
            Everything is chosen on the validation period; the test period is measured once, for the \
            model card. Same data and study, same file, byte for byte.
            """)

    @OptionGroup var options: StudyOptions
    @Option(help: "Model file to write (.safetensors); card and plots go beside it.") var output: String
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
        let command =
            "vigie train --study \(Self.name(options.study)) --data DATA --output \(Self.name(output))"
        var (model, report) = try Trainer.train(
            study: study, dataFolder: options.data, command: command, progress: progress)
        try FileManager.default.createDirectory(
            at: URL(filePath: output).deletingLastPathComponent(), withIntermediateDirectories: true)
        try model.write(to: output)
        report.modelSHA256 = model.sha256
        let evaluation = try ModelCard.write(
            for: model, report: report, study: study, dataFolder: options.data, besides: output,
            progress: progress)
        if json {
            print(JSONOutput.text(Result(report: report, evaluation: evaluation)))
        } else {
            print("model \(output)\nSHA-256 \(model.sha256)\nseed \(study.seed)")
            print(evaluation.text)
        }
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
            "alert budget \(Figure.fixed(alertBudgetPerDay, 0)) a day: \(Figure.fixed(alertsPerDay, 1)) "
                + "alerts a day, recall \(figure(recallAtBudget)), precision \(figure(precisionAtBudget))",
            "Brier score \(Figure.fixed(brierScore, 6)), log loss \(Figure.fixed(logLoss, 6))",
        ]
        for scenario in scenarios {
            lines.append(
                "scenario \(scenario.scenario): \(scenario.frauds) frauds, average precision "
                    + "\(figure(scenario.averagePrecision)), ROC AUC \(figure(scenario.areaUnderROC))")
        }
        lines.append("result SHA-256 \(resultSHA256)")
        return lines.joined(separator: "\n")
    }
}
