import Banking
import RiskModels
import Testing

@testable import Training

@Suite struct IsotonicCalibratorTests {
    /// Numbers in [0, 1) that depend on the seed alone (SplitMix64).
    private struct Stream {
        var state: UInt64
        mutating func next() -> Double {
            state = state &+ 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return Double((z ^ (z >> 31)) >> 11) / 9_007_199_254_740_992
        }
    }

    private func examples(seed: UInt64) -> (logits: [Double], labels: [UInt8]) {
        print("seed \(seed)")
        var stream = Stream(state: seed)
        var logits: [Double] = []
        var labels: [UInt8] = []
        for _ in 0..<20_000 {
            let truth = stream.next() * 8 - 7
            // A model that exaggerates: twice the true log-odds and a shift.
            logits.append(2 * truth + 3)
            labels.append(stream.next() < ExactMath.sigmoid(truth) ? 1 : 0)
        }
        return (logits, labels)
    }

    @Test func `an exaggerating model comes true after calibration`() {
        let (logits, labels) = examples(seed: 7)
        let calibration = IsotonicCalibrator().fit(logits: logits, labels: labels)
        let before = Metrics.logLoss(logits.map(ExactMath.sigmoid), labels)
        let after = Metrics.logLoss(logits.map(calibration.probability), labels)
        #expect(after < before * 0.8)
        for bin in Metrics.calibrationTable(logits.map(calibration.probability), labels)
        where bin.count > 500 {
            #expect(abs(bin.meanProbability - bin.fraudShare) < 0.02)
        }
    }

    @Test func `calibration never changes a ranking`() {
        let (logits, labels) = examples(seed: 11)
        let calibration = IsotonicCalibrator().fit(logits: logits, labels: labels)
        let probabilities = logits.map(calibration.probability)
        #expect(Metrics.averagePrecision(logits, labels) == Metrics.averagePrecision(probabilities, labels))
        let rising = stride(from: -30.0, through: 20, by: 0.01).map(calibration.probability)
        #expect(zip(rising, rising.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test func `without any fraud the identity is all there is`() {
        #expect(IsotonicCalibrator().fit(logits: [0, 1], labels: [0, 0]) == .identity)
    }
}
