import Banking

/// The six fraud stories. Each adds its events to `story`; those after the report are dropped there.
extension DayPlanner {
    /// 3–8 probes of 0.50–4 € within the hour at one to three odd merchants, a third refused; after 1–40
    /// hours 1–4 purchases.
    func tellCardTesting(
        _ story: inout Story, _ first: Int64, _ account: Account, _ random: inout RandomStream
    ) {
        var seconds = first
        let device = fraudDevice(&random)
        let shops = (0..<random.between(1...3)).map { _ in
            oddMerchant([.charity, .software, .games, .delivery], &random)
        }
        for _ in 0..<random.between(3...8) {
            var probe = PlannedEvent.online(
                seconds, Int64(random.between(50...400)), at: shops[random.below(shops.count)], .manual,
                device: random.chance(0.6) ? device : 0)
            if random.chance(0.33) {
                probe.errors = [.badSecurityCode, .badExpiry, .badAddress][random.below(3)]
            }
            story.add(probe)
            seconds += Int64(random.between(20...420))
        }
        seconds += Int64(random.between(3600...144_000))
        for _ in 0..<random.between(1...4) {
            let amount = Int64(random.logNormal(median: 21_000 * account.wealth, sigma: 0.7))
            story.add(
                .online(
                    seconds, amount, at: lootShop(&random), .manual,
                    device: random.chance(0.6) ? device : 0))
            seconds += Int64(random.between(300...20_000))
        }
    }

    /// A new device sends 1–20 € to a new beneficiary; after 1–30 hours of silence 2–5 transfers of 15–60 %
    /// of what is left, minutes apart.
    func tellTakeover(
        _ story: inout Story, _ first: Int64, _ account: Account, _ random: inout RandomStream
    ) {
        // One in ten controls the customer's own device.
        let device = random.chance(0.1) ? ownDevice(of: account, &random) : fraudDevice(&random)
        let loot = lootAccount(&random)
        let isMobile = random.chance(0.7)
        story.add(
            .transfer(first, Int64(random.between(1...20)) * 100, to: loot, device: device, mobile: isMobile))
        var seconds = first + Int64(random.between(3600...108_000))
        for _ in 0..<random.between(2...5) {
            let to = random.chance(0.6) ? loot : lootAccount(&random)
            var drain = PlannedEvent.transfer(
                seconds, Int64(random.between(40...120)) * 100, to: to, device: device, mobile: isMobile)
            drain.shareOfAvailable = Float(random.between(0.15...0.6))
            story.add(drain)
            seconds += Int64(random.between(90...3600))
        }
    }

    /// The copy is used 2–6 times by stripe, half of it at cash machines, in the gang's city within two days.
    func tellSkimming(
        _ story: inout Story, _ first: Int64, _ account: Account, _ random: inout RandomStream
    ) {
        let city = world.skimmingDestination(city: account.city(on: today.day), day: today.day)
        var seconds = first
        for _ in 0..<random.between(2...6) {
            let isCash = random.chance(0.5)
            let category: MerchantCategory =
                isCash ? .cashMachine : [.electronics, .fuel, .department, .jewellery][random.below(4)]
            let shelf = world.shelf(category, city: city)
            let shop = shelf.lowerBound + Int32(random.popular(shelf.count))
            let amount = isCash
                ? Int64(random.between(4...40)) * 1000
                : max(1500, Int64(random.logNormal(median: 14_000, sigma: 0.6)))
            var event = PlannedEvent.inPerson(seconds, amount, at: shop, .stripe, cash: isCash)
            if isCash, random.chance(0.15) { event.errors = .badPIN }
            story.add(event)
            seconds += Int64(random.between(120...40_000))
        }
    }

    /// 4–12 online purchases over 2–14 days, each 1.2–5 times what the customer pays at such a shop.
    func tellSpree(
        _ story: inout Story, _ first: Int64, _ account: Account, _ random: inout RandomStream
    ) {
        let device = fraudDevice(&random)
        let factor = random.between(1.2...5)
        let count = random.between(4...12)
        let length = random.between(2...14) * 86_400
        var seconds = first
        for _ in 0..<count {
            let shop = random.chance(0.7)
                ? lootShop(&random) : oddMerchant([.software, .games, .delivery], &random)
            let usual = Double(price(at: shop, of: account, &random))
            let amount = max(200, Int64(usual * factor * random.between(0.7...1.3)))
            story.add(
                .online(
                    seconds, amount, at: shop, random.chance(0.8) ? .manual : .stored,
                    device: random.chance(0.65) ? device : 0))
            seconds += Int64(random.between(600...max(601, 2 * length / count)))
        }
    }

    /// 1–3 credits of strangers (150–4,000 €), each followed within 10–240 minutes by 80–97 % of it leaving
    /// by one or two transfers or a cash machine.
    func tellMule(
        _ story: inout Story, _ first: Int64, _ account: Account, _ random: inout RandomStream
    ) {
        var seconds = first
        for _ in 0..<random.between(1...3) {
            let amount = min(max(Int64(random.logNormal(median: 75_000, sigma: 0.7)), 15_000), 400_000)
            story.add(.credit(seconds, amount / 100 * 100, from: stranger(&random)))
            var rest = Int64(Double(amount) * random.between(0.8...0.97))
            seconds += Int64(random.between(600...14_400))
            let loot = lootAccount(&random)
            let device = ownDevice(of: account, &random)
            if rest > 20_000, random.chance(0.35) {
                let shelf = world.shelf(.cashMachine, city: account.city(on: today.day))
                let machine = shelf.lowerBound + Int32(random.popular(shelf.count))
                let cash = min(rest / 2, 60_000) / 1000 * 1000
                story.add(.inPerson(seconds, cash, at: machine, .chip, cash: true))
                rest -= cash
                seconds += Int64(random.between(120...2400))
            }
            story.add(.transfer(seconds, rest / 500 * 500, to: loot, device: device, mobile: true))
            seconds += Int64(random.between(3600...200_000))
        }
    }

    /// In office hours, from the own device, 1–2 transfers of 25–85 % of what can be spent to a beneficiary
    /// never paid before; in two of five cases money comes over from the savings first.
    mutating func tellPushPayment(
        _ story: inout Story, _ first: Int64, _ account: Account, _ random: inout RandomStream
    ) {
        let device = ownDevice(of: account, &random)
        let loot = lootAccount(&random)
        if random.chance(0.4) {
            let amount = Int64(Double(account.incomeMinor) * random.between(0.2...1.2)) / 5000 * 5000 + 5000
            // The customer does this: no fraud in itself, so it is not part of the story.
            let savings = external(.beneficiary, UInt64(account.number), 300)
            let before = max(today.startSeconds, first - Int64(random.between(300...2400)))
            events.append(.credit(before, amount, from: savings))
        }
        var seconds = first
        for _ in 0..<random.between(1...2) {
            var transfer = PlannedEvent.transfer(
                seconds, Int64(random.between(150...400)) * 100, to: loot, device: device,
                mobile: random.chance(0.5))
            transfer.shareOfAvailable = Float(random.between(0.25...0.85))
            story.add(transfer)
            seconds += Int64(random.between(300...5400))
        }
    }
}
