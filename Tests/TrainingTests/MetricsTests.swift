import Foundation
import Testing

@testable import Training

@Suite struct MetricsTests {
    private struct Golden: Decodable {
        var scores: [Double]
        var labels: [UInt8]
        var averagePrecision: Double
        var areaUnderROC: Double
        var brierScore: Double
        var logLoss: Double
    }

    private func golden() throws -> [Golden] {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "golden/metrics.json")
        return try JSONDecoder().decode([Golden].self, from: Data(contentsOf: file))
    }

    @Test func `all measures agree with scikit-learn, ties included`() throws {
        let cases = try golden()
        #expect(cases.count == 4)
        for golden in cases {
            let (scores, labels) = (golden.scores, golden.labels)
            #expect(abs(Metrics.averagePrecision(scores, labels) - golden.averagePrecision) < 1e-12)
            #expect(abs(Metrics.areaUnderROC(scores, labels) - golden.areaUnderROC) < 1e-12)
            #expect(abs(Metrics.brierScore(scores, labels) - golden.brierScore) < 1e-12)
            #expect(abs(Metrics.logLoss(scores, labels) - golden.logLoss) < 1e-12)
        }
    }

    @Test func `average precision by hand`() {
        // Ranks 1 and 3 of 4 are fraud: ½·1 + ½·⅔.
        #expect(abs(Metrics.averagePrecision([0.9, 0.8, 0.7, 0.1], [1, 0, 1, 0]) - 5.0 / 6) < 1e-15)
    }

    @Test func `equal scores count as one step`() {
        #expect(Metrics.averagePrecision([0.5, 0.5, 0.5, 0.5], [1, 0, 0, 0]) == 0.25)
        #expect(Metrics.areaUnderROC([0.5, 0.5, 0.5, 0.5], [1, 0, 0, 0]) == 0.5)
    }

    @Test func `without fraud there is no figure`() {
        #expect(Metrics.averagePrecision([0.5], [0]).isNaN)
        #expect(Metrics.areaUnderROC([0.5], [0]).isNaN)
    }

    @Test func `the calibration table counts every example once`() {
        let table = Metrics.calibrationTable([0.05, 0.05, 0.95, 1], [0, 1, 1, 1])
        #expect(table.map(\.count) == [2, 2])
        #expect(table.map(\.fraudShare) == [0.5, 1])
    }
}
