import History
import Testing

@testable import Descriptions

@Suite struct VocabularyLearnerTests {
    private let learner = VocabularyLearner()

    private func lognormal(_ count: Int, seed: UInt64) -> [Float] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { _ in
            let sum = (0..<12).reduce(Float(0)) { total, _ in total + generator.unit() } - 6
            // A rough log-normal without libm: (1 + s/8)^16 for a rough normal s.
            var value = max(1 + sum / 8, 0.01)
            for _ in 0..<4 { value *= value }
            return value * 40
        }
    }

    @Test(arguments: [2, 5, 16, 40, 64])
    func `edges rise strictly and keep to the cap`(cap: Int) {
        var learner = learner
        learner.largestEdgeCount = cap
        let edges = learner.learnEdges(NumberColumns(values: lognormal(20_000, seed: 21)))
        #expect(edges.count >= 2 && edges.count <= cap)
        #expect(zip(edges, edges.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test func `quantiles of body and tail are near an edge`() {
        let values = lognormal(50_000, seed: 22).sorted()
        let edges = learner.learnEdges(NumberColumns(values: values))
        for share in [0.125, 0.25, 0.5, 0.75, 0.875, 0.99, 0.995, 0.999] {
            let quantile = values[Int(share * 49_999)]
            let near = edges.map { ($0 - quantile).magnitude }.min() ?? .infinity
            #expect(near <= (values[49_500] - values[500]) / 1000, "quantile \(share)")
        }
    }

    @Test func `few distinct values are each an edge`() {
        let values = (0..<1000).map { Float($0 % 7) * 1.5 }
        #expect(learner.learnEdges(NumberColumns(values: values)) == (0..<7).map { Float($0) * 1.5 })
    }

    @Test func `a fact that is mostly zero keeps edges for the rest`() {
        var generator = SeededGenerator(seed: 23)
        let values = (0..<20_000).map { _ in generator.unit() < 0.97 ? 0 : 1 + generator.unit() * 99 }
        let edges = learner.learnEdges(NumberColumns(values: values))
        #expect(edges.contains(0))
        #expect(edges.filter { $0 > 1 }.count >= 20)
    }

    @Test func `a sharp limit becomes a jump between two neighbouring values`() throws {
        let table = Examples.table(rows: 6000, seed: 24)
        var (below, above): (Float, Float) = (0, .infinity)
        for row in 0..<table.count {
            let amount = table[row][number: .amount]
            if table.labels[row] == 1 { above = min(above, amount) } else { below = max(below, amount) }
        }
        guard case .edges(let edges) = try learner.learn(from: table).values(of: .amount) else {
            Issue.record("amount has no edges")
            return
        }
        let place = try #require(edges.firstIndex(of: below))
        #expect(edges[place + 1] == above)
        var withoutTree = learner
        withoutTree.treeDepth = 0
        guard case .edges(let plain) = try withoutTree.learn(from: table).values(of: .amount) else { return }
        #expect(!plain.contains(below) || !plain.contains(above))
    }

    @Test func `chance gives the tree nothing to split`() {
        var generator = SeededGenerator(seed: 25)
        let columns = NumberColumns(
            values: [], frauds: (0..<300).map { _ in generator.unit() },
            genuine: (0..<20_000).map { _ in generator.unit() }, genuineStride: 3)
        #expect(SplitTree(depth: 4).splits(of: columns).isEmpty)
    }

    @Test func `the tree finds both limits of a band`() {
        var generator = SeededGenerator(seed: 26)
        let genuine = (0..<30_000).map { _ in generator.unit() * 100 }.filter { $0 < 40 || $0 > 45 }
        let frauds = (0..<300).map { _ in 40 + generator.unit() * 5 }
        let columns = NumberColumns(values: [], frauds: frauds, genuine: genuine)
        let splits = SplitTree(depth: 3).splits(of: columns)
        #expect(splits.contains { $0.below < 40 && $0.above >= 40 && $0.above < 40.2 })
        #expect(splits.contains { $0.below <= 45 && $0.below > 44.8 && $0.above > 45 })
    }

    @Test func `a fact that is never present or never varies is not said`() throws {
        var table = FactTable()
        for index in 0..<100 {
            var row = FactRow()
            row[number: .amount] = Float(index)
            row[number: .balance] = 5
            row[code: .direction] = 1
            table.append(row)
        }
        #expect(try learner.learn(from: table).entries.map(\.kind) == [.amount])
    }

    @Test func `a table in which nothing varies is refused`() {
        var table = FactTable()
        for _ in 0..<10 { table.append(FactRow()) }
        #expect(throws: DescriptionsError.self) { try learner.learn(from: table) }
    }

    @Test func `a rare code with many frauds has a place of its own`() throws {
        var learner = learner
        learner.largestCodeCount = 5
        var table = FactTable()
        for index in 0..<10_000 {
            var row = FactRow()
            row[code: .merchantCategory] = 1000 + UInt32(index % 50)
            let isTelling = index % 200 == 7
            if isTelling { row[code: .merchantCategory] = 7995 }
            table.append(row, label: isTelling ? 1 : 0)
        }
        guard case .categories(let codes, _, _) = try learner.learn(from: table).values(of: .merchantCategory)
        else {
            Issue.record("no categories")
            return
        }
        #expect(codes.count == 5)
        #expect(codes.first == 7995)
    }

    @Test func `a fact of the record that is often missing is said as missing`() throws {
        var table = FactTable()
        for index in 0..<1000 {
            var row = FactRow()
            row[code: .channel] = index % 3 == 0 ? 0 : 1 + UInt32(index % 2)
            row[code: .newMerchant] = index % 3 == 0 ? 0 : 1 + UInt32(index % 2)
            table.append(row)
        }
        let vocabulary = try learner.learn(from: table)
        guard case .categories(_, _, let channel) = vocabulary.values(of: .channel),
            case .categories(_, _, let novelty) = vocabulary.values(of: .newMerchant)
        else {
            Issue.record("no categories")
            return
        }
        #expect(channel && !novelty)
    }
}
