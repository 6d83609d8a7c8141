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

    @Test func `what other runtimes are given is what is measured`() throws {
        let twin: KernelSet = try #require(KernelSet.all.last)
        let export = try #require(try LanguageModelBench.export(tiny, kernels: twin))
        let read = try ModelFile(decoding: export.model.encoded().encoded)
        let brick = try LanguageModel(read, kernels: twin)
        #expect(throws: Never.self) { try ModelLoader.verifyGolden(of: brick) }
        let logits = try #require(export.reference.tensors["logits"]?.floats)
        let rows = try #require(export.reference.tensors["rows"]?.integers16)
        #expect(logits.count == tiny.batch && rows.count == tiny.batch * tiny.tokens)
        for (description, logit) in zip(read.golden.descriptions, logits) {
            let own = LanguageModelReference(brick.weights).read(description[...]).logit
            #expect(own == logit)
        }
        // Different descriptions and something in every tensor, or other runtimes would not be checked.
        #expect(Set(logits).count == tiny.batch)
        for part in brick.weights.shape.parts where part != .points {
            #expect(Set(brick.weights[part]).count > 1 || brick.weights.shape.count(of: part) == 1)
        }
    }

    @Test func `only work that is due is counted`() {
        // 33 rows; queries, keys and values of the first layer come from the table: 9 d²; then 10 d² for the
        // query alone.
        var configuration = LanguageModelBench.Configuration(width: 64, layers: 2, heads: 4, batch: 1)
        let squares: Double = 33 * 9 + 10
        #expect(LanguageModelBench.operations(configuration) == 8192 * squares)
        configuration.layers = 3
        #expect(LanguageModelBench.operations(configuration) == 8192 * (squares + 33 * 12))
    }

    @Test func `sizes that the engine does not serve are refused`() throws {
        var odd = tiny
        odd.width = 100
        let kernels: KernelSet = try #require(KernelSet.all.first)
        let result = LanguageModelBench.run(odd, kernels: kernels)
        #expect(result == nil)
    }
}
