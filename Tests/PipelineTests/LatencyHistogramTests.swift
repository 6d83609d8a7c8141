import Testing

@testable import Pipeline

@Suite struct LatencyHistogramTests {
    @Test func `a quantile is within three percent of the exact one`() {
        var histogram = LatencyHistogram()
        for value in 1...100_000 { histogram.record(microseconds: Int64(value)) }
        for quantile in [0.01, 0.5, 0.99, 0.999] {
            let exact = 100_000 * quantile
            let found = Double(histogram.microseconds(atQuantile: quantile))
            #expect(found >= exact && found <= exact * 1.04, "quantile \(quantile): \(found)")
        }
    }

    @Test func `small durations are exact`() {
        var histogram = LatencyHistogram()
        for value in [0, 1, 2, 3] { histogram.record(microseconds: Int64(value)) }
        #expect(histogram.microseconds(atQuantile: 0.75) == 2)
    }

    @Test func `durations that make no sense do not trap`() {
        var histogram = LatencyHistogram()
        for value in [Int64.min, -1, Int64.max] { histogram.record(microseconds: value) }
        #expect(histogram.total == 3)
    }
}
