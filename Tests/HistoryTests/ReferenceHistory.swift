import Banking
import Foundation

@testable import History

/// The definitions of the facts, computed anew for every transaction from the list of all before it.
///
/// Shares no code with the historian: exact windows, exact sorting, the C library's log and trigonometry.
struct ReferenceHistory {
    struct Expectation {
        var values: [Fact: Double] = [:]
        var codes: [Fact: UInt32] = [:]
    }
    private(set) var counted: [Transaction] = []
    var labels: [Label] = []
    let graceSeconds: Int64 = 300
    let delaySeconds: Int64 = 7 * day

    mutating func facts(_ now: Transaction) -> Expectation {
        let t = now.effectiveAt.seconds
        let arrived = counted.filter { $0.account == now.account }
        // Stable by time: of equal times the later arrival is the newer.
        let before = arrived.enumerated().filter { $0.element.effectiveAt.seconds <= t }
            .sorted {
                ($0.element.effectiveAt.seconds, $0.offset) < ($1.element.effectiveAt.seconds, $1.offset)
            }
            .map(\.element)
        var result = Expectation()
        windows(now, t, before, &result)
        habits(now, before, arrived, &result)
        novelty(now, arrived, &result)
        counterpart(now, t, &result)
        counted.append(now)
        return result
    }

    mutating func count(_ transaction: Transaction) { counted.append(transaction) }

    private func isDebit(_ transaction: Transaction) -> Bool { transaction.direction == .debit }
    private func major(_ transaction: Transaction) -> Double {
        Double(transaction.amount.amountMinor) / 100
    }

    private func windows(
        _ now: Transaction, _ t: Int64, _ before: [Transaction], _ result: inout Expectation
    ) {
        let facts: [(Int64, Fact, Fact, Fact?)] = [
            (600, .count10m, .sum10m, nil), (hour, .count1h, .sum1h, nil),
            (day, .count1d, .sum1d, .amountToMean1d), (7 * day, .count7d, .sum7d, .amountToMean7d),
            (30 * day, .count30d, .sum30d, .amountToMean30d),
        ]
        for (window, count, sum, ratio) in facts {
            let inside = before.filter { isDebit($0) && $0.effectiveAt.seconds > t - window }
            let own = isDebit(now) ? [now] : []
            result.values[count] = Double((inside + own).count)
            result.values[sum] = (inside + own).map(major).reduce(0, +)
            let mean = inside.map { max(major($0), 0.01) }.reduce(0, +) / Double(inside.count)
            if let ratio, isDebit(now), !inside.isEmpty {
                result.values[ratio] = max(major(now), 0.01) / mean
            }
        }
        if let last = before.last {
            result.values[.secondsSinceLast] = Double(t - last.effectiveAt.seconds)
        }
        let lastHour = before.filter { $0.effectiveAt.seconds > t - hour }
        let merchants = Set((lastHour + [now]).map(\.merchant.key).filter { !$0.isNone })
        result.values[.distinctMerchants1h] = Double(merchants.count)
        result.values[.declines1d] = Double(
            before.filter { $0.effectiveAt.seconds > t - day && !$0.authorisationErrors.isEmpty }.count)
        if isDebit(now), let small = lastHour.filter(isDebit).map({ max(major($0), 0.01) }).min() {
            result.values[.probing] = max(major(now), 0.01) / small
        }
    }

    private func habits(
        _ now: Transaction, _ before: [Transaction], _ arrived: [Transaction], _ result: inout Expectation
    ) {
        let last = before.suffix(60).filter(isDebit).map { max(major($0), 0.01) }.sorted()
        if !last.isEmpty {
            let median = last[Int((Double(last.count) * 0.5).rounded(.up)) - 1]
            let high = last[Int((Double(last.count) * 0.95 - 1e-9).rounded(.up)) - 1]
            result.values[.usualAmount] = median
            result.values[.usualAmountP95] = high
            let recent = before.suffix(60).filter(isDebit).map { max(major($0), 0.01) }
            if recent.count >= 5 {
                result.values[.largeDebits20] = Double(recent.suffix(20).filter { $0 > 2.5 * median }.count)
                result.values[.largeDebits40] = Double(recent.suffix(40).filter { $0 > 2.5 * median }.count)
                result.values[.largestToUsual] = (recent.suffix(20).max() ?? .nan) / median
            }
            if isDebit(now) {
                result.values[.amountToMedian] = max(major(now), 0.01) / median
                result.values[.amountToP95] = max(major(now), 0.01) / high
            }
        }
        var (mean, variance, short, night) = (0.0, 0.0, 0.0, 0.0)
        let logs = arrived.filter(isDebit)
        for (index, debit) in logs.enumerated() {
            let log = Foundation.log(Double(max(debit.amount.amountMinor, 1)))
            let slow = max(1 / Double(index + 1), 1 - Foundation.pow(2, -1.0 / 30))
            let fast = max(1 / Double(index + 1), 1 - Foundation.pow(2, -1.0 / 4))
            variance = (1 - slow) * (variance + slow * (log - mean) * (log - mean))
            mean += slow * (log - mean)
            short += fast * (log - short)
            let isNight = debit.effectiveAt.seconds % day < 6 * hour
            night += slow * ((isNight ? 1 : 0) - night)
        }
        guard !logs.isEmpty else { return }
        result.values[.nightShare] = night
        guard isDebit(now) else { return }
        let log = Foundation.log(Double(max(now.amount.amountMinor, 1)))
        let fast = max(1 / Double(logs.count + 1), 1 - Foundation.pow(2, -1.0 / 4))
        result.values[.amountZ] = (log - mean) / (variance + 0.01).squareRoot()
        result.values[.spree] = short + fast * (log - short) - mean
    }

    private func novelty(_ now: Transaction, _ arrived: [Transaction], _ result: inout Expectation) {
        func judge(_ fact: Fact, _ isNew: Bool) { result.codes[fact] = isNew ? 2 : 1 }
        let merchant = now.merchant.key
        if !merchant.isNone {
            let visits = arrived.filter { $0.merchant.key == merchant }.count
            judge(.newMerchant, visits == 0)
            result.values[.merchantVisits] = Double(min(visits, 15))
        }
        let (category, country) = (now.merchant.categoryCode, now.merchant.country)
        if category > 0 { judge(.newCategory, !arrived.contains { $0.merchant.categoryCode == category }) }
        if country > 0 { judge(.newCountry, !arrived.contains { $0.merchant.country == country }) }
        if let channel = now.channel { judge(.newChannel, !arrived.contains { $0.channel == channel }) }
        if !now.device.isNone {
            let distinct = lastDistinct(arrived.map(\.device).filter { !$0.isNone }, 3)
            judge(.newDevice, !distinct.contains(now.device))
        }
    }

    private func lastDistinct(_ list: [Pseudonym], _ count: Int) -> [Pseudonym] {
        list.reversed().reduce(into: []) { found, next in
            if found.count < count, !found.contains(next) { found.append(next) }
        }
    }

    private func counterpart(_ now: Transaction, _ t: Int64, _ result: inout Expectation) {
        let key = now.counterpart
        guard !key.isNone else { return }
        let end = (t - graceSeconds) / hour
        let late = min(end, (t - delaySeconds) / hour)
        let hours = counted.filter { $0.counterpart == key }.map { $0.effectiveAt.seconds / hour }
        let frauds = labels.filter { $0.counterpart == key && $0.knownAt.seconds <= t }
            .map { $0.effectiveAt.seconds / hour }
        let facts: [(Int64, Fact, Fact)] = [
            (24, .counterpartCount1d, .counterpartFraudShare1d),
            (168, .counterpartCount7d, .counterpartFraudShare7d),
            (720, .counterpartCount30d, .counterpartFraudShare30d),
        ]
        for (window, count, share) in facts {
            result.values[count] = Double(hours.filter { (end - window..<end).contains($0) }.count)
            let all = hours.filter { (late - window..<late).contains($0) }.count
            let confirmed = frauds.filter { (late - window..<late).contains($0) }.count
            if all > 0 { result.values[share] = Double(confirmed) / Double(all) }
            result.values[.counterpartFrauds30d] = Double(confirmed)
        }
        fraudAmounts(key, t, late, &result)
        fraudRun(key, t, late, &result)
        let first = counted.filter { $0.counterpart == key }.map(\.effectiveAt.seconds).min()
        if let first, first / hour < end {
            result.values[.counterpartAgeDays] = Double(t - first) / Double(day)
        }
    }

    /// The smallest and the last of the frauds of 30 days that say their amount.
    private func fraudAmounts(_ key: Pseudonym, _ t: Int64, _ late: Int64, _ result: inout Expectation) {
        let frauds = labels.filter {
            $0.counterpart == key && $0.knownAt.seconds <= t && $0.amount != nil
                && (late - 720..<late).contains($0.effectiveAt.seconds / hour)
        }
        func order(_ label: Label) -> (Int64, Int64, UInt32) {
            (label.effectiveAt.seconds, label.knownAt.seconds,
                UInt32(truncatingIfNeeded: label.transactionIDHash))
        }
        guard let last = frauds.max(by: { order($0) < order($1) })?.amount,
            let least = frauds.compactMap({ $0.amount?.amountMinor }).min()
        else { return }
        result.values[.counterpartSmallestFraud30d] = Double(max(least, 1)) / 100
        result.values[.counterpartLatestFraud30d] = Double(max(last.amountMinor, 1)) / 100
    }

    /// Walks back from the last due hour while every transaction was a known fraud.
    private func fraudRun(_ key: Pseudonym, _ t: Int64, _ late: Int64, _ result: inout Expectation) {
        let due = counted.filter { $0.counterpart == key && $0.effectiveAt.seconds / hour < late }
        let known = labels.filter {
            $0.counterpart == key && $0.knownAt.seconds <= t && $0.effectiveAt.seconds / hour < late
        }
        var (length, first): (Int, Int64?) = (0, nil)
        for start in Set(known.map { $0.effectiveAt.seconds / hour }).sorted(by: >) {
            let frauds = known.filter { $0.effectiveAt.seconds / hour >= start }
            let all = due.filter { $0.effectiveAt.seconds / hour >= start }
            guard all.count <= frauds.count, start >= late - 30 * 24 else { break }
            length = min(frauds.count, 64)
            first = frauds.map(\.effectiveAt.seconds).min()
        }
        result.values[.counterpartFraudRun] = Double(length)
        if let first { result.values[.counterpartFraudRunDays] = Double(t - first) / Double(day) }
    }
}
