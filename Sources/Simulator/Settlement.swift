import Banking

/// Turns planned events into booked or refused transactions, and frauds into labels.
struct Settlement: Sendable {
    private let configuration: SimulatorConfiguration
    private let numberKey: UInt64
    /// Labels made since the caller last took them.
    var labels: [SimulatedLabel] = []

    init(configuration: SimulatorConfiguration) {
        self.configuration = configuration
        numberKey = RandomStream.hash(configuration.seed, .transaction, 0)
    }

    /// Settles a day's events of one account in order of time.
    mutating func settle(
        _ events: inout [PlannedEvent], of account: inout Account, on today: CalendarDay,
        into day: inout [SimulatedTransaction]
    ) {
        guard !events.isEmpty else { return }
        sort(&events)
        separate(&events, before: today.startSeconds + 86_400)
        var random = RandomStream(
            configuration.seed, .settlement, UInt64(account.number), UInt64(bitPattern: today.day))
        for event in events {
            let transaction = book(event, account: &account)
            day.append(transaction)
            if event.channel == .directDebit, transaction.errors.contains(.insufficientFunds) {
                account.returnedDebits += 1
                if !event.isRepresentation, random.chance(0.6) {
                    var again = event
                    again.seconds += Int64(random.between(4...8)) * 86_400
                    again.isRepresentation = true
                    account.pending.append(again)
                }
            }
            label(transaction, of: event, &random)
        }
    }

    /// Counts the day, and tells whether the account defaulted with it.
    func close(_ account: inout Account, on today: CalendarDay) -> CreditOutcome? {
        if account.balanceMinor < 0 {
            account.overdraftDays += 1
        } else {
            account.overdraftDays = max(0, account.overdraftDays - 1)
            // A regular month pays old slips off.
            if today.dayOfMonth == 1, account.returnedDebits > 0 { account.returnedDebits -= 1 }
        }
        let isOver = account.returnedDebits >= 3 && account.overdraftDays >= 30
        guard isOver, !account.isDefaulted else { return nil }
        account.isDefaulted = true
        let isLost = account.incomeLostDay <= today.day
        return CreditOutcome(
            account: account.number, defaultedAt: Timestamp(seconds: today.startSeconds + 86_400),
            incomeLostAt: isLost ? Timestamp(seconds: account.incomeLostDay * 86_400) : nil,
            balanceMinor: account.balanceMinor, returnedDebits: account.returnedDebits)
    }

    /// Insertion sort: an account has few events a day, and equal times keep their order.
    private func sort(_ events: inout [PlannedEvent]) {
        for index in 1..<max(events.count, 1) {
            var place = index
            while place > 0, events[place].seconds < events[place - 1].seconds {
                events.swapAt(place, place - 1)
                place -= 1
            }
        }
    }

    /// No two events of an account share a second: the order of their identifiers would not be the order
    /// in which they were booked.
    private func separate(_ events: inout [PlannedEvent], before end: Int64) {
        var earliest = Int64.min
        for index in events.indices {
            events[index].seconds = max(events[index].seconds, earliest)
            earliest = events[index].seconds + 1
        }
        var latest = end - 1
        for index in events.indices.reversed() {
            events[index].seconds = min(events[index].seconds, latest)
            latest = events[index].seconds - 1
        }
    }

    private func book(_ event: PlannedEvent, account: inout Account) -> SimulatedTransaction {
        let available = max(0, account.balanceMinor + account.overdraftLimitMinor)
        var amount = event.amountMinor
        if event.shareOfAvailable > 0 {
            let share = Int64(Double(available) * Double(event.shareOfAvailable) / 1000) * 1000
            amount = max(amount, share)
        }
        var errors = event.errors
        if errors.isEmpty, event.direction == .debit {
            if amount > available {
                errors = .insufficientFunds
            } else if event.channel == .atm, amount > 80_000 {
                errors = .limitExceeded
            }
        }
        if errors.isEmpty { account.balanceMinor += event.direction == .debit ? -amount : amount }
        account.sequence &+= 1
        // A bijection of (account, sequence): unique, and it tells nothing about either.
        let plain = UInt64(account.number) << 32 | UInt64(account.sequence)
        return SimulatedTransaction(
            number: RandomStream.mix(plain ^ numberKey), account: account.number,
            effectiveSeconds: event.seconds, amountMinor: amount, balanceAfterMinor: account.balanceMinor,
            merchant: event.merchant, counterpart: event.counterpart, device: event.device,
            accountOpenedDay: account.openedDay, direction: event.direction, channel: event.channel,
            entryMode: event.entryMode, errors: errors,
            cardGeneration: event.usesCard ? account.cardGeneration : nil, scenario: event.scenario)
    }

    private mutating func label(
        _ transaction: SimulatedTransaction, of event: PlannedEvent, _ random: inout RandomStream
    ) {
        let seconds = transaction.effectiveSeconds
        if event.scenario != nil {
            // One in twenty-five is overlooked when the customer goes through the statement.
            guard event.reportSeconds > 0, !random.chance(0.04) else { return }
            let known = max(event.reportSeconds, seconds + 3600) + Int64(random.below(7200))
            labels.append(SimulatedLabel(of: transaction, outcome: .fraud, knownSeconds: known))
            return
        }
        let isCharge = transaction.direction == .debit && transaction.errors.isEmpty
        if isCharge, random.chance(configuration.falseReportShare) {
            let days = random.logNormal(median: 5, sigma: 0.9)
            let reported = seconds + 7200 + Int64(min(days, 120) * 86_400)
            labels.append(SimulatedLabel(of: transaction, outcome: .fraud, knownSeconds: reported))
            if random.chance(0.8) {
                let corrected = reported + Int64(random.between(2...25)) * 86_400
                labels.append(SimulatedLabel(of: transaction, outcome: .genuine, knownSeconds: corrected))
            }
        } else if configuration.labelsGenuine {
            let known = seconds + Int64(configuration.genuineLabelDelayDays) * 86_400
            labels.append(SimulatedLabel(of: transaction, outcome: .genuine, knownSeconds: known))
        }
    }
}
