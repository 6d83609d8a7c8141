import Banking
import Foundation
import RiskModels
import Testing

@testable import Training

@Suite struct ComparisonTests {
    private func cascade(_ model: ModelFile, high: Double) throws -> Cascade {
        try Cascade(
            name: "high at \(high)", steps: [.init(brick: try Scorecard(model))],
            policy: Policy(elevated: .probability(0), high: .probability(high), critical: .probability(1)))
    }

    @Test func `a challenger is measured on the same transactions and its changes are counted`() throws {
        print("seed 17")
        let bank = try SmallBank(seed: 17)
        defer { bank.remove() }
        var trainer = Trainer(study: bank.study, dataFolder: bank.folder.path)
        trainer.grid = [(0.3, 3)]
        trainer.pairRounds = 0
        let model = try trainer.train { _ in }.model
        let evaluation = try Evaluator.evaluate(model, study: bank.study, dataFolder: bank.folder.path)
        let (lax, strict) = (try cascade(model, high: 0.05), try cascade(model, high: 0.6))
        let found = try Evaluator.compare(lax, strict, study: bank.study, dataFolder: bank.folder.path)
        #expect(found.transactions == evaluation.transactions && found.frauds == evaluation.frauds)
        #expect(found.first.averagePrecision == evaluation.averagePrecision)
        #expect(found.second.averagePrecision == evaluation.averagePrecision)
        #expect(found.sameBits == 1)
        let moved = found.first.alerts - found.second.alerts
        #expect(moved > 0)
        #expect(found.bandChanges.count == 1)
        #expect(found.bandChanges.first?.from == "high" && found.bandChanges.first?.to == "elevated")
        #expect(found.bandChanges.first?.transactions == moved)
        #expect(found.sameBand == 1 - Double(moved) / Double(found.transactions))
        #expect(found.alertOverlap == Double(found.second.alerts) / Double(found.first.alerts))
        #expect(found.largestChanges.count == min(20, moved))

        let same = try Evaluator.compare(lax, lax, study: bank.study, dataFolder: bank.folder.path)
        #expect(same.sameBand == 1 && same.alertOverlap == 1 && same.bandChanges.isEmpty)
    }
}
