/// Every fact that History computes about one transaction, in the order in which they are said.
///
/// The raw value is the slot in a `FactRow`. `name` is the column of an export and the name in policy
/// conditions; it never changes once shipped. Numeric facts are `Float`, categories `UInt32` (text packed by
/// `packText`, or a small code); see `form`.
public enum Fact: UInt8, CaseIterable, Sendable {
    // Who this account usually is (from the history strictly before this transaction).
    case accountAgeDays, usualAmount, usualAmountP95, usualCount30d, nightShare
    case balance, overdraftDays30d, incomeRegularity, returnedDebits30d, cashShare30d, gamblingShare30d
    // What it has just been doing.
    case count10m, count1h, count1d, count7d, count30d
    case sum10m, sum1h, sum1d, sum7d, sum30d
    case secondsSinceLast, distinctMerchants1h, declines1d, spree
    case largeDebits20, largeDebits40, largestToUsual
    // Now: the transaction itself.
    case amount, currency, direction, channel, entryMode, merchantCategory, merchantCountry
    case hour, weekday, authorisationErrors
    // Now: against the account's habits.
    case amountToMean1d, amountToMean7d, amountToMean30d, amountToMedian, amountToP95, amountZ, probing
    case newMerchant, newCategory, newCountry, newDevice, newChannel, merchantVisits
    case distanceKm, speedKmh
    // Now: the counterpart, from sealed buckets only.
    case counterpartAgeDays, counterpartCount1d, counterpartCount7d, counterpartCount30d
    case counterpartFraudShare1d, counterpartFraudShare7d, counterpartFraudShare30d, counterpartFrauds30d
    case counterpartFraudRun, counterpartFraudRunDays
    case counterpartSmallestFraud30d, counterpartLatestFraud30d
    // Now: words of the merchant's name, hashed (at most six, letters and digits only).
    case word1, word2, word3, word4, word5, word6

    public enum Form: Sendable {
        /// A `Float`; NaN when absent.
        case number
        /// Text of at most four ASCII characters packed by `packText`; 0 when absent.
        case packedText
        /// A small code or a hash; 0 when absent.
        case code
    }

    public var form: Form {
        switch self {
        case .currency, .merchantCountry: .packedText
        case .direction, .channel, .entryMode, .merchantCategory, .weekday, .authorisationErrors,
            .newMerchant, .newCategory, .newCountry, .newDevice, .newChannel,
            .word1, .word2, .word3, .word4, .word5, .word6:
            .code
        default: .number
        }
    }

    /// The facts of the transaction at hand rather than of the account's past: unusualness is their sum.
    public var isNow: Bool { rawValue >= Fact.amount.rawValue }

    /// `snake_case` name in exports and policy conditions.
    public var name: String { Self.names[Int(rawValue)] }

    /// The fact of a given export name.
    public init?(name: String) {
        guard let index = Self.names.firstIndex(of: name) else { return nil }
        self.init(rawValue: UInt8(index))
    }

    private static let names: [String] = allCases.map { fact in
        var text = ""
        var previousIsDigit = false
        for character in "\(fact)" {
            let isDigit = character.isNumber
            if character.isUppercase || (isDigit && !previousIsDigit) { text += "_" }
            text += character.lowercased()
            previousIsDigit = isDigit
        }
        return text
    }
}
