import Banking
import History

/// What each kind says, in both languages side by side: the one place for words of phrases.
///
/// Every phrase stands alone (reasons are phrases) and carries its exact figure.
struct PhraseBook {
    let language: Language
    let figures: Figures

    init(language: Language) {
        self.language = language
        figures = Figures(language: language)
    }

    func say(_ english: @autoclosure () -> String, _ french: @autoclosure () -> String) -> String {
        language == .english ? english() : french()
    }

    /// The phrase of a kind, `nil` when the fact is absent (and its absence is not said).
    func phrase(_ kind: Kind, _ facts: FactRow, _ transaction: Transaction) -> String? {
        if facts.isAbsent(kind.fact) { return missing(kind) }
        let currency = transaction.amount.currency
        switch kind.section {
        case .account: return account(kind, facts[number: kind.fact], transaction)
        case .lately: return lately(kind, facts[number: kind.fact], currency)
        case .now: return now(kind, facts, transaction)
        case .habits:
            return kind.form == .number
                ? habit(kind, facts[number: kind.fact]) : novelty(kind, facts[code: kind.fact])
        case .counterpart:
            if kind == .merchantWord { return merchantName(facts, transaction) }
            return counterpart(kind, facts[number: kind.fact], transaction)
        }
    }

    /// The words for a fact that the record did not carry, for kinds that can say so.
    func missing(_ kind: Kind) -> String? {
        switch kind {
        case .currency: say("no currency given", "devise non précisée")
        case .direction: say("no direction given", "sens non précisé")
        case .channel: say("no channel given", "canal non précisé")
        case .entryMode: say("no entry mode given", "mode de saisie non précisé")
        case .merchantCategory: say("no merchant category given", "catégorie non précisée")
        case .merchantCountry: say("no merchant country given", "pays non précisé")
        default: nil
        }
    }

    private func account(_ kind: Kind, _ value: Float, _ transaction: Transaction) -> String? {
        let money = figures.money(value, transaction.amount.currency)
        let share = figures.percent(value)
        switch kind {
        case .accountAgeDays:
            let age = figures.duration(seconds: value * 86_400)
            // Where the opening is unknown the age counts from the first transaction that was seen.
            return transaction.accountOpenedAt == nil
                ? say("account known for \(age)", "compte connu depuis \(age)")
                : say("account \(age) old", "compte ouvert depuis \(age)")
        case .usualAmount: return say("usually \(money)", "d’habitude \(money)")
        case .usualAmountP95:
            return say(
                "\(figures.percent(0.95)) of payments up to \(money)",
                "\(figures.percent(0.95)) des paiements jusqu’à \(money)")
        case .usualCount30d:
            return say(
                "\(figures.count(value, "payment", "payments")) in a usual month",
                "\(figures.count(value, "paiement", "paiements")) dans un mois habituel")
        case .nightShare:
            return say("\(share) of payments at night", "\(share) des paiements la nuit")
        case .balance: return say("balance \(money)", "solde \(money)")
        case .overdraftDays30d:
            return say(
                "\(figures.count(value, "day", "days")) overdrawn in 30 days",
                "\(figures.count(value, "jour", "jours")) à découvert en 30 jours")
        case .incomeRegularity:
            return say("income \(share) regular", "revenus réguliers à \(share)")
        case .returnedDebits30d:
            return say(
                "\(figures.count(value, "returned debit", "returned debits")) in 30 days",
                "\(figures.count(value, "prélèvement rejeté", "prélèvements rejetés")) en 30 jours")
        case .cashShare30d:
            return say("\(share) in cash in 30 days", "\(share) en espèces en 30 jours")
        case .gamblingShare30d:
            return say("\(share) on gambling in 30 days", "\(share) de jeux d’argent en 30 jours")
        default: return nil
        }
    }

    /// The window of a count, sum, mean or share, in words.
    func window(_ kind: Kind) -> String {
        switch kind {
        case .count10m, .sum10m: say("10 minutes", "10 minutes")
        case .count1h, .sum1h: say("1 hour", "1 heure")
        case .count1d, .sum1d, .amountToMean1d, .counterpartCount1d, .counterpartFraudShare1d:
            say("1 day", "1 jour")
        case .count7d, .sum7d, .amountToMean7d, .counterpartCount7d, .counterpartFraudShare7d:
            say("7 days", "7 jours")
        default: say("30 days", "30 jours")
        }
    }

    private func lately(_ kind: Kind, _ value: Float, _ currency: Currency) -> String? {
        switch kind {
        case .count10m, .count1h, .count1d, .count7d, .count30d:
            return say(
                "\(figures.count(value, "payment", "payments")) in \(window(kind))",
                "\(figures.count(value, "paiement", "paiements")) en \(window(kind))")
        case .sum10m, .sum1h, .sum1d, .sum7d, .sum30d:
            return say(
                "\(figures.money(value, currency)) spent in \(window(kind))",
                "\(figures.money(value, currency)) dépensés en \(window(kind))")
        case .secondsSinceLast:
            let time = figures.duration(seconds: value)
            return say("last transaction \(time) ago", "dernière opération il y a \(time)")
        case .distinctMerchants1h:
            return say(
                "\(figures.count(value, "merchant", "merchants")) in 1 hour",
                "\(figures.count(value, "commerçant", "commerçants")) en 1 heure")
        case .declines1d:
            return say(
                "\(figures.count(value, "decline", "declines")) in 1 day",
                "\(figures.count(value, "refus", "refus")) en 1 jour")
        case .spree:
            let ratio = figures.short(Float(ExactMath.exp(Double(value))))
            return say(
                "recent amounts \(ratio) times their long-run level",
                "montants récents à \(ratio) fois leur niveau de longue durée")
        case .largeDebits20, .largeDebits40:
            let among = kind == .largeDebits20 ? "20" : "40"
            return say(
                "\(figures.count(value, "large payment", "large payments")) among the last \(among)",
                "\(figures.count(value, "gros paiement", "gros paiements")) parmi les \(among) derniers")
        case .largestToUsual:
            let times = figures.short(value)
            return say(
                "largest recent payment \(times) times the usual amount",
                "plus gros paiement récent \(times) fois le montant habituel")
        default: return nil
        }
    }
}
