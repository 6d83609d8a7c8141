import Foundation
import RiskModels
import Testing

@testable import Training

@Suite struct LanguageModelTrainerTests {
    private func trainer(_ bank: SmallBank) -> LanguageModelTrainer {
        var options = LanguageModelOptions()
        options.layers = 1
        options.batch = 32
        options.readingSteps = 5
        options.judgingSteps = 40
        options.evaluationInterval = 20
        options.genuinePerFraud = 4
        options.learningRate = 0.01
        return LanguageModelTrainer(study: bank.study, dataFolder: bank.folder.path, options: options)
    }

    @Test func `a study becomes a file that loads, judges and knows the unusual`() throws {
        print("seed 31")
        let bank = try SmallBank(seed: 31, accounts: 60)
        defer { bank.remove() }
        var (model, report) = try trainer(bank).train()
        let path = bank.folder.appending(path: "language.safetensors").path
        try model.write(to: path)
        let brick = try ModelLoader.load(path)
        #expect(brick.name == "language_model")
        #expect(report.validation.averagePrecision > 0.9)
        #expect([0, 0.25, 0.5].contains(model.training.figures["scorecard_share"]))
        let assessments = ModelLoader.assess(model.golden.descriptions, with: brick)
        #expect(assessments.allSatisfy { $0.unusualness >= 0 && $0.unusualness <= 1 })
        let evaluation = try ModelCard.write(
            for: ModelFile(contentsOf: path), report: report, study: bank.study,
            dataFolder: bank.folder.path, besides: path)
        #expect(evaluation.averagePrecision > 0.9)
        let again = try trainer(bank).train().model.encoded().encoded
        #expect(again == (try model.encoded().encoded))
    }

    @Test func `a scorecard has the share that the validation period gives it`() throws {
        let bank = try SmallBank(seed: 32, accounts: 5)
        defer { bank.remove() }
        let trainer = trainer(bank)
        let labels: [UInt8] = [1, 1, 0, 0]
        #expect(trainer.share(of: [9, 9, 0, 0], beside: [0, 1, 4, 4], labels) == 0.5)
        #expect(trainer.share(of: [0, 0, 1, 1], beside: [0.3, 0.3, 0, 0], labels) == 0)
        #expect(trainer.share(of: [4, 0, 0, 3], beside: [0, 2, 0, 0], labels) == 0.25)
    }
}
