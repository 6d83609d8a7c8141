import Testing

@testable import Simulator

@Suite struct RandomStreamTests {
    @Test func `SplitMix64 gives its published numbers`() {
        // The first outputs of the reference implementation for seed 0.
        #expect(RandomStream.mix(0) == 0xE220_A839_7B1D_CDAF)
        #expect(RandomStream.mix(0x9E37_79B9_7F4A_7C15) == 0x6E78_9E6A_A1B9_65F4)
    }

    @Test func `distributions have their moments`() {
        var random = RandomStream(3, .life, 1)
        let count = 40_000
        let normals = (0..<count).map { _ in random.normal() }
        let mean = normals.reduce(0, +) / Double(count)
        let variance = normals.reduce(0) { $0 + $1 * $1 } / Double(count)
        #expect(abs(mean) < 0.02)
        #expect(abs(variance - 1) < 0.03)
        let poisson = (0..<count).reduce(0) { sum, _ in sum + random.poisson(2.5) }
        #expect(abs(Double(poisson) / Double(count) - 2.5) < 0.04)
        let exponential = (0..<count).reduce(0.0) { sum, _ in sum + random.exponential(mean: 4) }
        #expect(abs(exponential / Double(count) - 4) < 0.1)
        let medians = (0..<count).map { _ in random.logNormal(median: 7, sigma: 1) }.sorted()
        #expect(abs(medians[count / 2] - 7) < 0.25)
    }

    @Test func `bounded draws stay in bounds and reach both ends`() {
        var random = RandomStream(4, .life, 1)
        let draws = Set((0..<2000).map { _ in random.between(3...9) })
        #expect(draws == Set(3...9))
        #expect(random.below(0) == 0)
        let popular = (0..<20_000).map { _ in random.popular(50) }
        #expect((popular.min() ?? -1) >= 0 && (popular.max() ?? 50) < 50)
        #expect(popular.filter { $0 == 0 }.count > 10 * popular.filter { $0 == 49 }.count)
    }

    @Test func `streams with different names differ`() {
        let hashes = (0..<100).flatMap { (first: UInt64) in
            (0..<100).map { RandomStream.hash(1, .life, first, $0) }
        }
        #expect(Set(hashes).count == 10_000)
    }
}
