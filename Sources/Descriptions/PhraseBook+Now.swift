import Banking
import History

/// Phrases of the transaction at hand.
extension PhraseBook {
    func now(_ kind: Kind, _ facts: FactRow, _ transaction: Transaction) -> String? {
        let code = facts[code: kind.fact]
        switch kind {
        case .amount: return figures.money(transaction.amount)
        case .currency: return say("currency \(packedText(code))", "devise \(packedText(code))")
        case .direction:
            switch Direction(rawValue: UInt8(truncatingIfNeeded: code)) {
            case .debit: return say("debit", "débit")
            case .credit: return say("credit", "crédit")
            case nil: return say("direction \(code)", "sens \(code)")
            }
        case .channel: return channel(code)
        case .entryMode: return entryMode(code)
        case .merchantCategory:
            return MerchantCategories.name(code, language)
                ?? say("merchant category \(code)", "catégorie de commerce \(code)")
        case .merchantCountry:
            return Countries.place(code, language)
                ?? say("in country ", "pays ") + Figures.plain(packedText(code))
        case .hour:
            let clock = figures.clock(hours: facts[number: .hour])
            return say("at \(clock)", "à \(clock)")
        case .weekday: return weekday(code)
        case .authorisationErrors: return errors(code)
        default: return nil
        }
    }

    private func channel(_ code: UInt32) -> String {
        switch Channel(rawValue: UInt8(truncatingIfNeeded: code)) {
        case .online: say("online", "en ligne")
        case .inStore: say("in a shop", "en magasin")
        case .atm: say("at a cash machine", "au distributeur")
        case .transfer: say("by transfer", "par virement")
        case .directDebit: say("by direct debit", "par prélèvement")
        case .mobile: say("by mobile phone", "par mobile")
        case .phone: say("by telephone order", "par téléphone")
        case .branch: say("at a branch", "en agence")
        case nil: say("channel \(code)", "canal \(code)")
        }
    }

    private func entryMode(_ code: UInt32) -> String {
        switch EntryMode(rawValue: UInt8(truncatingIfNeeded: code)) {
        case .chip: say("by chip", "par puce")
        case .contactless: say("contactless", "sans contact")
        case .stripe: say("by magnetic stripe", "par piste magnétique")
        case .manual: say("typed by hand", "saisie à la main")
        case .wallet: say("by wallet", "par portefeuille électronique")
        case .stored: say("by stored card", "par carte enregistrée")
        case nil: say("entry mode \(code)", "mode de saisie \(code)")
        }
    }

    private func weekday(_ code: UInt32) -> String {
        let english = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
        let french = ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"]
        guard (1...7).contains(code) else { return say("weekday \(code)", "jour de semaine \(code)") }
        return say(english[Int(code) - 1], french[Int(code) - 1])
    }

    private func errors(_ code: UInt32) -> String {
        let words: [(UInt32, String, String)] = [
            (1, "wrong PIN", "code secret erroné"),
            (2, "wrong security code", "cryptogramme erroné"),
            (4, "wrong expiry date", "date d’expiration erronée"),
            (8, "wrong address", "adresse erronée"),
            (16, "insufficient funds", "provision insuffisante"),
            (32, "limit exceeded", "plafond dépassé"),
            (64, "technical error", "erreur technique"),
            (128, "other error", "autre erreur"),
        ]
        let said = words.filter { code & $0.0 != 0 }.map { say($0.1, $0.2) }
        guard !said.isEmpty, code < 256 else { return say("error \(code)", "erreur \(code)") }
        return said.joined(separator: say(" and ", " et "))
    }
}

/// Phrases of the transaction against what the account usually does.
extension PhraseBook {
    func habit(_ kind: Kind, _ value: Float) -> String? {
        let times = figures.short(value)
        switch kind {
        case .amountToMean1d, .amountToMean7d, .amountToMean30d:
            return say(
                "\(times) times the mean of \(window(kind))", "\(times) fois la moyenne de \(window(kind))")
        case .amountToMedian: return 
            say("\(times) times the usual amount", "\(times) fois le montant habituel")
        case .amountToP95:
            return say(
                "\(times) times the account’s 95th percentile", "\(times) fois le 95ᵉ centile du compte")
        case .amountZ:
            let size = figures.number(value.magnitude, decimals: 1)
            return value < 0
                ? say("\(size) deviations below the usual", "\(size) écarts au-dessous de l’habitude")
                : say("\(size) deviations above the usual", "\(size) écarts au-dessus de l’habitude")
        case .probing:
            return say(
                "\(times) times the smallest payment of the hour before",
                "\(times) fois le plus petit paiement de l’heure d’avant")
        case .merchantVisits:
            return say(
                "\(figures.count(value, "earlier visit", "earlier visits")) to this merchant",
                "\(figures.count(value, "visite antérieure", "visites antérieures")) chez ce commerçant")
        case .distanceKm:
            return say("\(times) km from the last place", "à \(times)\u{202F}km du lieu précédent")
        case .speedKmh:
            return say("\(times) km/h since the last place", "\(times)\u{202F}km/h depuis le lieu précédent")
        default: return nil
        }
    }

    func novelty(_ kind: Kind, _ code: UInt32) -> String? {
        let isNew = code == Self.newCode
        switch kind {
        case .newMerchant:
            return isNew
                ? say("first time at this merchant", "première fois chez ce commerçant")
                : say("known merchant", "commerçant connu")
        case .newCategory:
            return isNew
                ? say("first time in this category", "première fois dans cette catégorie")
                : say("known category", "catégorie connue")
        case .newCountry:
            return isNew
                ? say("first time in this country", "première fois dans ce pays")
                : say("known country", "pays connu")
        case .newDevice:
            return isNew
                ? say("first time on this device", "première fois sur cet appareil")
                : say("known device", "appareil connu")
        case .newChannel:
            return isNew
                ? say("first time by this channel", "première fois par ce canal")
                : say("known channel", "canal connu")
        default: return nil
        }
    }

    /// History's code for "never seen before" in the facts of novelty; the other code is 1.
    static var newCode: UInt32 { 2 }
}

/// Phrases of the counterpart, from sealed buckets.
extension PhraseBook {
    /// "merchant" or "counterpart", whoever's history it is.
    private func party(_ transaction: Transaction) -> String {
        transaction.counterpartAccount.isNone
            ? say("merchant", "commerçant") : say("beneficiary", "bénéficiaire")
    }

    func counterpart(_ kind: Kind, _ value: Float, _ transaction: Transaction) -> String? {
        let party = party(transaction)
        switch kind {
        case .counterpartAgeDays:
            let age = figures.duration(seconds: value * 86_400)
            return say("\(party) known for \(age)", "\(party) connu depuis \(age)")
        case .counterpartCount1d, .counterpartCount7d, .counterpartCount30d:
            return say(
                "\(party) with \(figures.count(value, "payment", "payments")) in \(window(kind))",
                "\(party) avec \(figures.count(value, "paiement", "paiements")) en \(window(kind))")
        case .counterpartFraudShare1d, .counterpartFraudShare7d, .counterpartFraudShare30d:
            return say(
                "\(party) with \(figures.percent(value)) confirmed fraud in \(window(kind))",
                "\(party) avec \(figures.percent(value)) de fraude confirmée en \(window(kind))")
        case .counterpartFrauds30d:
            return say(
                "\(party) with \(figures.count(value, "confirmed fraud", "confirmed frauds")) in 30 days",
                "\(party) avec \(figures.count(value, "fraude confirmée", "fraudes confirmées")) en 30 jours")
        case .counterpartFraudRun:
            if value == 0 {
                return say(
                    "last due payment at the \(party) genuine",
                    "dernier paiement échu chez le \(party) sans fraude")
            }
            return say(
                "last \(figures.count(value, "payment", "payments")) at the \(party) confirmed fraud",
                "\(figures.count(value, "dernier paiement frauduleux", "derniers paiements frauduleux"))"
                    + " chez le \(party)")
        case .counterpartFraudRunDays:
            let age = figures.duration(seconds: value * 86_400)
            return say(
                "nothing but fraud at the \(party) for \(age)",
                "fraude seule chez le \(party) depuis \(age)")
        case .counterpartSmallestFraud30d:
            let money = figures.money(value, transaction.amount.currency)
            return say(
                "smallest confirmed fraud of \(money) at the \(party)",
                "plus petite fraude confirmée de \(money) chez le \(party)")
        case .counterpartLatestFraud30d:
            let money = figures.money(value, transaction.amount.currency)
            return say(
                "latest confirmed fraud of \(money) at the \(party)",
                "dernière fraude confirmée de \(money) chez le \(party)")
        default: return nil
        }
    }

    func merchantName(_ facts: FactRow, _ transaction: Transaction) -> String {
        let name = Figures.plain(transaction.merchant.name.string)
        guard name.isEmpty else {
            return say("merchant name \(figures.quoted(name))", "nom du commerçant \(figures.quoted(name))")
        }
        let hash = String(facts[code: .word1], radix: 16)
        return say("merchant word #\(hash)", "mot du commerçant #\(hash)")
    }
}
