extension Fact {
    /// The exact meaning of a fact, in one or two sentences, for documentation and exports.
    ///
    /// "Before" means counted earlier and with an event time not after this transaction's. Windows are (t −
    /// w, t].
    /// "Debits" are payments and withdrawals. Absent (NaN or 0) unless said otherwise where there is no
    /// such past.
    /// Amounts are in major units of the transaction's currency.
    public var definition: String {
        switch self {
        case .accountAgeDays, .usualAmount, .usualAmountP95, .usualCount30d, .nightShare, .balance,
            .overdraftDays30d, .incomeRegularity, .returnedDebits30d, .cashShare30d, .gamblingShare30d:
            definitionOfWho
        case .count10m, .count1h, .count1d, .count7d, .count30d, .sum10m, .sum1h, .sum1d, .sum7d, .sum30d,
            .secondsSinceLast, .distinctMerchants1h, .declines1d, .spree, .largeDebits20, .largeDebits40,
            .largestToUsual:
            definitionOfRecent
        case .counterpartAgeDays, .counterpartCount1d, .counterpartCount7d, .counterpartCount30d,
            .counterpartFraudShare1d, .counterpartFraudShare7d, .counterpartFraudShare30d,
            .counterpartFrauds30d, .counterpartFraudRun, .counterpartFraudRunDays,
            .counterpartSmallestFraud30d, .counterpartLatestFraud30d:
            definitionOfCounterpart
        case .word1, .word2, .word3, .word4, .word5, .word6:
            "Word of the merchant's name, in order: FNV-1a of its lower-case letters and digits, 1 … "
                + "1023; words of "
                + "two or more characters, numbers of at most four digits."
        case .amountToMean1d, .amountToMean7d, .amountToMean30d, .amountToMedian, .amountToP95, .amountZ,
            .probing,
            .newMerchant, .newCategory, .newCountry, .newDevice, .newChannel, .merchantVisits, .distanceKm,
            .speedKmh:
            definitionOfHabit
        default: definitionOfItself
        }
    }

    private var definitionOfWho: String {
        switch self {
        case .accountAgeDays:
            "Days since the account was opened or, where that is unknown, since its earliest "
                + "transaction counted here."
        case .usualAmount:
            "Median of the debits among the last 60 transactions before: the smallest that half do "
                + "not exceed (±0.14 %)."
        case .usualAmountP95:
            "95th percentile of the debits among the last 60 transactions before, nearest rank (±0.14 %)."
        case .usualCount30d:
            "Debits between 30 and 7 days before, scaled from the days known in between to 30; "
                + "absent in the first 14 days."
        case .nightShare:
            "Share of debits before with event time 0:00 to 5:59 UTC, half-life 30 debits (plain "
                + "share of the first 43)."
        case .balance:
            "Balance just before: the reported balance less this transaction's movement, otherwise "
                + "the last one reported."
        case .overdraftDays30d:
            "Days of the last 30 (UTC, this one included) with a balance below 0 before; it lasts "
                + "until the next report."
        case .incomeRegularity:
            "0 … 1: running share (weight 1/3) of incomes 26–35, 12–17 or 6–8 days apart within 25 % "
                + "of the usual, halved "
                + "per 35 days without one. An income is a credit of at least half the usual income."
        case .returnedDebits30d:
            "Direct debits of the last 30 days before that came back or were refused for want of "
                + "funds, at most 4."
        case .cashShare30d:
            "Share of the debited money that went to cash (ATM, codes 6010 and 6011), weighted "
                + "e^(−age/30 days)."
        default:
            "Share of the debited money that went to gambling (codes 7800–7802, 7995, 9406), "
                + "weighted e^(−age/30 days)."
        }
    }

    private var definitionOfRecent: String {
        switch self {
        case .count10m, .count1h, .count1d, .count7d, .count30d:
            "Debits in the window, this one included if it is one. Exact as far back as the last 13 "
                + "transactions reach, "
                + "older ones from two-day buckets spread evenly."
        case .sum10m, .sum1h, .sum1d, .sum7d, .sum30d:
            "Money debited in the window, this transaction included if it is a debit; counted like "
                + "the counts (±0.14 %)."
        case .secondsSinceLast:
            "Seconds since the last transaction before, of either direction."
        case .distinctMerchants1h:
            "Distinct merchants in the last hour, this one included, among the last 13 transactions."
        case .declines1d:
            "Transactions with authorisation errors in the last day before this one, among the last 13."
        case .largeDebits20:
            "Debits of more than 2.5 times `usualAmount` among the last 20 debits (±0.14 %) of the last 60 "
                + "transactions before; absent when there are fewer than 5 debits."
        case .largeDebits40:
            "The same among the last 40 debits."
        case .largestToUsual:
            "Largest of the last 20 debits before over `usualAmount`; absent when there are fewer than 5."
        default:
            "Mean log amount of debits with half-life 4, this one included, less the same with "
                + "half-life 30 before it."
        }
    }

    private var definitionOfItself: String {
        switch self {
        case .amount: "Amount in major units."
        case .currency: "ISO 4217 code."
        case .direction: "1 debit, 2 credit."
        case .channel: "Channel's code; 0 when the record named none."
        case .entryMode: "Entry mode's code; 0 when the record named none."
        case .merchantCategory: "ISO 18245 merchant category code; 0 when unknown."
        case .merchantCountry: "ISO 3166-1 alpha-2 code of the merchant."
        case .hour: "Hours since midnight UTC with their fraction, 0 … 24."
        case .weekday: "1 Monday … 7 Sunday, UTC."
        default: "Bits of the errors that the authorisation system reported; 0 for none."
        }
    }

    private var definitionOfHabit: String {
        switch self {
        case .amountToMean1d, .amountToMean7d, .amountToMean30d:
            "Debit's amount over the mean of the debits before it in the window."
        case .amountToMedian: "Debit's amount over `usualAmount`, exactly 1 when equal."
        case .amountToP95: "Debit's amount over `usualAmountP95`, exactly 1 when equal."
        case .amountZ:
            "Debit's log amount less its mean before (half-life 30 debits), over √(variance + 0.01)."
        case .probing:
            "Debit's amount over the smallest debit of the hour before it, among the last 13 transactions."
        case .newMerchant: "1 when the merchant is among the account's last 20 distinct ones, 2 when not."
        case .newCategory: "1 when the category is among the account's last 10 distinct ones, 2 when not."
        case .newCountry: "1 when the country is among the account's last 3 distinct ones, 2 when not."
        case .newDevice: "1 when the device is among the account's last 3 distinct ones, 2 when not."
        case .newChannel: "1 when the account used the channel before, 2 when not."
        case .merchantVisits:
            "Earlier visits to the merchant while among the last 20 distinct ones, "
                + "at most 15."
        case .distanceKm:
            "Great-circle distance to the last place of a transaction made in person; both must be."
        default:
            "`distanceKm` over the time between the two, at least one minute."
        }
    }

    private var definitionOfCounterpart: String {
        switch self {
        case .counterpartAgeDays:
            "Days since the counterpart's first transaction, once that one's hour is sealed; absent "
                + "for a new counterpart."
        case .counterpartCount1d, .counterpartCount7d, .counterpartCount30d:
            "Its transactions in the window of whole hours that ends with the last sealed hour. By "
                + "the hour for up to 80 "
                + "in 39 days, beyond that days are spread evenly and counts are within 3.2 %."
        case .counterpartFrauds30d:
            "Its confirmed frauds, known by now, in the 30 days that end one label delay ago (whole hours)."
        case .counterpartFraudRun:
            "How many of its last transactions, up to one label delay ago (whole hours), are confirmed "
                + "frauds known by now, without another between them, at most 64. An hour counts when no "
                + "transaction since its beginning is missing among the frauds; 30 days back at most."
        case .counterpartFraudRunDays:
            "Days since the first fraud of `counterpartFraudRun`; absent when there is none."
        case .counterpartSmallestFraud30d:
            "The smallest amount among the frauds of `counterpartFrauds30d` (±0.14 %); absent when there is "
                + "none whose label says its amount."
        case .counterpartLatestFraud30d:
            "The amount of the fraud of `counterpartFrauds30d` that happened last (±0.14 %), of those whose "
                + "label says it."
        default:
            "Confirmed frauds known by now over all its transactions in the window that ends one "
                + "label delay ago (whole "
                + "hours); absent when there were none."
        }
    }
}
