import Banking
import Descriptions
import Foundation
import RiskModels
import Testing

@testable import Training

@Suite struct TrainerTests {
    private func trained(_ bank: SmallBank) throws -> (model: ModelFile, report: TrainingReport) {
        var trainer = Trainer(study: bank.study, dataFolder: bank.folder.path, command: "test")
        trainer.grid = [(0.3, 3), (1, 10)]
        trainer.pairRounds = 1
        return try trainer.train { _ in }
    }

    @Test func `the same data give the same model file byte for byte`() throws {
        print("seed 5")
        let bank = try SmallBank(seed: 5)
        defer { bank.remove() }
        let first = try trained(bank).model.encoded().encoded
        let second = try trained(bank).model.encoded().encoded
        #expect(first == second)
    }

    @Test func `a clear fraud is found, and evaluation verifies and measures the file`() throws {
        print("seed 6")
        let bank = try SmallBank(seed: 6)
        defer { bank.remove() }
        var (model, report) = try trained(bank)
        let path = bank.folder.appending(path: "model.safetensors").path
        try model.write(to: path)
        let evaluation = try ModelCard.write(
            for: ModelFile(contentsOf: path), report: report, study: bank.study,
            dataFolder: bank.folder.path,
            besides: path)
        #expect(evaluation.averagePrecision > 0.95)
        #expect(evaluation.transactions == 9 * 120)
        #expect(evaluation.modelSHA256 == model.sha256)
        let again = try Evaluator.evaluate(
            ModelFile(contentsOf: path), study: bank.study, dataFolder: bank.folder.path)
        #expect(again.resultSHA256 == evaluation.resultSHA256)
        for ending in ["md", "json", "reliability.svg", "precision-recall.svg"] {
            #expect(FileManager.default.fileExists(atPath: bank.folder.path + "/model." + ending))
        }
    }

    @Test func `a study without fraud in its training is refused`() throws {
        let bank = try SmallBank(seed: 8, accounts: 10, days: 3)
        defer { bank.remove() }
        #expect(throws: TrainingError.self) { try trained(bank) }
    }

    @Test func `a missing data file is a retriable fault`() throws {
        let bank = try SmallBank(seed: 9, accounts: 10, days: 3)
        bank.remove()
        #expect {
            try trained(bank)
        } throws: { ($0 as? TrainingError)?.code == .unreadableData }
    }
}
