import Banking

/// Journeys and purchases.
extension DayPlanner {
    mutating func planTrip(_ account: inout Account, _ random: inout RandomStream) {
        guard !account.isTravelling(on: today.day), !account.isDefaulted else { return }
        let mood = account.balanceMinor > account.incomeMinor / 3 ? 1.0 : 0.15
        let daily = account.kind.living.tripsPerYear / 365 * today.holidayFactor * mood
        guard random.chance(daily * (today.weekday == 5 ? 2 : 0.85)) else { return }
        let destination = random.below(world.cities.count - 1)
        account.tripCity = destination >= account.homeCity ? destination + 1 : destination
        account.tripUntilDay = today.day + Int64(random.chance(0.4) ? 3 : random.between(5...15))
    }

    mutating func planPurchases(_ account: Account, _ random: inout RandomStream) {
        let living = account.kind.living
        let factor = today.isWeekend ? living.weekendFactor : 1
        let count = random.poisson(living.purchasesPerDay * factor * account.activity(on: today.day))
        let isTravelling = account.isTravelling(on: today.day)
        for _ in 0..<count {
            var category = tables.category(account.kind, weekend: today.isWeekend, &random)
            if isTravelling {
                switch category {
                case .groceries where random.chance(0.6): category = .restaurant
                case .doctor, .home, .wholesale, .hairdresser: category = .hotel
                case .marketplace, .webFashion: category = .clothing
                case .parking: category = .cashMachine
                default: break
                }
            }
            planPurchase(category, account, &random)
        }
    }

    private mutating func planPurchase(
        _ category: MerchantCategory, _ account: Account, _ random: inout RandomStream
    ) {
        let city = account.city(on: today.day)
        let shop = merchant(category, of: account, in: city, &random)
        let amount = price(at: shop, of: account, &random)
        let seconds = moment(category.trade.rhythm, in: city, &random)
        let event = category.trade.isOnline
            ? onlinePurchase(seconds, amount, at: shop, account, &random)
            : .inPerson(
                seconds, amount, at: shop, entryMode(category, amount, city, &random),
                cash: category == .cashMachine)
        add(event, &random)
    }

    private func onlinePurchase(
        _ seconds: Int64, _ amount: Int64, at shop: Int32, _ account: Account, _ random: inout RandomStream
    ) -> PlannedEvent {
        let mode: EntryMode = [.manual, .manual, .stored, .stored, .wallet][random.below(5)]
        // Some shops do not pass the device on.
        let device = random.chance(0.85) ? usedDevice(of: account, &random) : 0
        return .online(seconds, amount, at: shop, mode, device: device)
    }

    private func entryMode(
        _ category: MerchantCategory, _ amount: Int64, _ city: Int, _ random: inout RandomStream
    ) -> EntryMode {
        let isOutsideEurope = ["US", "TH", "MA", "AE", "TR"].contains(world.cities[city].country)
        if isOutsideEurope, random.chance(0.25) { return .stripe }
        // A worn chip, an old terminal.
        if random.chance(0.006) { return .stripe }
        if category == .cashMachine { return .chip }
        if random.chance(0.15) { return .wallet }
        return amount <= 5000 && random.chance(0.8) ? .contactless : .chip
    }

    /// Adds a purchase, in a few cases after a refused attempt: people mistype.
    private mutating func add(_ event: PlannedEvent, _ random: inout RandomStream) {
        let draw = random.unit()
        if draw < 0.008 {
            var attempt = event
            switch event.entryMode {
            case .chip, .stripe: attempt.errors = .badPIN
            case .manual:
                let causes: [AuthorisationErrors] = [
                    .badSecurityCode, .badSecurityCode, .badExpiry, .badAddress,
                ]
                attempt.errors = causes[random.below(4)]
            default: attempt.errors = .technical
            }
            var retry = event
            retry.seconds += Int64(random.between(15...150))
            events.append(attempt)
            // Past midnight nobody tries again.
            if retry.seconds < today.startSeconds + 86_400, draw < 0.0068 { events.append(retry) }
            return
        }
        events.append(event)
    }

    /// What makes honest customers look odd: sprees, small charges in a row, one large purchase.
    mutating func planOneOffs(_ account: Account, _ random: inout RandomStream) {
        guard !account.isDefaulted else { return }
        let draw = random.unit()
        // Online sprees in the evening, four times as many in the sales of January and November.
        let spree = today.month == 1 || today.month == 11 ? 0.008 : 0.003
        if draw < spree {
            let shops: [MerchantCategory] = [.webFashion, .marketplace, .webElectronics, .software]
            planSpree(shops, 3...7, 1...2.2, account, &random)
        } else if draw < 0.011 {
            planSpree([.games, .charity, .games, .software], 2...6, 0.2...0.7, account, &random)
        } else if draw < 0.017, account.balanceMinor > account.incomeMinor / 3 {
            planLargePurchase(account, &random)
        }
    }

    private mutating func planSpree(
        _ categories: [MerchantCategory], _ count: ClosedRange<Int>, _ factor: ClosedRange<Double>,
        _ account: Account, _ random: inout RandomStream
    ) {
        var seconds = moment(.evening, in: account.city(on: today.day), &random)
        let last = today.startSeconds + 86_399
        for _ in 0..<random.between(count) {
            let shelf = world.shelf(categories[random.below(categories.count)], city: 0)
            let shop = shelf.lowerBound + Int32(random.popular(shelf.count))
            let usual = Double(price(at: shop, of: account, &random))
            let amount = max(50, Int64(usual * random.between(factor)))
            events.append(onlinePurchase(min(seconds, last), amount, at: shop, account, &random))
            seconds += Int64(random.between(60...1500))
        }
    }

    private mutating func planLargePurchase(_ account: Account, _ random: inout RandomStream) {
        let available = Double(max(account.balanceMinor, 0))
        let usual = Double(account.incomeMinor) * random.logNormal(median: 0.22, sigma: 0.7)
        let amount = Int64(min(usual, available * 0.85)) / 100 * 100
        guard amount > 5000 else { return }
        let city = account.city(on: today.day)
        switch random.below(10) {
        case 0...3:
            // A craftsman, a used car, a deposit: a beneficiary never paid before.
            let seconds = moment(.office, in: city, &random)
            let device = usedDevice(of: account, &random)
            events.append(
                .transfer(seconds, amount, to: stranger(&random), device: device, mobile: random.chance(0.5)))
        case 4...6:
            let category: MerchantCategory = [.electronics, .home, .jewellery, .hotel][random.below(4)]
            let shelf = world.shelf(category, city: city)
            let shop = shelf.lowerBound + Int32(random.popular(shelf.count))
            events.append(.inPerson(moment(.shops, in: city, &random), amount, at: shop, .chip))
        default:
            let categories: [MerchantCategory] = [.webElectronics, .travel, .marketplace, .crypto]
            let category = categories[random.below(4)]
            let shelf = world.shelf(category, city: city)
            let shop = shelf.lowerBound + Int32(random.popular(shelf.count))
            let seconds = moment(.online, in: city, &random)
            events.append(onlinePurchase(seconds, amount, at: shop, account, &random))
        }
    }
}
