import Banking
import Descriptions
import History
import Testing

@testable import RiskModels
@testable import Training

/// Which kinds are worth reading, and which two together.
@Suite struct KindSelectorTests {
    private let kinds: [Kind] = [.nightShare, .spree, .amount, .hour, .amountZ, .probing]
    private let rows = Array(0..<6000)

    /// Rows of noise.
    /// - Parameter odds: how many of 20 such rows are frauds; it may change the row.
    private func examples(seed: UInt64, odds: (inout FactRow) -> Float) -> FactTable {
        var random = SplitMix64(state: seed)
        func number() -> Float { 10 * (random.symmetric() + 1) }
        var facts = FactTable()
        for _ in rows {
            var row = FactRow()
            for kind in kinds { row[number: kind.fact] = number() }
            facts.append(row, label: odds(&row) > number() ? 1 : 0)
        }
        return facts
    }

    /// The amount tells a fraud, hour and spree only together; the others are noise.
    private func examples(seed: UInt64) -> FactTable {
        examples(seed: seed) { row in
            let isLarge = row[number: .amount] > 15
            let isOdd = (row[number: .hour] > 10) != (row[number: .spree] > 10)
            return 0.4 + (isLarge ? 5 : 0) + (isOdd ? 5 : 0)
        }
    }

    private func vocabulary() throws -> Vocabulary {
        try Vocabulary(entries: kinds.map { .init(kind: $0, values: .edges((0...20).map(Float.init))) })
    }

    @Test(arguments: [UInt64(1), 2, 3])
    func `what tells a fraud alone or in a pair stays, noise goes`(seed: UInt64) throws {
        let muted = KindSelector(count: 3).muted(
            examples(seed: seed), rows: rows, vocabulary: try vocabulary(), muted: [])
        #expect(muted == [.nightShare, .amountZ, .probing], "seed \(seed)")
    }

    @Test func `as many kinds as asked for stay, without those that are muted`() throws {
        let facts = examples(seed: 4)
        let muted = KindSelector(count: 2).muted(
            facts, rows: rows, vocabulary: try vocabulary(), muted: [.amount])
        #expect(muted.count == 4 && muted.contains(.amount))
        #expect(
            KindSelector(count: 5).muted(facts, rows: rows, vocabulary: try vocabulary(), muted: [.amount])
                == [.amount])
    }

    @Test(arguments: [UInt64(5), 6, 7])
    func `a pair that says a little comes before pairs of many cells that say nothing`(seed: UInt64) throws {
        let facts = examples(seed: seed) { row in
            for fact in [Fact.hour, .spree] { row[number: fact] = row[number: fact] > 10 ? 20 : 0 }
            return row[number: .hour] == row[number: .spree] ? 7 : 5
        }
        let vocabulary = try Vocabulary(
            entries: kinds.map { kind in
                let isCoarse = kind == .hour || kind == .spree
                return .init(kind: kind, values: .edges(isCoarse ? [0, 20] : (0...20).map(Float.init)))
            })
        let matrix = TokenMatrix(facts: facts, rows: rows, vocabulary: vocabulary)
        let trainer = ScorecardTrainer()
        let main = trainer.fit(matrix)
        let found = trainer.finder.find(
            1, in: matrix, logits: main.problem.logits(main.parameters), taken: [])
        #expect(found.map(\.first) == [.spree] && found.map(\.second) == [.hour], "seed \(seed)")
    }
}
