import Testing

@testable import RiskModels

@Suite struct LanguageModelBenchTests {
    private let tiny = LanguageModelBench.Configuration(
        width: 64, layers: 2, heads: 4, tokens: 30, batch: 2, measuresSurprise: true)

    @Test func `every instruction set reads to the same hash`() throws {
        let results = try KernelSet.all.map { kernels in
            try #require(LanguageModelBench.run(tiny, kernels: kernels, time: .zero))
        }
        #expect(Set(results.map(\.resultHash)).count == 1)
        for result in results {
            #expect(result.microsecondsPerTransaction > 0)
            #expect(result.microsecondsPerTransaction <= result.medianMicroseconds)
            #expect(result.fractionOfPeak > 0 && result.peakOperationsPerSecond > 0)
        }
    }

    @Test func `only work that is due is counted`() {
        // 33 rows, one layer of 12 d² each; in the last one keys and values, and 10 d² for the query.
        let configuration = LanguageModelBench.Configuration(width: 64, layers: 2, heads: 4, batch: 1)
        let squares: Double = 33 * 12 + 33 * 2 + 10
        #expect(LanguageModelBench.operations(configuration) == 8192 * squares)
    }

    @Test func `sizes that the engine does not serve are refused`() throws {
        var odd = tiny
        odd.width = 100
        let kernels: KernelSet = try #require(KernelSet.all.first)
        let result = LanguageModelBench.run(odd, kernels: kernels)
        #expect(result == nil)
    }
}
