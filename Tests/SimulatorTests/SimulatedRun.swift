import Banking
import Simulator

/// Everything a run gave, for tests to look at.
struct SimulatedRun {
    var transactions: [SimulatedTransaction] = []
    var labels: [SimulatedLabel] = []
    var lateLabels: [SimulatedLabel] = []
    var outcomes: [CreditOutcome] = []
    var bytes: [UInt8] = []
    var labelBytes: [UInt8] = []
    private let byAccount: [UInt32: [SimulatedTransaction]]
    let world: World

    init(_ change: (inout SimulatorConfiguration) -> Void) {
        var configuration = SimulatorConfiguration()
        change(&configuration)
        var simulator = Simulator(configuration: configuration)
        world = simulator.world
        while simulator.nextDay(transactions: &transactions, labels: &labels, outcomes: &outcomes) {}
        byAccount = Dictionary(grouping: transactions, by: \.account)
        lateLabels = simulator.remainingLabels()
        var writer = simulator.writer
        writer.append(lines: transactions, to: &bytes)
        writer.append(lines: labels, to: &labelBytes)
    }

    /// 1,500 accounts over 60 days with seed 1, shared by the tests that count things.
    static let large = SimulatedRun { $0.accounts = 1500 }
    /// 120 accounts over 20 days.
    static let small = SimulatedRun {
        $0.accounts = 120
        $0.days = 20
    }

    func story(_ scenario: FraudScenario) -> [[SimulatedTransaction]] {
        let ofScenario = transactions.filter { $0.scenario == scenario }
        let accounts = Set(ofScenario.map(\.account)).sorted()
        return accounts.map { account in ofScenario.filter { $0.account == account } }
    }

    func history(of account: UInt32) -> [SimulatedTransaction] {
        byAccount[account] ?? []
    }

    /// FNV-1a, 64 bits.
    var fingerprint: UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
