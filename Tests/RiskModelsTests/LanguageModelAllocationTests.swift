import CAllocationCount
import Descriptions
import Testing

@testable import RiskModels

/// Arenas are taken when a reader is made; nothing is taken for a batch.
@Suite struct LanguageModelAllocationTests {
    typealias Examples = LanguageModelExamples

    @Test(arguments: [false, true])
    func `reading a batch takes nothing from the heap`(measuresSurprise: Bool) throws {
        var random = SplitMix64(state: 21)
        let weights = try #require(try Examples.weights(layers: 3, queries: 2, seed: 6))
        let brick = try LanguageModel(try #require(try Examples.model(weights)))
        let reader = brick.reader(measuresSurprise: measuresSurprise)
        let batch = Examples.batch(try (0..<64).map { _ in try Examples.description(&random) })
        var sum = 0.0
        // The first batch may set up what the language itself needs once.
        reader.read(batch) { _, logit, _ in sum += logit }
        let before = allocation_count()
        reader.read(batch) { _, logit, _ in sum += logit }
        let taken = allocation_count() - before
        #expect(taken == 0)
        #expect(sum.isFinite)
    }

    @Test func `an allocation is counted`() {
        let before = allocation_count()
        let piece = UnsafeMutableRawPointer.allocate(byteCount: 100, alignment: 64)
        defer { piece.deallocate() }
        #expect(allocation_count() > before)
    }
}
