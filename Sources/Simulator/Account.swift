import Banking

/// One customer's account: what it is, and what has become of it so far.
struct Account: Sendable {
    let number: UInt32
    let kind: AccountKind
    let homeCity: Int
    /// Price level of this customer's purchases, about 1.
    let wealth: Double
    /// Of a usual month, in cents.
    let incomeMinor: Int64
    /// 1…26.
    let payday: Int
    let openedDay: Int32
    let overdraftLimitMinor: Int64
    let devices: Int
    /// Day on which the income is lost; `.max` for never.
    let incomeLostDay: Int64
    /// Day on which there is a new income; `.max` for never.
    let incomeBackDay: Int64

    var balanceMinor: Int64
    var sequence: UInt32 = 0
    var cardGeneration: UInt8 = 0
    var deviceGeneration: UInt8 = 0
    /// Where the customer is abroad until `tripUntilDay` (exclusive).
    var tripCity = 0
    var tripUntilDay: Int64 = 0
    /// Day on which a new card replaces a blocked one.
    var cardReplacementDay: Int64 = .max
    /// No new fraud story before this day.
    var quietUntilDay: Int64 = 0
    var overdraftDays = 0
    var returnedDebits = 0
    var isDefaulted = false
    /// Events planned for a later moment, in no order.
    var pending: [PlannedEvent] = []

    init(
        number: UInt32, configuration: SimulatorConfiguration, world: World, tables: HabitTables
    ) {
        let startDay = configuration.start.day
        var random = RandomStream(configuration.seed, .profile, UInt64(number))
        self.number = number
        kind = tables.kind(&random)
        let living = kind.living
        homeCity = world.homeCity(&random)
        let income = random.logNormal(median: living.incomeMedianMinor, sigma: living.incomeSigma)
        incomeMinor = Int64(income * City.all[homeCity].priceLevel / 100) * 100
        let relative = income / living.incomeMedianMinor
        wealth = random.logNormal(median: relative.squareRoot(), sigma: 0.2)
        payday = kind == .retired ? random.between(1...9) : [1, 2, 5, 24, 25, 25, 26, 26][random.below(8)]
        // Half the accounts are older than ten years, one in twelve was opened within the last year.
        let age = kind == .student ? random.between(20...1800) : random.between(30...8000)
        openedDay = Int32(startDay) - Int32(age)
        let limits: [Double] = [0, 0.2, 0.4, 0.6]
        overdraftLimitMinor = Int64(income * limits[random.below(limits.count)] / 10_000) * 10_000
        devices = random.between(living.devices)
        let balance = income * random.logNormal(median: 0.75, sigma: 0.6)

        var credit = RandomStream(configuration.seed, .credit, UInt64(number))
        // People lose their income from 120 days before the start on, so that short runs show every phase.
        let yearly = 0.04 * configuration.creditIntensity * (kind == .freelancer ? 1.8 : 1)
        let exposed = kind == .employee || kind == .family || kind == .freelancer || kind == .smallBusiness
        let until = yearly > 0 && exposed ? credit.exponential(mean: 365 / yearly) : .infinity
        incomeLostDay = until < 40_000 ? startDay - 120 + Int64(until) : .max
        let recovers = credit.chance(0.4)
        incomeBackDay = incomeLostDay < .max && recovers
            ? incomeLostDay + Int64(credit.between(35...150)) : .max
        let lostFor = Double(max(0, startDay - incomeLostDay))
        let spent = incomeLostDay < .max && incomeBackDay > startDay ? lostFor * income / 70 : 0
        balanceMinor = max(Int64(balance - spent), -overdraftLimitMinor)
    }

    func hasIncome(on day: Int64) -> Bool { day < incomeLostDay || day >= incomeBackDay }

    func city(on day: Int64) -> Int { day < tripUntilDay ? tripCity : homeCity }
    func isTravelling(on day: Int64) -> Bool { day < tripUntilDay }

    /// How much is bought, 1 as usual: people with little left buy less, most of all when in debt.
    func activity(on day: Int64) -> Double {
        if isDefaulted { return 0.05 }
        let months = Double(balanceMinor) / Double(max(incomeMinor, 1))
        let free = min(max(0.35 + 0.8 * months, 0.2), 1.4)
        let usual = hasIncome(on: day) ? free : max(free, 0.45)
        return isTravelling(on: day) ? max(usual, 0.8) * 1.9 : usual
    }
}
