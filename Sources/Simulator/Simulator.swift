import Banking

/// A synthetic bank that lives day by day: `nextDay` gives the transactions of the next day in order
/// of (time, transaction id), the labels that become known that day, and the defaults of that day.
///
/// Memory is bounded by the accounts (160 bytes each), the world (about 5 MB), one day of transactions
/// (about 100 bytes each with their order) and the labels not yet known. Same configuration, same bytes.
public struct Simulator: Sendable {
    public let configuration: SimulatorConfiguration
    public let world: World
    /// Days given so far, 0…`configuration.days`.
    public private(set) var daysDone = 0

    private var accounts: [Account]
    private var planner: DayPlanner
    private var settlement: Settlement
    /// Labels by the day on which they become known.
    private var waitingLabels: [Int64: [SimulatedLabel]] = [:]
    private var day: [SimulatedTransaction] = []
    private var order: [OrderKey] = []

    /// - Parameter configuration: values out of range are brought into it (`clamped`).
    public init(configuration: SimulatorConfiguration) {
        let configuration = configuration.clamped()
        self.configuration = configuration
        let world = World(seed: configuration.seed, merchantScale: configuration.merchantScale)
        let tables = HabitTables()
        self.world = world
        accounts = (0..<UInt32(configuration.accounts)).map {
            Account(number: $0, configuration: configuration, world: world, tables: tables)
        }
        planner = DayPlanner(configuration: configuration, world: world, tables: tables)
        settlement = Settlement(configuration: configuration)
    }

    /// A writer of this bank's records.
    public var writer: CanonicalWriter { CanonicalWriter(world: world) }

    /// The next day, appended to the caller's arrays.
    /// - Parameters:
    ///   - transactions: ordered by (time, transaction id).
    ///   - labels: known during this day, ordered by (time known, transaction id).
    ///   - outcomes: defaults at the end of this day, ordered by account.
    /// - Returns: `false` when all days of the configuration have been given; nothing is appended then.
    public mutating func nextDay(
        transactions: inout [SimulatedTransaction], labels: inout [SimulatedLabel],
        outcomes: inout [CreditOutcome]
    ) -> Bool {
        guard daysDone < configuration.days else { return false }
        let today = CalendarDay(configuration.start.day + Int64(daysDone))
        daysDone += 1
        planner.begin(today)
        day.removeAll(keepingCapacity: true)
        for index in accounts.indices {
            planner.plan(&accounts[index])
            settlement.settle(&planner.events, of: &accounts[index], on: today, into: &day)
            if let outcome = settlement.close(&accounts[index], on: today) { outcomes.append(outcome) }
        }
        for label in settlement.labels {
            waitingLabels[Timestamp(seconds: label.knownSeconds).day, default: []].append(label)
        }
        settlement.labels.removeAll(keepingCapacity: true)
        appendOrdered(to: &transactions)
        labels += Self.ordered(waitingLabels.removeValue(forKey: today.day) ?? [])
        return true
    }

    /// The labels that become known only after the last day given, ordered by (time known, transaction id).
    public mutating func remainingLabels() -> [SimulatedLabel] {
        let days = waitingLabels.keys.sorted()
        defer { waitingLabels.removeAll() }
        return days.flatMap { Self.ordered(waitingLabels[$0] ?? []) }
    }

    private static func ordered(_ labels: [SimulatedLabel]) -> [SimulatedLabel] {
        labels.sorted { ($0.knownSeconds, $0.transaction) < ($1.knownSeconds, $1.transaction) }
    }

    private struct OrderKey {
        var seconds: Int64
        var number: UInt64
        var index: Int
    }

    private mutating func appendOrdered(to transactions: inout [SimulatedTransaction]) {
        order.removeAll(keepingCapacity: true)
        for index in day.indices {
            let seconds = day[index].effectiveSeconds
            order.append(OrderKey(seconds: seconds, number: day[index].number, index: index))
        }
        order.sort { ($0.seconds, $0.number) < ($1.seconds, $1.number) }
        transactions.reserveCapacity(transactions.count + day.count)
        for key in order { transactions.append(day[key.index]) }
    }
}
