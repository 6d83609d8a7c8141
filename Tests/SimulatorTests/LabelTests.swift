import Banking
import Testing

@testable import Simulator

@Suite struct LabelTests {
    private let run = SimulatedRun.large

    @Test func `labels come when they are known, never before the transaction`() {
        for (earlier, later) in zip(run.labels, run.labels.dropFirst()) {
            #expect(earlier.knownSeconds <= later.knownSeconds)
        }
        #expect(run.labels.allSatisfy { $0.knownSeconds >= $0.effectiveSeconds + 3600 })
        let end = SimulatorConfiguration().start.adding(seconds: 60 * 86_400)
        #expect(run.labels.allSatisfy { $0.knownAt < end })
        #expect(run.lateLabels.allSatisfy { $0.knownAt >= end })
        #expect(!run.lateLabels.isEmpty)
    }

    @Test func `the median report takes days, the tail weeks`() {
        let delays = (run.labels + run.lateLabels).filter { $0.scenario != nil }
            .map { $0.knownSeconds - $0.effectiveSeconds }.sorted()
        let median = Double(delays[delays.count / 2]) / 86_400
        let tail = Double(delays[delays.count * 95 / 100]) / 86_400
        #expect((1...7).contains(median), "\(median)")
        #expect((10...60).contains(tail), "\(tail)")
    }

    @Test func `some frauds are never reported`() {
        let frauds = run.transactions.filter { $0.scenario != nil }
        let reported = Set((run.labels + run.lateLabels).filter { $0.scenario != nil }.map(\.transaction))
        let share = 1 - Double(reported.count) / Double(frauds.count)
        #expect((0.03...0.2).contains(share), "\(share)")
        #expect(frauds.allSatisfy { $0.truth?.outcome == .fraud })
    }

    @Test func `false reports are corrected later`() {
        let eager = SimulatedRun {
            $0.accounts = 200
            $0.days = 30
            $0.fraudIntensity = 0
            $0.falseReportShare = 0.01
        }
        let all = eager.labels + eager.lateLabels
        let reports = all.filter { $0.outcome == .fraud }
        let corrections = Dictionary(
            uniqueKeysWithValues: all.filter { $0.outcome == .genuine }.map { ($0.transaction, $0) })
        #expect(reports.count > 30)
        #expect(Double(corrections.count) > 0.6 * Double(reports.count))
        #expect(corrections.count < reports.count)
        for report in reports {
            if let correction = corrections[report.transaction] {
                #expect(correction.knownSeconds > report.knownSeconds)
            }
        }
    }

    @Test func `silence becomes a genuine label when asked for`() {
        let full = SimulatedRun {
            $0.accounts = 100
            $0.days = 15
            $0.labelsGenuine = true
            $0.unreportedShare = 0
        }
        let genuine = (full.labels + full.lateLabels).filter { $0.outcome == .genuine }
        #expect(genuine.count > full.transactions.count * 9 / 10)
        #expect(genuine.filter { $0.knownSeconds - $0.effectiveSeconds == 7 * 86_400 }.count > 1000)
        #expect(!run.labels.contains { $0.knownSeconds - $0.effectiveSeconds == 7 * 86_400 })
    }
}
