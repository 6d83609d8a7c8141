import Banking
import History

/// Which code a word of a condition stands for, by fact.
enum ConditionWords {
    /// Codes of the facts that say whether something was seen before.
    static let (known, new) = (UInt32(1), UInt32(2))

    /// Facts that may stand alone: `new_country` means "seen for the first time".
    static func isNovelty(_ fact: Fact) -> Bool {
        [.newMerchant, .newCategory, .newCountry, .newDevice, .newChannel].contains(fact)
    }

    /// - Returns: the code, or what words there are.
    static func code(of word: String, for fact: Fact) -> Result<UInt32, Unknown> {
        let named = names(of: fact)
        if let found = named.first(where: { $0.name == word.lowercased() }) { return .success(found.code) }
        switch fact {
        case .currency:
            guard let currency = Currency(word.uppercased()) else {
                return .failure(Unknown(expected: "ISO 4217"))
            }
            return .success(currency.packed)
        case .merchantCountry:
            let letters = word.uppercased()
            guard letters.utf8.count == 2, letters.allSatisfy({ $0.isASCII && $0.isLetter }) else {
                return .failure(Unknown(expected: "two letters of ISO 3166-1"))
            }
            return .success(packText(letters))
        default:
            let expected = named.isEmpty ? "a whole number" : named.map(\.name).joined(separator: ", ")
            return .failure(Unknown(expected: expected))
        }
    }

    struct Unknown: Error {
        var expected: String
    }

    private static func names(of fact: Fact) -> [(name: String, code: UInt32)] {
        switch fact {
        case .channel: Channel.allCases.map { ($0.name, UInt32($0.rawValue)) }
        case .entryMode: EntryMode.allCases.map { ($0.name, UInt32($0.rawValue)) }
        case .direction: [("debit", 1), ("credit", 2)]
        case .authorisationErrors:
            AuthorisationErrors.names.map { ($0.name, UInt32($0.error.rawValue)) }
        case .weekday:
            zip(["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"], 1...)
                .map { ($0, $1) }
        default: isNovelty(fact) ? [("known", known), ("new", new)] : []
        }
    }
}
