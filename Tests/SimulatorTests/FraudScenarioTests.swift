import Banking
import Testing

@testable import Simulator

@Suite struct FraudScenarioTests {
    private let run = SimulatedRun.large

    @Test func `fraud is between 0.3 and 1 percent and every story occurs`() {
        let frauds = run.transactions.filter { $0.scenario != nil }
        let share = Double(frauds.count) / Double(run.transactions.count)
        #expect((0.003...0.01).contains(share), "\(share)")
        for scenario in FraudScenario.allCases {
            #expect(run.story(scenario).count >= 10, "\(scenario.name)")
        }
    }

    @Test func `without fraud intensity nobody is defrauded`() {
        let honest = SimulatedRun {
            $0.accounts = 200
            $0.days = 30
            $0.fraudIntensity = 0
        }
        #expect(honest.transactions.allSatisfy { $0.scenario == nil })
        #expect(honest.labels.allSatisfy { $0.scenario == nil })
    }

    @Test func `card testing begins with small probes online`() {
        for story in run.story(.cardTesting) {
            #expect(story.allSatisfy { $0.channel == .online && $0.cardGeneration != nil })
            #expect(story[0].amountMinor <= 400)
        }
        let wide = run.story(.cardTesting).filter { $0.contains { $0.amountMinor > 5000 } }
        #expect(wide.count * 2 > run.story(.cardTesting).count)
    }

    @Test func `a takeover sends little, waits an hour and drains`() {
        for story in run.story(.accountTakeover) where story.count > 1 {
            #expect(story[0].amountMinor <= 2000)
            #expect(story[1].effectiveSeconds - story[0].effectiveSeconds >= 3600)
            #expect(story.allSatisfy { $0.counterpart != 0 && $0.device != 0 })
            #expect(Set(story.map(\.device)).count == 1)
            #expect(story.dropFirst().allSatisfy { $0.amountMinor >= 4000 })
        }
    }

    @Test func `a copied card is used by stripe in another city after a visit to the terminal`() {
        for story in run.story(.skimmedTerminal) {
            #expect(story.allSatisfy { $0.entryMode == .stripe && $0.cardGeneration != nil })
            let visits = run.history(of: story[0].account).contains { visit in
                guard visit.scenario == nil, visit.merchant >= 0,
                    let city = run.world.merchants[Int(visit.merchant)].city
                else { return false }
                let lead = story[0].effectiveAt.day - visit.effectiveAt.day
                return (1...9).contains(lead)
                    && run.world.skimmedMerchant(city: city, day: visit.effectiveAt.day) == visit.merchant
            }
            #expect(visits)
        }
    }

    @Test func `one terminal copies several cards`() {
        let terminals = run.world.cities.indices.map { city in
            run.story(.skimmedTerminal).filter { story in
                run.history(of: story[0].account).contains {
                    $0.merchant >= 0
                        && run.world.skimmedMerchant(city: city, day: $0.effectiveAt.day) == $0.merchant
                }
            }.count
        }
        #expect((terminals.max() ?? 0) >= 3)
    }

    @Test func `a spree is online and lasts for days`() {
        let stories = run.story(.cardNotPresentSpree)
        #expect(stories.allSatisfy { $0.allSatisfy { $0.channel == .online } })
        let long = stories.filter { ($0.last?.effectiveSeconds ?? 0) - $0[0].effectiveSeconds > 86_400 }
        #expect(long.count * 2 > stories.count)
    }

    @Test func `money comes in to a mule and leaves within hours`() {
        for story in run.story(.muleTransfers) {
            #expect(story[0].direction == .credit && story[0].counterpart != 0)
            guard let out = story.first(where: { $0.direction == .debit }) else { continue }
            #expect(out.effectiveSeconds - story[0].effectiveSeconds <= 4 * 3600)
        }
    }

    @Test func `a push payment goes from the own device to a beneficiary never paid before`() {
        for story in run.story(.authorisedPushPayment) {
            let before = run.history(of: story[0].account).filter {
                $0.effectiveSeconds < story[0].effectiveSeconds
            }
            #expect(!before.contains { $0.counterpart == story[0].counterpart })
            #expect(story[0].amountMinor >= 15_000)
            #expect(story.allSatisfy { $0.channel == .mobile || $0.channel == .transfer })
        }
    }

    /// No single field of the record gives a fraud away: for each mark of a story there are honest
    /// transactions with the same mark, more than frauds.
    @Test func `honest customers show the marks of fraud too`() {
        var seenParties: [UInt32: Set<UInt64>] = [:]
        var counts: [String: (honest: Int, fraud: Int)] = [:]
        func count(_ mark: String, _ isFraud: Bool) {
            counts[mark, default: (0, 0)].honest += isFraud ? 0 : 1
            counts[mark, default: (0, 0)].fraud += isFraud ? 1 : 0
        }
        for transaction in run.transactions {
            let isFraud = transaction.scenario != nil
            let isPaid = transaction.counterpart != 0 && transaction.direction == .debit
            if isPaid, seenParties[transaction.account, default: []].insert(transaction.counterpart).inserted,
                transaction.amountMinor > 30_000 {
                count("large transfer to a new beneficiary", isFraud)
            }
            if transaction.entryMode == .stripe { count("stripe", isFraud) }
            if transaction.entryMode == .manual { count("manual", isFraud) }
            if transaction.channel == .online, transaction.amountMinor < 400 { count("small", isFraud) }
            if transaction.channel == .online, transaction.amountMinor > 20_000 { count("large", isFraud) }
            if transaction.errors.contains(.badSecurityCode) { count("security code", isFraud) }
        }
        for (mark, count) in counts.sorted(by: { $0.key < $1.key }) where mark != "security code" {
            #expect(count.honest > count.fraud, "\(mark): \(count)")
        }
        #expect((counts["security code"]?.honest ?? 0) > 10)
        #expect(counts.count == 6)
    }

    @Test func `a reported card is replaced and its fraud stops`() {
        let known = Dictionary(grouping: run.labels.filter { $0.scenario?.usesCard == true }, by: \.account)
        #expect(known.count > 30)
        var replaced = 0
        for (account, labels) in known {
            let report = labels.map(\.knownSeconds).min() ?? 0
            let later = run.history(of: account).filter { $0.effectiveSeconds > report + 2 * 86_400 }
            let used = run.history(of: account).filter { $0.scenario != nil }.compactMap(\.cardGeneration)
            if let before = used.first, let after = later.compactMap(\.cardGeneration).last {
                #expect(after != before)
                replaced += 1
            }
        }
        #expect(replaced > 20)
    }
}
