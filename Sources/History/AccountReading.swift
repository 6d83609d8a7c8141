import Banking

/// One transaction against its account: what the account's record says before it, and then the counting.
struct AccountReading {
    private let account: AccountRecord
    private let moment: Moment
    /// Minor units per major unit of the transaction's currency.
    private let scale: Double
    /// Natural log of the amount in minor units, and the same as a code.
    private let logAmount: Double
    private let code: UInt16
    private let isDebit: Bool
    /// Ring entries that are newer than this transaction.
    private let place: Int
    private let previousNewest: UInt32
    private let merchantByte: UInt8

    init(_ transaction: borrowing Transaction, _ moment: Moment, of account: AccountRecord, scale: Double) {
        self.account = account
        self.moment = moment
        self.scale = scale
        logAmount = LogAmount.natural(transaction.amount.amountMinor)
        code = LogAmount.code(natural: logAmount)
        isDebit = transaction.direction == .debit
        place = account.place(moment.seconds)
        previousNewest = account.newestSeconds
        merchantByte = AccountRecord.merchantByte(transaction.merchant.key)
    }

    /// Weight of one more debit in a running mean of half-life h: 1 − 2^(−1/h).
    private static let slowWeight: Float = 0.022_840_031
    private static let fastWeight: Float = 0.159_103_58
    /// Variance added under the square root of the z-score: accounts that always pay the same are not
    /// infinitely regular.
    private static let priorVariance: Float = 0.01

    // MARK: - Facts

    func writeFacts(_ transaction: borrowing Transaction, into row: inout FactRow) {
        let windows = account.windows(moment.seconds, place: place)
        writeWindows(windows, into: &row)
        writeHabits(windows, into: &row)
        writeWho(transaction, windows, into: &row)
        writeNovelty(transaction, into: &row)
        writePlace(transaction, into: &row)
    }

    /// Counts and sums include a debit at hand; means do not.
    private func writeWindows(_ windows: Windows, into row: inout FactRow) {
        let own = isDebit ? 1.0 : 0
        let minor = isDebit ? Double(row[number: .amount]) : 0
        let facts: (Fact, Fact) = (.count10m, .sum10m)
        for lane in 0..<5 {
            let (count, sum) = (Int(facts.0.rawValue) + lane, Int(facts.1.rawValue) + lane)
            row[bits: count] = Float(windows.counts[lane] + own).bitPattern
            row[bits: sum] = Float(windows.sums[lane] / scale + minor).bitPattern
        }
        let past = account.recentPast(moment.seconds, place: place, merchant: merchantByte)
        row[number: .distinctMerchants1h] = Float(past.distinctMerchants)
        row[number: .declines1d] = Float(past.declines)
        if place < Int(account.header.pointee.ringCount) {
            row[number: .secondsSinceLast] = Float(moment.seconds - account.times[place])
        }
        guard isDebit else { return }
        if let smallest = past.smallest {
            row[number: .probing] = Float(LogAmount.ratio(Int(code) - Int(smallest)))
        }
    }

    private func writeHabits(_ windows: Windows, into row: inout FactRow) {
        let quantiles = account.quantiles(place: place)
        if quantiles.count > 0 {
            row[number: .usualAmount] = Float(LogAmount.amount(quantiles.median) / scale)
            row[number: .usualAmountP95] = Float(LogAmount.amount(quantiles.percentile95) / scale)
        }
        if quantiles.count >= 5 {
            let large = account.largeDebits(place: place, median: quantiles.median)
            row[number: .largeDebits20] = Float(large.among20)
            row[number: .largeDebits40] = Float(large.among40)
            row[number: .largestToUsual] = Float(LogAmount.ratio(large.largest - quantiles.median))
        }
        guard isDebit else { return }
        if quantiles.count > 0 {
            row[number: .amountToMedian] = Float(LogAmount.ratio(Int(code) - quantiles.median))
            row[number: .amountToP95] = Float(LogAmount.ratio(Int(code) - quantiles.percentile95))
        }
        let amount = LogAmount.amount(Int(code))
        for lane in 2..<5 where windows.counts[lane] > 0.001 && windows.sums[lane] > 0 {
            let slot = Int(Fact.amountToMean1d.rawValue) + lane - 2
            row[bits: slot] = Float(amount * windows.counts[lane] / windows.sums[lane]).bitPattern
        }
        let header = account.header
        guard debitsSeen > 0 else { return }
        let deviation = Float(logAmount) - header.pointee.logMean
        let spread = (header.pointee.logVariance + Self.priorVariance).squareRoot()
        row[number: .amountZ] = deviation / spread
        row[number: .spree] = fastMean - header.pointee.logMean
    }

    private func writeWho(_ transaction: borrowing Transaction, _ windows: Windows, into row: inout FactRow)
    {
        let header = account.header
        let now = Double(moment.seconds)
        var age = max(now - Double(header.pointee.firstSeconds), 0)
        if let opened = transaction.accountOpenedAt { age = max(now - Double(Moment(opened).seconds), 0) }
        row[number: .accountAgeDays] = Float(age / 86_400)
        let known = now - Double(header.pointee.firstSeconds)
        if known >= 14 * 86_400 {
            let days = min(known / 86_400 - 7, 23)
            row[number: .usualCount30d] = Float((windows.counts[4] - windows.counts[3]) * 30 / days)
        }
        if debitsSeen > 0 { row[number: .nightShare] = header.pointee.nightShare }
        if let after = transaction.balanceAfterMinor {
            // A refused transaction moved nothing.
            let moved = transaction.authorisationErrors.isEmpty ? Double(transaction.amount.amountMinor) : 0
            row[number: .balance] = Float((Double(after) + (isDebit ? moved : -moved)) / scale)
        } else if !header.pointee.balance.isNaN {
            row[number: .balance] = Float(Double(header.pointee.balance) / scale)
        }
        if !header.pointee.balance.isNaN {
            row[number: .overdraftDays30d] = Float(account.overdraftDays(moment))
        }
        row[number: .incomeRegularity] = account.incomeRegularity(moment.seconds)
        if header.pointee.ringCount > 0 {
            row[number: .returnedDebits30d] = Float(account.returnedDebits(moment))
        }
        if header.pointee.spendSum > 0 {
            row[number: .cashShare30d] = header.pointee.cashSum / header.pointee.spendSum
            row[number: .gamblingShare30d] = header.pointee.gamblingSum / header.pointee.spendSum
        }
    }

    private func writeNovelty(_ transaction: borrowing Transaction, into row: inout FactRow) {
        let (known, new) = (AccountRecord.known, AccountRecord.new)
        if !transaction.merchant.key.isNone {
            let visits = account.visits(transaction.merchant.key)
            row[code: .newMerchant] = visits > 0 ? known : new
            row[number: .merchantVisits] = Float(visits)
        }
        if transaction.merchant.categoryCode != 0 {
            let isKnown = AccountRecord.contains(
                account.categories, AccountRecord.categoryCapacity, transaction.merchant.categoryCode)
            row[code: .newCategory] = isKnown ? known : new
        }
        if transaction.merchant.country != 0 {
            let isKnown = AccountRecord.contains(
                account.countries, AccountRecord.countryCapacity, transaction.merchant.country)
            row[code: .newCountry] = isKnown ? known : new
        }
        if !transaction.device.isNone {
            let isKnown = AccountRecord.contains(
                account.devices, AccountRecord.deviceCapacity,
                AccountRecord.deviceFingerprint(transaction.device))
            row[code: .newDevice] = isKnown ? known : new
        }
        if let channel = transaction.channel {
            let isKnown = account.header.pointee.channels & Self.bit(channel) != 0
            row[code: .newChannel] = isKnown ? known : new
        }
    }

    private func writePlace(_ transaction: borrowing Transaction, into row: inout FactRow) {
        let header = account.header
        guard header.pointee.placedSeconds > 0, Self.isInPerson(transaction) else { return }
        let last = Position(latitude: header.pointee.latitude, longitude: header.pointee.longitude)
        let kilometres = Globe.kilometres(last, transaction.merchant.position)
        row[number: .distanceKm] = Float(kilometres)
        let apart = Double(moment.seconds) - Double(header.pointee.placedSeconds)
        row[number: .speedKmh] = Float(kilometres * 3600 / max(abs(apart), 60))
    }

    // MARK: - Counting

    func count(_ transaction: borrowing Transaction, partition: Int32) {
        let header = account.header
        let isNewest = moment.seconds >= previousNewest
        header.pointee.partition = UInt16(truncatingIfNeeded: partition)
        header.pointee.firstSeconds = min(header.pointee.firstSeconds, moment.seconds)
        account.noteBalance(
            transaction.balanceAfterMinor, at: moment, isNewest: isNewest, previousNewest: previousNewest)
        account.advanceBuckets(moment.seconds)
        if isDebit { countDebit(transaction) } else { account.noteCredit(code, at: moment) }
        if AccountRecord.isReturned(transaction) { account.noteReturned(moment) }

        var amount = code
        if !isDebit { amount |= AccountRecord.creditBit }
        if !transaction.authorisationErrors.isEmpty { amount |= AccountRecord.declinedBit }
        account.insert(
            moment.seconds, amount: amount, merchant: merchantByte, idHash: transaction.idHash, place: place
        )
        remember(transaction)
        if Self.isInPerson(transaction), isNewest || header.pointee.placedSeconds <= moment.seconds {
            header.pointee.latitude = transaction.merchant.position.latitude
            header.pointee.longitude = transaction.merchant.position.longitude
            header.pointee.placedSeconds = max(moment.seconds, 1)
        }
    }

    private func countDebit(_ transaction: borrowing Transaction) {
        let header = account.header
        account.countInBucket(moment.seconds, amountMinor: transaction.amount.amountMinor)
        let amount = Float(transaction.amount.amountMinor)
        let behind = (previousNewest > moment.seconds ? previousNewest - moment.seconds : 0) / 172_800
        var weighted = amount
        for _ in 0..<min(behind, 16) { weighted *= 0.935_507 }
        header.pointee.spendSum += weighted
        if Self.isCash(transaction) { header.pointee.cashSum += weighted }
        if Self.isGambling(transaction.merchant.categoryCode) { header.pointee.gamblingSum += weighted }

        // With few debits the plain mean, later the running one: weight max(1/n, 1 − 2^(−1/h)).
        let share = 1 / Float(debitsSeen + 1)
        let slow = max(share, Self.slowWeight)
        header.pointee.shortMean = fastMean
        let deviation = Float(logAmount) - header.pointee.logMean
        header.pointee.logMean += slow * deviation
        header.pointee.logVariance =
            (1 - slow) * (header.pointee.logVariance + slow * deviation * deviation)
        header.pointee.nightShare += slow * ((moment.isNight ? 1 : 0) - header.pointee.nightShare)
        if account.debitsSeen < 255 { account.debitsSeen += 1 }
    }

    private func remember(_ transaction: borrowing Transaction) {
        if !transaction.merchant.key.isNone { account.visit(transaction.merchant.key) }
        if transaction.merchant.categoryCode != 0 {
            AccountRecord.remember(
                account.categories, AccountRecord.categoryCapacity, transaction.merchant.categoryCode)
        }
        if transaction.merchant.country != 0 {
            AccountRecord.remember(
                account.countries, AccountRecord.countryCapacity, transaction.merchant.country)
        }
        if !transaction.device.isNone {
            AccountRecord.remember(
                account.devices, AccountRecord.deviceCapacity,
                AccountRecord.deviceFingerprint(transaction.device))
        }
        if let channel = transaction.channel { account.header.pointee.channels |= Self.bit(channel) }
    }

    // MARK: - Terms

    /// Debits counted so far, up to 255.
    private var debitsSeen: Int { Int(account.debitsSeen) }

    /// The fast mean with this debit in it.
    private var fastMean: Float {
        let weight = max(1 / Float(debitsSeen + 1), Self.fastWeight)
        let before = account.header.pointee.shortMean
        return before + weight * (Float(logAmount) - before)
    }

    private static func bit(_ channel: Channel) -> UInt8 { 1 << ((channel.rawValue - 1) & 7) }

    /// A known place where the customer stood: not by telephone, browser, app or standing order.
    static func isInPerson(_ transaction: borrowing Transaction) -> Bool {
        switch transaction.channel {
        case .online, .mobile, .phone, .transfer, .directDebit: return false
        case .inStore, .atm, .branch, nil: return transaction.merchant.position.isKnown
        }
    }
    /// Withdrawals: cash machines, and category codes 6010 and 6011 (ISO 18245).
    static func isCash(_ transaction: borrowing Transaction) -> Bool {
        let isCashMachine = transaction.channel == .atm
        let category = transaction.merchant.categoryCode
        return isCashMachine || category == 6010 || category == 6011
    }
    /// Lotteries, online and licensed casinos, racing, betting (ISO 18245).
    static func isGambling(_ categoryCode: UInt16) -> Bool {
        switch categoryCode {
        case 7800, 7801, 7802, 7995, 9406: true
        default: false
        }
    }
}
