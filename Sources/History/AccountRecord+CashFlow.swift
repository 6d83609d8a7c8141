import Banking

/// Balance, overdraft, income and returned debits: the account's cash flow.
extension AccountRecord {
    /// Days with a balance below 0 among the 30 days that end with the moment's day, before the moment.
    ///
    /// A balance below 0 lasts until the next report, so the days between count as well.
    func overdraftDays(_ moment: Moment) -> Int {
        guard header.pointee.ringCount > 0, !header.pointee.balance.isNaN else { return 0 }
        let newestDay = newestSeconds / 86_400
        let bits: UInt32
        if moment.day >= newestDay {
            bits = overdraftBits(movedBy: moment.day - newestDay)
        } else {
            let behind = newestDay - moment.day
            bits = behind < 32 ? header.pointee.overdraftDays >> behind : 0
        }
        return (bits & 0x3FFF_FFFF).nonzeroBitCount
    }

    private func overdraftBits(movedBy days: UInt32) -> UInt32 {
        guard days > 0 else { return header.pointee.overdraftDays }
        let isNegative = header.pointee.balance < 0
        guard days < 32 else { return isNegative ? .max : 0 }
        let moved = header.pointee.overdraftDays << days
        return isNegative ? moved | (UInt32(1) << days - 1) : moved
    }

    /// Takes a balance report into account; one older than the newest transaction marks its day only.
    func noteBalance(_ balanceMinor: Int64?, at moment: Moment, isNewest: Bool, previousNewest: UInt32) {
        if isNewest, header.pointee.ringCount > 0 {
            header.pointee.overdraftDays = overdraftBits(movedBy: moment.day - previousNewest / 86_400)
        }
        guard let balanceMinor else { return }
        if isNewest {
            header.pointee.balance = Float(balanceMinor)
            if balanceMinor < 0 { header.pointee.overdraftDays |= 1 }
        } else if balanceMinor < 0 {
            let behind = previousNewest / 86_400 - moment.day
            if behind < 32 { header.pointee.overdraftDays |= UInt32(1) << behind }
        }
    }

    /// An income is a credit of at least half the usual income (the first credit sets it).
    ///
    /// It is regular when it comes 26–35, 12–17 or 6–8 days after the last and within a quarter of the
    /// usual size.
    /// Regularity is the mean of that with weight 1/3 for the newest. Smaller credits change nothing.
    func noteCredit(_ code: UInt16, at moment: Moment) {
        let last = header.pointee.incomeSeconds
        guard last > 0 else {
            header.pointee.incomeSeconds = max(moment.seconds, 1)
            header.pointee.incomeLevel = code
            return
        }
        let level = header.pointee.incomeLevel
        // 256 steps are a factor of two.
        guard Int(code) + 256 >= Int(level), moment.seconds > last else { return }
        let days = (moment.seconds - last + 43_200) / 86_400
        // Several credits of one payday are one income.
        guard days > 2 || code > level else { return }
        let isSpaced = (26...35).contains(days) || (12...17).contains(days) || (6...8).contains(days)
        let isUsual = abs(Int(code) - Int(level)) <= 82
        let hit = isSpaced && isUsual ? 65_534.0 : 0
        let before = header.pointee.incomeRegularity
        let value = before == 0 ? hit / 2 : Double(before - 1) + (hit - Double(before - 1)) / 3
        header.pointee.incomeRegularity = 1 + UInt16(value.rounded(.toNearestOrEven))
        header.pointee.incomeSeconds = moment.seconds
        header.pointee.incomeLevel = UInt16((Int(level) * 2 + Int(code)) / 3)
    }

    /// Regularity in 0 … 1, halved for every 35 days that have passed without an income; NaN when unknown.
    func incomeRegularity(_ now: UInt32) -> Float {
        let stored = header.pointee.incomeRegularity
        guard stored > 0 else { return .nan }
        var value = Float(stored - 1) / 65_534
        let last = header.pointee.incomeSeconds
        var missed = now > last ? (now - last) / (35 * 86_400) : 0
        while missed > 0, value > 0.001 {
            value *= 0.5
            missed -= 1
        }
        return value
    }

    /// A direct debit that came back (a credit by direct debit) or was refused for want of funds.
    static func isReturned(_ transaction: borrowing Transaction) -> Bool {
        guard transaction.channel == .directDebit else { return false }
        let isRefused = transaction.authorisationErrors.contains(.insufficientFunds)
        let isCredit = transaction.direction == .credit
        return isRefused || isCredit
    }

    func noteReturned(_ moment: Moment) {
        Self.shift(returnedDays, from: 0, upTo: Self.returnedCapacity - 1)
        returnedDays[0] = UInt16(moment.day) + 1
    }

    /// Returned debits of the last 30 days up to the moment's day, at most 4.
    func returnedDebits(_ moment: Moment) -> Int {
        var count = 0
        for index in 0..<Self.returnedCapacity {
            let day = UInt32(returnedDays[index])
            guard day > 0, day - 1 <= moment.day else { continue }
            if moment.day - (day - 1) < 30 { count += 1 }
        }
        return count
    }
}
