import ArgumentParser
import Foundation

struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure the rooms and the whole way on this machine.",
        discussion: """
            intake, history, describe, scorecard and model run on one thread; end-to-end starts an embedded \
            broker and a private PostgreSQL. The result hash says that two runs did the same work.
            """)

    enum Subject: String, ExpressibleByArgument, CaseIterable {
        case intake, history, describe, scorecard, model, checkpoint
        case endToEnd = "end-to-end"
        case all
    }

    @Argument(help: "intake, history, describe, scorecard, model, checkpoint, end-to-end or all.")
    var subject: Subject
    @Flag(help: "Print JSON.") var json = false
    @Option(help: "Accounts in the state of history and checkpoint.") var accounts = 1_000_000
    @Option(help: "Transactions; without it what fits the subject.") var transactions: Int?
    @Option(help: "Cascade that describe, scorecard, checkpoint and end-to-end use.") var cascade: String?
    @Option(help: "Transactions offered per second: end-to-end (at most, without it), checkpoint (5,000).")
    var rate: Double?
    @Option(help: "end-to-end: partitions of the topic.") var partitions = 4
    @Option(help: "end-to-end and checkpoint: threads that describe and score.") var workers = 1
    @Option(help: "end-to-end: transactions that are history when the stream begins.") var history = 0
    @Option(help: "model: only this width.") var width: Int?
    @Option(help: "model: only this batch; end-to-end: most transactions of one batch.") var batch: Int?
    @Option(help: "model: how long to measure each configuration.") var milliseconds = 400
    @Option(help: "model: write the models and descriptions to this folder, and measure nothing.")
    var export: String?

    func run() throws {
        let chosen: [Subject] = subject == .all ? Subject.allCases.filter { $0 != .all } : [subject]
        for subject in chosen {
            if subject == .model {
                if let export {
                    try ModelBench.export(to: export)
                    continue
                }
                let report = try ModelBench(
                    width: width, batch: batch, time: .milliseconds(milliseconds))
                print(json ? JSONOutput.text(report) : report.text)
            } else if subject == .checkpoint {
                let report = try CheckpointBench(
                    accounts: accounts, transactions: transactions ?? 2_000_000, rate: rate ?? 5_000,
                    workers: workers, cascade: cascade)
                print(json ? JSONOutput.text(report) : report.text)
            } else {
                let report = try measure(subject)
                print(json ? JSONOutput.text(report) : report.text)
            }
        }
    }

    private func measure(_ subject: Subject) throws -> BenchReport {
        switch subject {
        case .intake: try IntakeBench.run(transactions: transactions ?? 1_000_000)
        case .history: HistoryBench.run(accounts: accounts, transactions: transactions ?? 64 * accounts)
        case .describe: try DescribeBench.run(transactions: transactions ?? 1_000_000, cascade: cascade)
        case .scorecard: try ScorecardBench.run(transactions: transactions ?? 1_000_000, cascade: cascade)
        case .endToEnd, .model, .checkpoint, .all:
            try EndToEndBench(
                transactions: transactions ?? 1_000_000, cascade: cascade, rate: rate,
                partitions: partitions, workers: workers, history: max(0, history),
                batch: batch
            ).run()
        }
    }
}

/// What a benchmark measured, on which machine, by which command.
struct BenchReport: Encodable {
    var benchmark: String
    var machine = Machine()
    var command = CommandLine.arguments.dropFirst().joined(separator: " ")
    var transactions: Int
    var seconds: Double
    var transactionsPerSecond: Double
    /// Same work, same hash.
    var resultHash: String
    var bytesPerAccount: Double?
    var bytesPerCounterpart: Double?
    var bytesPerRecord: Double?
    var latencyMilliseconds: RunReport.Latency?
    var alertLatencyMilliseconds: RunReport.Latency?
    /// The same from the moment at which the record was due to be sent, where a rate is offered.
    var alertLatencyFromDueMilliseconds: RunReport.Latency?
    /// How long alerts were in each stage between arrival and commit.
    var alertStagesMilliseconds: [StageLatency]?
    var alerts: Int64?
    var offeredPerSecond: Double?

    struct StageLatency: Encodable {
        var stage: String
        var latency: RunReport.Latency
    }

    struct Machine: Encodable {
        var processor: String
        var cores: Int
        var memoryGigabytes: Double

        init() {
            let information = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
            let model = information.split(separator: "\n").first { $0.hasPrefix("model name") }
            processor =
                model.map { $0.split(separator: ":").last.map(String.init) ?? "" }?
                .trimmingCharacters(in: .whitespaces) ?? "unknown"
            cores = ProcessInfo.processInfo.activeProcessorCount
            memoryGigabytes = (Double(ProcessInfo.processInfo.physicalMemory) / 1e8).rounded() / 10
        }
    }

    init(_ benchmark: String, transactions: Int, seconds: Double, hash: UInt64) {
        self.benchmark = benchmark
        self.transactions = transactions
        self.seconds = seconds
        transactionsPerSecond = Double(transactions) / max(seconds, 1e-9)
        resultHash = String(hash, radix: 16)
    }

    var text: String {
        var line = "\(benchmark): \(Figure.count(Int64(transactionsPerSecond))) transactions/s"
        line += " (\(Figure.count(Int64(transactions))) in \(Figure.fixed(seconds, 2)) s)"
        if let bytesPerRecord { line += ", \(Figure.fixed(bytesPerRecord, 0)) bytes a record" }
        if let bytesPerAccount { line += ", \(Figure.fixed(bytesPerAccount, 0)) bytes an account" }
        if let bytesPerCounterpart {
            line += ", \(Figure.fixed(bytesPerCounterpart, 0)) bytes a counterpart"
        }
        if let offeredPerSecond { line += ", offered \(Figure.count(Int64(offeredPerSecond)))/s" }
        if let latency = latencyMilliseconds {
            line += ", p50 \(Figure.fixed(latency.p50, 2)) p99 \(Figure.fixed(latency.p99, 2))"
            line += " p99.9 \(Figure.fixed(latency.p999, 2)) ms"
        }
        if let alerts, let latency = alertLatencyMilliseconds {
            line += ", \(alerts) alerts committed p50 \(Figure.fixed(latency.p50, 2))"
            line += " p99 \(Figure.fixed(latency.p99, 2)) ms"
        }
        return line + ", hash \(resultHash)"
    }
}

/// FNV-1a over words: cheap, and any difference shows.
struct ResultHash {
    private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    mutating func add(_ word: UInt64) { value = (value ^ word) &* 0x0000_0100_0000_01b3 }
}

/// Seconds that a body takes, by the monotonic clock.
func measured(_ body: () throws -> Void) rethrows -> Double {
    let clock = ContinuousClock()
    return try clock.measure(body) / .seconds(1)
}
