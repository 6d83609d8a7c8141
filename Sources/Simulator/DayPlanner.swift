/// Plans one account's day: what honest life brings (`+Life`, `+Money`), and what fraudsters do (`+Fraud`).
struct DayPlanner: Sendable {
    let configuration: SimulatorConfiguration
    let world: World
    let tables: HabitTables
    var today = CalendarDay(0)
    /// The planned events of the account in hand, in no order.
    var events: [PlannedEvent] = []
    /// The terminal that copies cards today, by city; −1 for none.
    var skimmed: [Int32] = []

    init(configuration: SimulatorConfiguration, world: World, tables: HabitTables) {
        self.configuration = configuration
        self.world = world
        self.tables = tables
    }

    mutating func begin(_ day: CalendarDay) {
        today = day
        skimmed = world.cities.indices.map { world.skimmedMerchant(city: $0, day: day.day) ?? -1 }
    }

    /// Fills `events` with everything that happens to the account today.
    mutating func plan(_ account: inout Account) {
        events.removeAll(keepingCapacity: true)
        takePending(of: &account)
        var random = stream(.life, account)
        if today.day >= account.cardReplacementDay {
            account.cardReplacementDay = .max
            account.cardGeneration &+= 1
        }
        // A new phone every 30 months or so.
        if random.chance(1.0 / 900) { account.deviceGeneration &+= 1 }
        planTrip(&account, &random)
        planIncome(account, &random)
        planStandingOrders(account)
        planPurchases(account, &random)
        planOneOffs(account, &random)
        planTransfers(&account, &random)
        planFraud(&account)
    }

    private mutating func takePending(of account: inout Account) {
        guard !account.pending.isEmpty else { return }
        let end = today.startSeconds + 86_400
        events += account.pending.filter { $0.seconds < end }
        account.pending.removeAll { $0.seconds < end }
    }

    // MARK: Names and moments

    func stream(_ purpose: RandomStream.Purpose, _ account: Account) -> RandomStream {
        RandomStream(
            configuration.seed, purpose, UInt64(account.number), UInt64(bitPattern: today.day))
    }

    /// A second of today (UTC) at a usual local hour in `city`. Hours past the UTC day wrap around to its
    /// other end, which is the same local hour of the neighbouring day.
    func moment(_ rhythm: Rhythm, in city: Int, _ random: inout RandomStream) -> Int64 {
        let local = tables.hour(rhythm, &random) * 3600 + random.below(3600)
        let shifted = local - world.cities[city].utcOffsetHours * 3600
        return today.startSeconds + Int64((shifted + 86_400) % 86_400)
    }

    /// A number that stands for an account elsewhere: 48 bits, never 0.
    func external(
        _ purpose: RandomStream.Purpose, _ first: UInt64, _ second: UInt64
    ) -> UInt64 {
        max(1, RandomStream.hash(configuration.seed, purpose, first, second) & 0xFFFF_FFFF_FFFF)
    }

    /// Someone the customer has paid before: six people or suppliers.
    func knownBeneficiary(of account: Account, slot: Int) -> UInt64 {
        external(.beneficiary, UInt64(account.number), UInt64(slot))
    }

    /// Someone never met before.
    func stranger(_ random: inout RandomStream) -> UInt64 { max(1, random.next() & 0xFFFF_FFFF_FFFF) }

    /// One of the customer's own devices; the first is the phone and is replaced now and then.
    func ownDevice(of account: Account, _ random: inout RandomStream) -> UInt64 {
        let slot = random.popular(account.devices)
        let generation = slot == 0 ? UInt64(account.deviceGeneration) : 0
        return external(.device, UInt64(account.number), UInt64(slot) << 8 | generation)
    }

    /// The device of an honest order: one in forty comes from a borrowed or office machine.
    func usedDevice(of account: Account, _ random: inout RandomStream) -> UInt64 {
        random.chance(0.025) ? stranger(&random) : ownDevice(of: account, &random)
    }

    /// A merchant of the category: three in four times one of the customer's favourites in that city.
    func merchant(
        _ category: MerchantCategory, of account: Account, in city: Int, _ random: inout RandomStream
    ) -> Int32 {
        let shelf = world.shelf(category, city: city)
        if random.chance(0.75) {
            let slot = UInt64(random.popular(4))
            let place = UInt64(city) << 16 | UInt64(category.rawValue) << 8 | slot
            var favourite = RandomStream(
                configuration.seed, .favourite, UInt64(account.number), place)
            return shelf.lowerBound + Int32(favourite.popular(shelf.count))
        }
        return shelf.lowerBound + Int32(random.popular(shelf.count))
    }

    /// A price in cents at that merchant for that customer.
    func price(at merchant: Int32, of account: Account, _ random: inout RandomStream) -> Int64 {
        let shop = world.merchants[Int(merchant)]
        let trade = shop.category.trade
        let usual = trade.medianMinor * shop.priceLevel * (0.4 + 0.6 * account.wealth)
        let amount = Int64(random.logNormal(median: usual, sigma: trade.sigma))
        if shop.category == .cashMachine { return min(max((amount + 500) / 1000, 1), 80) * 1000 }
        let bounded = min(max(amount, 50), 2_000_000)
        switch random.below(10) {
        case 0, 1: return max(100, bounded / 100 * 100)
        case 2, 3: return bounded / 100 * 100 + 90
        case 4: return bounded / 100 * 100 + 99
        case 5: return max(50, bounded / 50 * 50)
        default: return bounded
        }
    }
}
