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
        let assessments = ModelLoader.assess(model.golden.descriptions, with: brick)
        #expect(assessments.allSatisfy { $0.unusualness >= 0 && $0.unusualness <= 1 })
        let evaluation = try ModelCard.write(
            for: ModelFile(contentsOf: path), report: report, study: bank.study,
            dataFolder: bank.folder.path, besides: path)
        #expect(evaluation.averagePrecision > 0.9)
        let again = try trainer(bank).train().model.encoded().encoded
        #expect(again == (try model.encoded().encoded))
    }
}
