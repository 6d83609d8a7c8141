import Banking
import Foundation
import Pipeline

/// Says twice a second how a pipeline is doing: one line that rewrites itself on a terminal, a line every ten
/// seconds elsewhere.
final class LiveView: @unchecked Sendable {
    // SAFETY: the timer's queue is serial and alone touches the mutable parts until `end` has cancelled it.
    private let statistics: PipelineStatistics
    private let timer: DispatchSourceTimer
    private let queue = DispatchQueue(label: "vigie-live-view")
    private let started = ContinuousClock.now
    private let isTerminal = isatty(FileHandle.standardError.fileDescriptor) == 1
    private var last: (time: ContinuousClock.Instant, scored: Int64)

    init(_ statistics: PipelineStatistics) {
        self.statistics = statistics
        last = (started, 0)
        timer = DispatchSource.makeTimerSource(queue: queue)
        let pause = isTerminal ? 0.5 : 10.0
        timer.schedule(deadline: .now() + pause, repeating: pause)
        timer.setEventHandler { [weak self] in self?.show() }
        timer.resume()
    }

    /// Shows the last figures and stops.
    func end() {
        timer.cancel()
        queue.sync {
            show()
            if isTerminal { sayPart("\n") }
        }
    }

    private func show() {
        let totals = statistics.snapshot
        let now = ContinuousClock.now
        let seconds = max((now - last.time) / .seconds(1), 0.001)
        let rate = Double(totals.scored - last.scored) / seconds
        last = (now, totals.scored)
        var line = "\(Figure.count(totals.scored)) scored, \(Figure.count(Int64(rate)))/s"
        line += ", \(Figure.count(totals.alerts)) alerts, \(totals.rejected) rejected"
        line += ", p50 \(Figure.latency(totals.latency, 0.5)) p99 \(Figure.latency(totals.latency, 0.99))"
        if let lag = totals.lag { line += ", lag \(Figure.count(lag))" }
        if totals.effectiveAtMilliseconds > 0 {
            line += ", at " + Timestamp(milliseconds: totals.effectiveAtMilliseconds).rfc3339.prefix(16)
        }
        if totals.isPaused { line += ", PAUSED" }
        sayPart(isTerminal ? "\r\u{1B}[2K" + line : line + "\n")
    }
}

/// Numbers as people read them.
enum Figure {
    /// `1,234,567`
    static func count(_ value: Int64) -> String {
        var text = ""
        for (index, digit) in String(value.magnitude).reversed().enumerated() {
            if index > 0, index % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return (value < 0 ? "-" : "") + String(text.reversed())
    }

    /// A quantile of a histogram as `0.42 ms`.
    static func latency(_ histogram: LatencyHistogram, _ quantile: Double) -> String {
        fixed(Double(histogram.microseconds(atQuantile: quantile)) / 1000, 2) + " ms"
    }

    /// A share of those below, in percent with two decimals: never all of them.
    static func shareBelow(_ share: Double) -> String { fixed(min(100 * share, 99.99), 2) }

    static func fixed(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }
}
