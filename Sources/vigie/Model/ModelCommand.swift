import ArgumentParser
import Descriptions
import Foundation
import RiskModels
import Training

struct ModelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model", abstract: "Look into model files, verify them, compare two of them.",
        subcommands: [ModelInspectCommand.self, ModelVerifyCommand.self, ModelCompareCommand.self])
}

struct ModelInspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "What a model file says of itself: sizes, vocabulary, training, figures, thresholds.")

    @Argument(help: "Model file (.safetensors).") var file: String
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        let inspection = try ModelInspection(contentsOf: file)
        print(json ? JSONOutput.text(inspection) : inspection.text)
    }
}

struct ModelVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check everything that a service checks before it takes a model or a cascade.",
        discussion: """
            Hash, layout, finite numbers, shapes, vocabulary, and the golden vector on every instruction set \
            of this CPU: each must give the stored bits. Exit code 0 when sound, 1 when refused.
            """)

    @Argument(help: "Model files (.safetensors) or cascades (.yaml).") var files: [String]

    func run() throws {
        var isSound = true
        for file in files {
            do {
                print("\(file): sound; " + (try verified(file)))
            } catch let error as ModelFileError {
                isSound = false
                print("\(file): REFUSED: \(error)")
            } catch let error as CascadeError {
                isSound = false
                print("\(file): REFUSED: \(error)")
            }
        }
        if !isSound { throw ExitCode(1) }
    }

    private func verified(_ file: String) throws -> String {
        guard file.hasSuffix(".yaml") || file.hasSuffix(".yml") else {
            return try Self.words(ModelLoader.verify(ModelFile(contentsOf: file)))
        }
        let cascade = try Cascade(contentsOf: file)
        let models = try cascade.steps.map { step in
            "\(step.brick.name) " + Self.words(try ModelLoader.verify(step.brick.model))
        }
        return "cascade \(cascade.name), \(cascade.rules.rules.count) rules; "
            + models.joined(separator: "; ")
    }

    private static func words(_ verification: ModelLoader.Verification) -> String {
        "\(verification.goldenCount) golden descriptions, the same bits on "
            + verification.kernels.joined(separator: ", ")
    }
}

struct ModelCompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Two models or cascades on the test period of a study: figures, agreement, changed bands.",
        discussion: "A model alone is judged by the standard policy, or by that of --policy-of CASCADE.")

    @Argument(help: "What is in use: model file or cascade (.yaml).") var first: String
    @Argument(help: "The challenger: model file or cascade (.yaml).") var second: String
    @OptionGroup var options: StudyOptions
    @Option(help: "Cascade whose policy and rules judge models that stand alone.") var policyOf: String?
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        let study = try options.load()
        let frame = try policyOf.map { try Cascade(contentsOf: $0) }
        let comparison = try Evaluator.compare(
            cascade(first, frame), cascade(second, frame), study: study, dataFolder: options.data,
            progress: { say($0) })
        print(json ? JSONOutput.text(comparison) : comparison.words)
    }

    private func cascade(_ file: String, _ frame: Cascade?) throws -> Cascade {
        if file.hasSuffix(".yaml") || file.hasSuffix(".yml") { return try Cascade(contentsOf: file) }
        let brick = try ModelLoader.load(file)
        return try Cascade(
            name: "\(brick.name) \(brick.model.name)", steps: [Cascade.Step(brick: brick)],
            rules: frame?.rules ?? RuleSet(), policy: frame?.policy ?? Policy())
    }
}

extension Comparison {
    /// For people.
    var words: String {
        func figure(_ value: Double) -> String { Figure.fixed(value, 4) }
        func line(_ side: Side) -> String {
            "\(side.name): average precision \(figure(side.averagePrecision)), ROC AUC "
                + "\(figure(side.areaUnderROC)), card precision@100 \(figure(side.cardPrecisionAt100)), "
                + "\(side.alerts) alerts, \(side.alertedFrauds) of them frauds"
        }
        var lines = [
            "\(study), \(from.prefix(10)) to \(to.prefix(10)): \(Figure.count(Int64(transactions))) "
                + "transactions, \(frauds) frauds",
            "first   " + line(first), "second  " + line(second),
            "same band \(Figure.fixed(100 * sameBand, 2)) %, same bits "
                + "\(Figure.fixed(100 * sameBits, 2)) %, alerts in common "
                + "\(Figure.fixed(100 * alertOverlap, 1)) % of those of either",
        ]
        for (one, other) in zip(first.scenarios, second.scenarios) {
            lines.append(
                "scenario \(one.scenario), \(one.frauds) frauds: average precision "
                    + "\(figure(one.averagePrecision)) and \(figure(other.averagePrecision))")
        }
        for change in bandChanges {
            lines.append(
                "\(change.from) → \(change.to): \(change.transactions) transactions, \(change.frauds) frauds")
        }
        for row in largestChanges.prefix(10) {
            lines.append(
                "  \(row.transactionID): \(figure(row.first)) \(row.firstBand) → \(figure(row.second)) "
                    + row.secondBand + (row.isFraud ? ", fraud" : ""))
        }
        return lines.joined(separator: "\n")
    }
}
