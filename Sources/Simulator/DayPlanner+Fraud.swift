import Banking

/// How fraud stories begin and end; `+Stories` tells them.
extension DayPlanner {
    /// One story in the making.
    struct Story {
        let scenario: FraudScenario
        /// When the bank hears of it; 0 for never.
        let reportSeconds: Int64
        var events: [PlannedEvent] = []

        /// Adds an event unless the bank has stopped the fraud by then.
        mutating func add(_ event: PlannedEvent) {
            guard reportSeconds == 0 || event.seconds < reportSeconds else { return }
            var event = event
            event.scenario = scenario
            event.reportSeconds = reportSeconds
            events.append(event)
        }
    }

    /// Begins at most one story on the account today.
    mutating func planFraud(_ account: inout Account) {
        let intensity = configuration.fraudIntensity
        guard intensity > 0, today.day >= account.quietUntilDay, !account.isDefaulted else { return }
        var random = stream(.fraud, account)
        for scenario in FraudScenario.allCases {
            let rate = scenario.ratePerDay * intensity * exposure(of: account, to: scenario)
            if random.chance(rate) {
                begin(scenario, account: &account, &random)
                return
            }
        }
        planCopies(account: &account, &random)
    }

    /// Some customers are met more often: young accounts become mules, the retired are talked into transfers.
    private func exposure(of account: Account, to scenario: FraudScenario) -> Double {
        let isYoung = today.day - Int64(account.openedDay) < 500
        switch scenario {
        case .muleTransfers: return (isYoung ? 2.5 : 0.5) * (account.kind == .student ? 2 : 0.8)
        case .authorisedPushPayment: return account.kind == .retired ? 2 : 0.8
        default: return 1
        }
    }

    /// Whether a card used at a copying terminal today was copied: one in four is.
    private mutating func planCopies(account: inout Account, _ random: inout RandomStream) {
        let city = account.city(on: today.day)
        let terminal = skimmed[city]
        guard terminal >= 0,
            events.contains(where: { $0.merchant == terminal && $0.scenario == nil && $0.errors.isEmpty }),
            random.chance(min(0.25 * configuration.fraudIntensity, 1))
        else { return }
        begin(.skimmedTerminal, account: &account, &random)
    }

    private mutating func begin(
        _ scenario: FraudScenario, account: inout Account, _ random: inout RandomStream
    ) {
        let delay = scenario == .skimmedTerminal ? random.between(1...9) : 0
        let rhythm: Rhythm = scenario == .authorisedPushPayment ? .office : .online
        let first = moment(rhythm, in: account.homeCity, &random) + Int64(delay) * 86_400
        let days = random.logNormal(median: scenario.medianReportDays, sigma: 1)
        let isReported = !random.chance(configuration.unreportedShare)
        let report = isReported ? first + 5400 + Int64(min(days, 90) * 86_400) : 0
        var story = Story(scenario: scenario, reportSeconds: report)
        switch scenario {
        case .cardTesting: tellCardTesting(&story, first, account, &random)
        case .accountTakeover: tellTakeover(&story, first, account, &random)
        case .skimmedTerminal: tellSkimming(&story, first, account, &random)
        case .cardNotPresentSpree: tellSpree(&story, first, account, &random)
        case .muleTransfers: tellMule(&story, first, account, &random)
        case .authorisedPushPayment: tellPushPayment(&story, first, account, &random)
        }
        let end = today.startSeconds + 86_400
        events += story.events.filter { $0.seconds < end }
        account.pending += story.events.filter { $0.seconds >= end }
        account.quietUntilDay = today.day + 45
        if scenario.usesCard, report > 0 {
            account.cardReplacementDay = report / 86_400 + 1
        }
    }

    // MARK: What gangs share

    /// A device of the fraudsters: in two of five cases one that serves against many customers for a week.
    func fraudDevice(_ random: inout RandomStream) -> UInt64 {
        let week = UInt64(bitPattern: today.day / 7)
        let shared = UInt64(random.below(6))
        return random.chance(0.4)
            ? external(.gang, 1000 + shared, week) : stranger(&random)
    }

    /// An account that takes the loot: in half the cases one that many victims pay for two weeks.
    func lootAccount(_ random: inout RandomStream) -> UInt64 {
        let fortnight = UInt64(bitPattern: today.day / 14)
        let shared = UInt64(random.below(12))
        return random.chance(0.5) ? external(.gang, 2000 + shared, fortnight) : stranger(&random)
    }

    /// An online shop of the long tail; fraudsters come back to a few of them for two weeks.
    func oddMerchant(_ categories: [MerchantCategory], _ random: inout RandomStream) -> Int32 {
        let shelf = world.shelf(categories[random.below(categories.count)], city: 0)
        let tail = shelf.count / 3
        if random.chance(0.5) {
            let fortnight = UInt64(bitPattern: today.day / 14)
            var favourite = RandomStream(
                configuration.seed, .gang, 3000 + UInt64(random.below(3)),
                fortnight << 32 | UInt64(shelf.lowerBound))
            return shelf.lowerBound + Int32(tail + favourite.below(shelf.count - tail))
        }
        return shelf.lowerBound + Int32(tail + random.below(shelf.count - tail))
    }

    /// A shop where goods are easily sold on.
    func lootShop(_ random: inout RandomStream) -> Int32 {
        let categories: [MerchantCategory] = [
            .webElectronics, .webElectronics, .webFashion, .marketplace, .travel, .crypto, .webBets,
        ]
        let shelf = world.shelf(categories[random.below(categories.count)], city: 0)
        return shelf.lowerBound + Int32(random.popular(shelf.count))
    }
}
