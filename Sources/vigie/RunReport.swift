import Foundation
import Pipeline

/// The totals of a run as people and scripts read them.
struct RunReport: Encodable {
    var seconds: Double
    var received: Int64
    var scored: Int64
    var transactionsPerSecond: Double
    var alerts: Int64
    var alertsInserted: Int64
    var rejected: Int64
    var duplicates: Int64
    var late: Int64
    var labels: Int64
    var checkpoints: Int64
    /// From arrival of the record until its batch was done with.
    var latencyMilliseconds: Latency
    /// From arrival of the record to the commit of the alert.
    var alertLatencyMilliseconds: Latency

    struct Latency: Encodable {
        var p50: Double
        var p90: Double
        var p99: Double
        var p999: Double

        init(_ histogram: LatencyHistogram) {
            func milliseconds(_ quantile: Double) -> Double {
                Double(histogram.microseconds(atQuantile: quantile)) / 1000
            }
            p50 = milliseconds(0.5)
            p90 = milliseconds(0.9)
            p99 = milliseconds(0.99)
            p999 = milliseconds(0.999)
        }
    }

    init(_ totals: PipelineStatistics.Snapshot, seconds: Double) {
        self.seconds = seconds
        received = totals.received
        scored = totals.scored
        transactionsPerSecond = Double(totals.scored) / max(seconds, 1e-9)
        alerts = totals.alerts
        alertsInserted = totals.alertsInserted
        rejected = totals.rejected
        duplicates = totals.duplicates
        late = totals.late
        labels = totals.labels
        checkpoints = totals.checkpoints
        latencyMilliseconds = Latency(totals.latency)
        alertLatencyMilliseconds = Latency(totals.alertLatency)
    }

    var json: String { JSONOutput.text(self) }
}

/// JSON for scripts: snake case, sorted keys, one document.
enum JSONOutput {
    static func text(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "infinity", negativeInfinity: "-infinity", nan: "nan")
        guard let data = try? encoder.encode(value) else { return "{}" }
        return String(decoding: data, as: UTF8.self)
    }
}
