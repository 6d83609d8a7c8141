import Banking

/// Incomes, standing orders, transfers between people, savings.
extension DayPlanner {
    mutating func planIncome(_ account: Account, _ random: inout RandomStream) {
        let hasIncome = account.hasIncome(on: today.day)
        let income = Double(account.incomeMinor)
        let employer = external(.employer, UInt64(account.number), 0)
        switch account.kind {
        case .student, .employee, .family, .retired:
            guard hasIncome, today.isDue(account.payday) else { return }
            let seconds = today.startSeconds + Int64(random.between(4...7) * 3600 + random.below(3600))
            // A thirteenth month in December where there is an employer.
            let hasBonus = today.month == 12 && (account.kind == .employee || account.kind == .family)
            events.append(.credit(seconds, account.incomeMinor * (hasBonus ? 2 : 1), from: employer))
        case .freelancer:
            guard !today.isWeekend, random.chance(hasIncome ? 0.14 : 0.012) else { return }
            let client = external(.employer, UInt64(account.number), UInt64(1 + random.popular(9)))
            let amount = random.logNormal(median: income / 3.4, sigma: 0.55)
            let seconds = moment(.office, in: account.homeCity, &random)
            events.append(.credit(seconds, Int64(amount), from: client))
        case .smallBusiness:
            guard !today.isWeekend else { return }
            let takings = random.logNormal(median: income / 22, sigma: 0.4) * (hasIncome ? 1 : 0.25)
            let seconds = today.startSeconds + Int64(3 * 3600 + random.below(5400))
            events.append(.credit(seconds, Int64(takings), from: employer))
            guard today.isDue(26) else { return }
            for slot in 0..<2 {
                let wage = Int64(income * 0.17) / 100 * 100
                let to = external(.beneficiary, UInt64(account.number), UInt64(100 + slot))
                let time = moment(.office, in: account.homeCity, &random)
                events.append(.transfer(time, wage, to: to, device: 0, mobile: false))
            }
        }
    }

    /// Rent, utilities, telephone, insurance, subscriptions: on their days, always the same parties.
    mutating func planStandingOrders(_ account: Account) {
        // Nobody's orders fall due on a weekend.
        guard !today.isWeekend else { return }
        for (slot, order) in Self.orders.enumerated() {
            // Fixed for the life of the account, so the same draws every month.
            var fixed = RandomStream(
                configuration.seed, .standing, UInt64(account.number), UInt64(slot))
            guard fixed.chance(order.share), today.isDue(fixed.between(order.days)) else { continue }
            let seconds = today.startSeconds + Int64(3 * 3600 + fixed.below(3 * 3600))
            guard let category = order.category else {
                planRent(account, seconds, &fixed)
                continue
            }
            let shelf = world.shelf(category, city: 0)
            let shop = shelf.lowerBound + Int32(fixed.popular(shelf.count))
            let trade = category.trade
            let monthly = fixed.logNormal(median: trade.medianMinor, sigma: trade.sigma) * account.wealth
            var amount = max(299, Int64(monthly))
            if category == .utilities || category == .telecom {
                var varying = RandomStream(
                    configuration.seed, .standing, UInt64(account.number) << 8 | UInt64(slot),
                    UInt64(today.year * 12 + today.month))
                amount = Int64(Double(amount) * varying.between(0.9...1.12))
            }
            var event = PlannedEvent(
                seconds: seconds, amountMinor: amount, merchant: shop, channel: .directDebit)
            if order.isOnCard {
                event = .online(seconds, amount, at: shop, .stored, device: 0)
            }
            events.append(event)
        }
    }

    private mutating func planRent(_ account: Account, _ seconds: Int64, _ fixed: inout RandomStream) {
        let share = account.kind.living.rentShare * fixed.logNormal(median: 1, sigma: 0.12)
        let rent = Int64(Double(account.incomeMinor) * share) / 500 * 500
        guard rent > 0 else { return }
        events.append(
            PlannedEvent(
                seconds: seconds, amountMinor: rent,
                counterpart: external(.beneficiary, UInt64(account.number), 200),
                channel: fixed.chance(0.6) ? .directDebit : .transfer))
    }

    private struct StandingOrder {
        /// `nil` is the rent.
        let category: MerchantCategory?
        let share: Double
        let days: ClosedRange<Int>
        var isOnCard = false
    }

    private static let orders: [StandingOrder] = [
        StandingOrder(category: nil, share: 0.82, days: 2...6),
        StandingOrder(category: .utilities, share: 0.92, days: 5...20),
        StandingOrder(category: .telecom, share: 0.95, days: 3...26),
        StandingOrder(category: .insurance, share: 0.8, days: 5...15),
        StandingOrder(category: .gym, share: 0.25, days: 1...10),
        StandingOrder(category: .streaming, share: 0.65, days: 1...26, isOnCard: true),
        StandingOrder(category: .streaming, share: 0.35, days: 1...26, isOnCard: true),
        StandingOrder(category: .software, share: 0.25, days: 1...26, isOnCard: true),
    ]

    mutating func planTransfers(_ account: inout Account, _ random: inout RandomStream) {
        guard !account.isDefaulted else { return }
        planSavings(account, &random)
        let living = account.kind.living
        let isBusiness = account.kind == .smallBusiness
        for _ in 0..<random.poisson(living.transfersPerDay * min(account.activity(on: today.day), 1)) {
            let seconds = moment(isBusiness ? .office : .online, in: account.homeCity, &random)
            let known = knownBeneficiary(of: account, slot: random.popular(isBusiness ? 14 : 6))
            let party = random.chance(0.08) ? stranger(&random) : known
            let typical = isBusiness ? Double(account.incomeMinor) * 0.035 : 4500 * account.wealth
            let amount = Int64(random.logNormal(median: typical, sigma: 0.9)) / 500 * 500 + 500
            if !isBusiness, random.chance(0.4) {
                events.append(.credit(seconds, amount, from: party))
            } else {
                let device = usedDevice(of: account, &random)
                events.append(
                    .transfer(seconds, amount, to: party, device: device, mobile: random.chance(0.7)))
            }
        }
        planPassingOn(account, &random)
    }

    /// Honest money that comes in and soon leaves again: a shared rent, a collection, a sale.
    private mutating func planPassingOn(_ account: Account, _ random: inout RandomStream) {
        guard random.chance(account.kind == .student ? 0.008 : 0.002) else { return }
        let seconds = moment(.online, in: account.homeCity, &random)
        let amount = Int64(random.logNormal(median: 22_000, sigma: 0.8)) / 1000 * 1000 + 2000
        let isKnown = random.chance(0.6)
        let payer = isKnown ? knownBeneficiary(of: account, slot: 20) : stranger(&random)
        events.append(.credit(seconds, amount, from: payer))
        let later = seconds + Int64(random.between(900...14_400))
        guard later < today.startSeconds + 86_400, random.chance(0.7) else { return }
        let payee = isKnown ? knownBeneficiary(of: account, slot: 21) : stranger(&random)
        let device = ownDevice(of: account, &random)
        let passed = Int64(Double(amount) * random.between(0.6...1)) / 500 * 500
        events.append(.transfer(later, passed, to: payee, device: device, mobile: true))
    }

    /// Puts aside what is left over, and takes it back when the account runs low.
    private mutating func planSavings(_ account: Account, _ random: inout RandomStream) {
        let savings = external(.beneficiary, UInt64(account.number), 300)
        let spare = account.balanceMinor - account.incomeMinor * 3 / 2
        if today.dayOfMonth == account.payday + 1, spare > 10_000 {
            let amount = Int64(Double(spare) * random.between(0.4...0.9)) / 5000 * 5000
            guard amount > 0 else { return }
            let device = ownDevice(of: account, &random)
            let seconds = moment(.online, in: account.homeCity, &random)
            events.append(.transfer(seconds, amount, to: savings, device: device, mobile: true))
        } else if account.balanceMinor < account.incomeMinor / 20 {
            // Who has lost the income has soon used the savings up.
            let isDry = !account.hasIncome(on: today.day) && today.day > account.incomeLostDay + 30
            guard !isDry, random.chance(0.12) else { return }
            let amount = Int64(Double(account.incomeMinor) * random.between(0.1...0.45)) / 5000 * 5000
            guard amount > 0 else { return }
            events.append(.credit(moment(.online, in: account.homeCity, &random), amount, from: savings))
        }
    }
}
