import History

/// The closed set of phrase kinds, in the order in which a description says them.
///
/// First who the account usually is, then what it has just been doing, then what it does now, against its
/// habits, and with whom. One kind per `Fact`, except that the six words of a merchant's name share
/// `merchantWord`. Raw values index tables in memory only; files name kinds by `name`, so kinds may be added
/// at the end (queries of a language model) without touching a shipped model.
public enum Kind: UInt8, CaseIterable, Sendable {
    case accountAgeDays, usualAmount, usualAmountP95, usualCount30d, nightShare
    case balance, overdraftDays30d, incomeRegularity, returnedDebits30d, cashShare30d, gamblingShare30d
    case count10m, count1h, count1d, count7d, count30d
    case sum10m, sum1h, sum1d, sum7d, sum30d
    case secondsSinceLast, distinctMerchants1h, declines1d, spree
    case largeDebits20, largeDebits40, largestToUsual
    case amount, currency, direction, channel, entryMode, merchantCategory, merchantCountry
    case hour, weekday, authorisationErrors
    case amountToMean1d, amountToMean7d, amountToMean30d, amountToMedian, amountToP95, amountZ, probing
    case newMerchant, newCategory, newCountry, newDevice, newChannel, merchantVisits
    case distanceKm, speedKmh
    case counterpartAgeDays, counterpartCount1d, counterpartCount7d, counterpartCount30d
    case counterpartFraudShare1d, counterpartFraudShare7d, counterpartFraudShare30d, counterpartFrauds30d
    case counterpartFraudRun, counterpartFraudRunDays
    case counterpartSmallestFraud30d, counterpartLatestFraud30d
    case merchantWord

    /// How the values of a kind are kept in its vocabulary.
    public enum Form: Sendable {
        /// Between two of at most 64 edges, with a weight.
        case number
        /// One of a list of codes, or a hashed bucket of the rest.
        case category
    }

    /// The sentence of a description that says the kind.
    public enum Section: Sendable, CaseIterable {
        case account, lately, now, habits, counterpart
    }

    /// `snake_case` name in vocabularies, token listings and JSON; never changes once shipped.
    public var name: String { Self.names[Int(rawValue)] }

    /// The kind of a given name.
    public init?(name: String) {
        guard let kind = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = kind
    }

    /// The fact that the kind says; the first of the six words for `merchantWord`.
    public var fact: Fact { Self.facts[Int(rawValue)][0] }

    /// All facts that the kind says, in the order of their phrases.
    public var allFacts: [Fact] { Self.facts[Int(rawValue)] }

    /// Whether the phrase is of the transaction at hand: a reader that measures surprise foresees these.
    public var isNow: Bool { fact.isNow }

    public var form: Form { fact.form == .number ? .number : .category }

    public var section: Section {
        switch rawValue {
        case ..<Kind.count10m.rawValue: .account
        case ..<Kind.amount.rawValue: .lately
        case ..<Kind.amountToMean1d.rawValue: .now
        case ..<Kind.counterpartAgeDays.rawValue: .habits
        default: .counterpart
        }
    }

    /// The kind that says a fact.
    public init(saying fact: Fact) { self = Self.kindsByFact[Int(fact.rawValue)] }

    private static let wordFacts: [Fact] = [.word1, .word2, .word3, .word4, .word5, .word6]

    private static let facts: [[Fact]] = allCases.map { kind in
        if kind == .merchantWord { return wordFacts }
        return Fact.allCases.filter { "\($0)" == "\(kind)" }
    }

    private static let names: [String] = allCases.map { kind in
        kind == .merchantWord ? "merchant_word" : facts[Int(kind.rawValue)][0].name
    }

    private static let kindsByFact: [Kind] = Fact.allCases.map { fact in
        allCases.first { facts[Int($0.rawValue)].contains(fact) } ?? .merchantWord
    }
}
