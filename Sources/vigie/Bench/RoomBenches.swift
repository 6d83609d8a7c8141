import Banking
import Descriptions
import Foundation
import History
import Intake
import RiskModels
import Simulator

/// Canonical records of the simulator, one behind the other.
struct SimulatedRecords {
    private(set) var bytes: [UInt8] = []
    private(set) var starts: [Int] = [0]
    private(set) var accounts: [UInt32] = []
    private(set) var times: [Timestamp] = []
    private var numbers: [UInt64] = []
    var count: Int { starts.count - 1 }

    /// - Parameters:
    ///   - count: records wanted; the simulation ends with the day that reaches it.
    ///   - accounts: of the synthetic bank.
    init(count: Int, accounts accountCount: Int = 20_000, seed: UInt64 = 7) {
        var configuration = SimulatorConfiguration()
        configuration.seed = seed
        configuration.accounts = accountCount
        configuration.days = 10_000
        var simulator = Simulator(configuration: configuration)
        var writer = simulator.writer
        var day: [SimulatedTransaction] = []
        var labels: [SimulatedLabel] = []
        var outcomes: [CreditOutcome] = []
        while self.count < count,
            simulator.nextDay(transactions: &day, labels: &labels, outcomes: &outcomes)
        {
            for transaction in day.prefix(count - self.count) {
                writer.append(transaction, to: &bytes)
                starts.append(bytes.count)
                accounts.append(transaction.account)
                times.append(transaction.effectiveAt)
                numbers.append(transaction.number)
            }
            day.removeAll(keepingCapacity: true)
            labels.removeAll(keepingCapacity: true)
        }
    }

    func transactionID(_ index: Int) -> String { SimulatedTransaction.identifier(numbers[index]) }

    func withRecord<R>(_ index: Int, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try bytes.withUnsafeBytes {
            try body(UnsafeRawBufferPointer(rebasing: $0[starts[index]..<starts[index + 1]]))
        }
    }
}

enum BenchKey {
    /// Benchmarks pseudonymise with a key of their own, so that hashes compare between machines.
    static func pseudonymiser() throws -> Pseudonymiser {
        guard let key = PseudonymKey(bytes: Array(0..<32)) else {
            throw UsageError("the benchmark's key is bad")
        }
        return Pseudonymiser(key: key)
    }
}

/// Canonical JSON to transactions.
enum IntakeBench {
    static func run(transactions count: Int) throws -> BenchReport {
        let records = SimulatedRecords(count: count)
        var intake = Intake(pseudonymiser: try BenchKey.pseudonymiser())
        var transaction = Transaction()
        var hash = ResultHash()
        let seconds = records.bytes.withUnsafeBytes { bytes in
            measured {
                for index in 0..<records.count {
                    let range = records.starts[index]..<records.starts[index + 1]
                    let record = UnsafeRawBufferPointer(rebasing: bytes[range])
                    let rejection = intake.read(
                        record, observedAt: records.times[index], into: &transaction)
                    hash.add(rejection == nil ? transaction.account.low ^ transaction.idHash : 0)
                }
            }
        }
        var report = BenchReport("intake", transactions: records.count, seconds: seconds, hash: hash.value)
        report.bytesPerRecord = Double(records.bytes.count) / Double(records.count)
        return report
    }
}

/// Transactions to facts, and the resident memory that the state takes.
enum HistoryBench {
    static func run(accounts: Int, transactions count: Int) -> BenchReport {
        let merchants = max(1, accounts / 20)
        let workload = HistoryWorkload(accountCount: accounts, merchantCount: merchants)
        let historian = Historian()
        var transaction = Transaction()
        var row = FactRow()
        var hash = ResultHash()
        let before = residentBytes()
        let seconds = measured {
            for index in 0..<count {
                workload.write(index, to: &transaction)
                historian.read(transaction, partition: 0, into: &row)
                hash.add(UInt64(row[bits: index & 63]))
            }
        }
        let grown = Double(residentBytes() - before)
        var report = BenchReport("history", transactions: count, seconds: seconds, hash: hash.value)
        // What counterparts take is measured alone, in a state that has one account per counterpart's visit.
        let perCounterpart = counterpartBytes(merchants)
        report.bytesPerCounterpart = perCounterpart
        report.bytesPerAccount =
            (grown - perCounterpart * Double(historian.counterpartCount))
            / Double(max(1, historian.accountCount))
        return report
    }

    /// Resident bytes per counterpart of a state with many counterparts and one account.
    private static func counterpartBytes(_ merchants: Int) -> Double {
        let count = max(merchants, 1_000_000)
        let workload = HistoryWorkload(accountCount: 1, merchantCount: count)
        let historian = Historian()
        var transaction = Transaction()
        var row = FactRow()
        workload.write(0, to: &transaction)
        historian.read(transaction, partition: 0, into: &row)
        let before = residentBytes()
        for index in 1...count {
            transaction.merchant.key = Pseudonym(
                high: UInt64(index) &* 0x9E37_79B9_7F4A_7C15, low: UInt64(index))
            transaction.idHash = UInt64(index)
            historian.read(transaction, partition: 0, into: &row)
        }
        return Double(residentBytes() - before) / Double(count)
    }

    /// Resident set size of this process in bytes.
    static func residentBytes() -> Int {
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return pages * Int(getpagesize())
    }
}

/// Rows of facts of the simulator's stream, for the benchmarks behind History.
private func simulatedRows(_ count: Int) throws -> [FactRow] {
    let records = SimulatedRecords(count: count)
    var intake = Intake(pseudonymiser: try BenchKey.pseudonymiser())
    let historian = Historian()
    var transaction = Transaction()
    var rows = [FactRow](repeating: FactRow(), count: records.count)
    for index in 0..<records.count {
        let rejection = records.withRecord(index) {
            intake.read($0, observedAt: records.times[index], into: &transaction)
        }
        if rejection == nil { historian.read(transaction, partition: 0, into: &rows[index]) }
    }
    return rows
}

private func benchCascade(_ path: String?) throws -> Cascade {
    try Cascade(contentsOf: path ?? Shipped.folder("models").appending(path: "demo/cascade.yaml").path)
}

/// Facts to tokens.
enum DescribeBench {
    static func run(transactions count: Int, cascade path: String?) throws -> BenchReport {
        let rows = try simulatedRows(count)
        let describer = Describer(vocabulary: try benchCascade(path).vocabulary)
        var batch = DescriptionBatch()
        var hash = ResultHash()
        let seconds = measured {
            for start in stride(from: 0, to: rows.count, by: 1024) {
                batch.removeAll()
                for row in rows[start..<min(start + 1024, rows.count)] {
                    describer.describe(row, into: &batch)
                }
                hash.add(UInt64(batch.tokenCount))
            }
        }
        return BenchReport("describe", transactions: rows.count, seconds: seconds, hash: hash.value)
    }
}

/// Tokens to verdicts, with the rules floor and the policy.
enum ScorecardBench {
    static func run(transactions count: Int, cascade path: String?) throws -> BenchReport {
        let rows = try simulatedRows(count)
        let cascade = try benchCascade(path)
        let describer = Describer(vocabulary: cascade.vocabulary)
        let runtime = CascadeRuntime(cascade, largestBatch: 1024) { DispatchTime.now().uptimeNanoseconds }
        var batches: [DescriptionBatch] = []
        for start in stride(from: 0, to: rows.count, by: 1024) {
            var batch = DescriptionBatch()
            for row in rows[start..<min(start + 1024, rows.count)] { describer.describe(row, into: &batch) }
            batches.append(batch)
        }
        var verdicts = [Verdict](repeating: Verdict(), count: 1024)
        var hash = ResultHash()
        let seconds = rows.withUnsafeBufferPointer { rows in
            verdicts.withUnsafeMutableBufferPointer { verdicts in
                measured {
                    for (number, batch) in batches.enumerated() {
                        let facts = UnsafeBufferPointer(rebasing: rows[(number * 1024)...])
                        runtime.judge(facts: facts, batch: batch, arrival: nil, into: verdicts)
                        hash.add(verdicts[0].probability.bitPattern)
                    }
                }
            }
        }
        return BenchReport("scorecard", transactions: rows.count, seconds: seconds, hash: hash.value)
    }
}
