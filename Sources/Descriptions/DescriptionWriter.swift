import Banking
import History

/// A description as text for people, from the same phrases that the models read, with the exact figures.
///
/// Four sentences at most: who the account usually is; what it has just been doing; what it does now, against
/// its habits; with whom. Not for the hot way: only alerts and explanations are written out.
public struct DescriptionWriter: Sendable {
    public let language: Language
    let book: PhraseBook

    public init(language: Language) {
        self.language = language
        book = PhraseBook(language: language)
    }

    /// One phrase alone, as a reason gives it ("6.6 times the usual amount"); `nil` when the fact is absent.
    public func phrase(_ kind: Kind, facts: FactRow, of transaction: Transaction) -> String? {
        book.phrase(kind, facts, transaction)
    }

    /// The phrase of a token of this description; never empty.
    public func phrase(_ token: Token, facts: FactRow, of transaction: Transaction) -> String {
        guard let kind = Kind(rawValue: token.kind) else { return "kind \(token.kind)" }
        return book.phrase(kind, facts, transaction) ?? kind.name
    }

    /// The whole description of every fact that is present.
    public func text(facts: FactRow, of transaction: Transaction) -> String {
        let kinds = Kind.allCases.filter { book.isPresent($0, facts) }
        return text(saying: kinds, facts, transaction)
    }

    /// The whole description of exactly the phrases that a model read.
    /// - Parameter tokens: the tokens of this transaction.
    public func text(
        facts: FactRow, of transaction: Transaction, tokens: some Sequence<Token>
    ) -> String {
        var isSaid = [Bool](repeating: false, count: Kind.allCases.count)
        for token in tokens where Int(token.kind) < isSaid.count { isSaid[Int(token.kind)] = true }
        return text(saying: Kind.allCases.filter { isSaid[Int($0.rawValue)] }, facts, transaction)
    }

    private func text(saying kinds: [Kind], _ facts: FactRow, _ transaction: Transaction) -> String {
        let sentences = Sentences(book: book, kinds: kinds, facts: facts, transaction: transaction)
        return [sentences.account, sentences.lately, sentences.now, sentences.counterpart]
            .compactMap { $0 }.joined(separator: " ")
    }
}

extension PhraseBook {
    func isPresent(_ kind: Kind, _ facts: FactRow) -> Bool { !facts.isAbsent(kind.fact) }
}

/// The sentences of one description. Each is `nil` when it has nothing to say.
private struct Sentences {
    let book: PhraseBook
    let kinds: [Kind]
    let facts: FactRow
    let transaction: Transaction

    private func isSaid(_ kind: Kind) -> Bool { kinds.contains(kind) && book.isPresent(kind, facts) }

    private func phrase(_ kind: Kind) -> String? {
        kinds.contains(kind) ? book.phrase(kind, facts, transaction) : nil
    }

    private func rest(of section: Kind.Section, without grouped: [Kind]) -> [String] {
        kinds.filter { $0.section == section && !grouped.contains($0) }.compactMap(phrase)
    }

    private func sentence(_ parts: [String], opening: String = "") -> String? {
        guard !parts.isEmpty else { return nil }
        let text = opening + parts.joined(separator: ", ")
        return text.prefix(1).uppercased() + text.dropFirst() + "."
    }

    var account: String? { sentence(rest(of: .account, without: [])) }

    /// "Payments with this one: 3 in 10 minutes (120.00 €), 5 in 1 hour (180.00 €); last transaction …"
    var lately: String? {
        let windows: [(count: Kind, sum: Kind)] = [
            (.count10m, .sum10m), (.count1h, .sum1h), (.count1d, .sum1d), (.count7d, .sum7d),
            (.count30d, .sum30d),
        ]
        var parts: [String] = []
        for (count, sum) in windows where isSaid(count) || isSaid(sum) {
            var words: [String] = []
            let money = book.figures.money(facts[number: sum.fact], transaction.amount.currency)
            if isSaid(count) { words.append(book.figures.short(facts[number: count.fact])) }
            if !isSaid(count) { words.append(money) }
            words.append(book.say("in ", "en ") + book.window(count))
            let isNothing = facts[number: count.fact] == 0 && facts[number: sum.fact] == 0
            if isSaid(count), isSaid(sum), !isNothing { words.append("(\(money))") }
            parts.append(words.joined(separator: " "))
        }
        let others = rest(of: .lately, without: windows.flatMap { [$0.count, $0.sum] })
        guard !parts.isEmpty else { return sentence(others) }
        // Counts and sums include the transaction at hand when it is a debit.
        let opening = transaction.direction == .debit
            ? book.say("payments with this one: ", "paiements avec celui-ci\u{202F}: ")
            : book.say("payments: ", "paiements\u{202F}: ")
        let rest = others.isEmpty ? "" : book.say("; ", "\u{202F}; ") + others.joined(separator: ", ")
        return sentence([parts.joined(separator: ", ") + rest], opening: opening)
    }

    /// "Now: 249.90 € debit online, electronics, Saturday 03:12, 6.6 times the usual amount (…), …"
    var now: String? {
        let opening: [Kind] = [.amount, .direction, .channel, .entryMode]
        let first = ([book.phrase(.amount, facts, transaction) ?? book.figures.money(transaction.amount)]
            + opening.dropFirst().compactMap(phrase)).joined(separator: " ")
        var parts = [first]
        // The exact amount carries its currency already.
        parts += rest(of: .now, without: opening + [.currency, .hour, .weekday])
        let time = [phrase(.weekday), phrase(.hour)].compactMap { $0 }
        if !time.isEmpty { parts.append(time.joined(separator: " ")) }
        parts += ratios
        parts += rest(of: .habits, without: Self.ratioKinds + knownKinds)
        parts += known
        return sentence(parts, opening: book.say("now: ", "maintenant\u{202F}: "))
    }

    private static let ratioKinds: [Kind] = [
        .amountToMedian, .amountToP95, .amountToMean30d, .amountToMean7d, .amountToMean1d,
    ]

    /// The first ratio in full, the others in brackets behind it.
    private var ratios: [String] {
        let said = Self.ratioKinds.filter(isSaid)
        guard let first = said.first, let head = phrase(first) else { return [] }
        let others = said.dropFirst().compactMap(phrase)
        return [others.isEmpty ? head : head + " (" + others.joined(separator: ", ") + ")"]
    }

    /// What is not new, when there is more than one such thing.
    private var knownKinds: [Kind] {
        let kinds: [Kind] = [.newMerchant, .newCategory, .newCountry, .newDevice, .newChannel]
        let known = kinds.filter { isSaid($0) && facts[code: $0.fact] != PhraseBook.newCode }
        return known.count > 1 ? known : []
    }

    /// "known category, country and channel"
    private var known: [String] {
        let words = knownKinds.map { kind in
            switch kind {
            case .newMerchant: book.say("merchant", "commerçant")
            case .newCategory: book.say("category", "catégorie")
            case .newCountry: book.say("country", "pays")
            case .newDevice: book.say("device", "appareil")
            default: book.say("channel", "canal")
            }
        }
        return words.isEmpty ? [] : [book.say("known ", "déjà connus\u{202F}: ") + listed(words)]
    }

    /// "Merchant name “ACME”, merchant known for 3 days, 4, 30 and 80 payments in 1, 7 and 30 days, …"
    var counterpart: String? {
        let counts: [Kind] = [.counterpartCount1d, .counterpartCount7d, .counterpartCount30d]
        let shares: [Kind] = [.counterpartFraudShare1d, .counterpartFraudShare7d, .counterpartFraudShare30d]
        var parts = [phrase(.merchantWord), phrase(.counterpartAgeDays)].compactMap { $0 }
        parts += series(counts, book.say("payments there", "paiements chez lui")) { book.figures.short($0) }
        parts += series(shares, book.say("confirmed fraud there", "de fraude confirmée chez lui")) {
            book.figures.percent($0)
        }
        let frauds: [Kind] = [
            .counterpartFrauds30d, .counterpartFraudRun, .counterpartFraudRunDays,
            .counterpartSmallestFraud30d, .counterpartLatestFraud30d,
        ]
        parts += frauds.compactMap(phrase)
        return sentence(parts)
    }

    /// "4, 30 and 80 payments there in 1, 7 and 30 days"; a single one as its own phrase.
    private func series(_ kinds: [Kind], _ words: String, _ figure: (Float) -> String) -> [String] {
        let said = kinds.filter(isSaid)
        guard said.count > 1 else { return said.compactMap(phrase) }
        let days = said.map { kind in
            switch kind {
            case .counterpartCount1d, .counterpartFraudShare1d: "1"
            case .counterpartCount7d, .counterpartFraudShare7d: "7"
            default: "30"
            }
        }
        let figures = listed(said.map { figure(facts[number: $0.fact]) })
        return [figures + " " + words + book.say(" in ", " en ") + listed(days) + book.say(" days", " jours")]
    }

    private func listed(_ words: [String]) -> String {
        guard words.count > 1, let last = words.last else { return words.first ?? "" }
        return words.dropLast().joined(separator: ", ") + book.say(" and ", " et ") + last
    }
}
