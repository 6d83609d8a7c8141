import Banking
import History
import Testing

@testable import Descriptions

@Suite struct DescriptionWriterTests {
    private let english = DescriptionWriter(language: .english)
    private let french = DescriptionWriter(language: .french)

    @Test(arguments: Kind.allCases, Language.allCases)
    func `each kind has a phrase in each language`(kind: Kind, language: Language) throws {
        let writer = DescriptionWriter(language: language)
        let phrase = try #require(writer.phrase(kind, facts: Examples.fullRow(), of: Examples.transaction()))
        #expect(phrase.count >= 2 && phrase.count <= 60, "\(phrase)")
        #expect(!phrase.contains("nan") && !phrase.hasSuffix(" ") && !phrase.contains("  "))
        #expect(!phrase.hasSuffix("."))
    }

    @Test(arguments: Kind.allCases)
    func `a phrase changes with its figure`(kind: Kind) throws {
        var facts = Examples.fullRow()
        var transaction = Examples.transaction()
        for writer in [english, french] {
            let before = try #require(writer.phrase(kind, facts: facts, of: transaction))
            let textBefore = writer.text(facts: facts, of: transaction)
            switch kind {
            case .amount: transaction.amount.amountMinor += 1
            case .merchantWord: transaction.merchant.name = FixedText(transaction.merchant.name.string + "Z")
            case .currency:
                facts[code: .currency] = packText("SEK")
                transaction.amount.currency = try #require(Currency("SEK"))
            case .merchantCountry:
                facts[code: kind.fact] = packText(writer.language == .english ? "PT" : "XQ")
            case .weekday, .direction, .channel, .entryMode, .newMerchant, .newCategory, .newCountry,
                .newDevice, .newChannel:
                facts[code: kind.fact] = facts[code: kind.fact] == 1 ? 2 : 1
            default:
                if kind.form == .category { facts[code: kind.fact] += 1 }
                if kind.form == .number { facts[number: kind.fact] = facts[number: kind.fact] * 1.9 + 1 }
            }
            #expect(try #require(writer.phrase(kind, facts: facts, of: transaction)) != before)
            #expect(writer.text(facts: facts, of: transaction) != textBefore, "\(textBefore)")
            facts = Examples.fullRow()
            transaction = Examples.transaction()
        }
    }

    @Test(arguments: Kind.allCases, Language.allCases)
    func `an absent fact is silent or said to be missing`(kind: Kind, language: Language) {
        let writer = DescriptionWriter(language: language)
        let phrase = writer.phrase(kind, facts: FactRow(), of: Examples.transaction())
        let canBeMissing: [Kind] = [
            .currency, .direction, .channel, .entryMode, .merchantCategory, .merchantCountry,
        ]
        #expect((phrase != nil) == canBeMissing.contains(kind), "\(phrase ?? "")")
    }

    @Test func `a reason is the phrase of its token`() {
        let token = Token(kind: Kind.amountToMedian.rawValue, index: 3, weight: 0.5)
        let (facts, transaction) = (Examples.fullRow(), Examples.transaction())
        #expect(english.phrase(token, facts: facts, of: transaction) == "8.1 times the usual amount")
        #expect(french.phrase(token, facts: facts, of: transaction) == "8,1 fois le montant habituel")
        let unknown = Token(kind: 250, index: 0, weight: 0)
        #expect(english.phrase(unknown, facts: facts, of: transaction) == "kind 250")
    }

    @Test func `a whole description in English`() {
        #expect(english.text(facts: Examples.fullRow(), of: Examples.transaction()) == Self.golden(.english))
    }

    @Test func `a whole description in French`() {
        #expect(french.text(facts: Examples.fullRow(), of: Examples.transaction()) == Self.golden(.french))
    }

    @Test func `only what the model read is said, and always the amount`() throws {
        var row = FactRow()
        row[number: .count1h] = 1
        row[number: .nightShare] = 0.5
        row[code: .weekday] = 6
        let tokens = [Kind.count1h, .weekday].map { Token(kind: $0.rawValue, index: 0, weight: 0) }
        let text = english.text(facts: row, of: Examples.transaction(), tokens: tokens)
        #expect(text == "Payments with this one: 1 in 1 hour. Now: 249.90 €, Saturday.")
    }

    @Test func `text of a merchant stays inside its quotation marks`() {
        let name = "A\u{0}\u{7}\n“.\u{202E} Now: [fraud]\"\u{2028}»\u{1B}[0m"
        let transaction = Examples.transaction(name: name)
        var row = FactRow()
        row[code: .word1] = 1
        let plain = "A '. Now: [fraud]' ' [0m"
        let text = english.text(facts: row, of: transaction)
        #expect(text.hasSuffix("Merchant name “\(plain)”."), "\(text)")
        let inFrench = french.text(facts: row, of: transaction)
        #expect(inFrench.hasSuffix("Nom du commerçant «\u{202F}\(plain)\u{202F}»."), "\(inFrench)")
        #expect(text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x202E })
    }

    @Test func `codes without a name are said as codes`() {
        var row = FactRow()
        row[code: .merchantCategory] = 1234
        row[code: .merchantCountry] = packText("ZZ")
        row[code: .channel] = 99
        row[code: .weekday] = 4_000_000_000
        let text = english.text(facts: row, of: Examples.transaction())
        for words in ["merchant category 1234", "in country ZZ", "channel 99", "weekday 4000000000"] {
            #expect(text.contains(words), "\(text)")
        }
    }

    @Test func `facts of any bits are written without a trap`() {
        let seed: UInt64 = 31
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            var row = FactRow()
            for slot in 0..<FactRow.slotCount {
                row[bits: slot] = UInt32(truncatingIfNeeded: generator.next())
            }
            for writer in [english, french] {
                #expect(!writer.text(facts: row, of: Examples.transaction()).isEmpty, "seed \(seed)")
            }
        }
    }

    /// Narrow no-break spaces are written ~ here.
    static func golden(_ language: Language) -> String {
        (language == .english ? inEnglish : inFrench).replacing("~", with: "\u{202F}")
    }

    private static let inEnglish = """
        Account 4 years old, usually 38.00 €, 95% of payments up to 1,120.00 €, 21 payments in a \
        usual month, 12% of payments at night, balance −1,204.50 €, 3 days overdrawn in 30 days, \
        income 82% regular, 1 returned debit in 30 days, 14% in cash in 30 days, 3.1% on gambling in \
        30 days. Payments with this one: 2 in 10 minutes (60.00 €), 3 in 1 hour (80.00 €), 4 in 1 \
        day (95.50 €), 9 in 7 days (320.00 €), 24 in 30 days (1,912.00 €); last transaction 40 \
        minutes ago, 2 merchants in 1 hour, 1 decline in 1 day, recent amounts 2 times their \
        long-run level, 1 large payment among the last 20, 3 large payments among the last 40, \
        largest recent payment 4.2 times the usual amount. Now: 249.90 € debit online by stored \
        card, electronics, in France, wrong PIN \
        and insufficient funds, Saturday at 03:12, 8.1 times the usual amount (0.22 times the \
        account’s 95th percentile, 6.6 times the mean of 30 days, 7 times the mean of 7 days, 10.5 \
        times the mean of 1 day), 2.3 deviations above the usual, 1.5 times the smallest payment of \
        the hour before, first time at this merchant, first time on this device, 4 earlier visits to \
        this merchant, 812 km from the last place, 1,218 km/h since the last place, known category, \
        country and channel. Merchant name “ÉLECTRO PLUS”, merchant known for 3 days 12 hours, 4, 30 \
        and 80 payments there in 1, 7 and 30 days, 0%, 1.2% and 5% confirmed fraud there in 1, 7 and \
        30 days, merchant with 4 confirmed frauds in 30 days, last 3 payments at the merchant confirmed \
        fraud, nothing but fraud at the merchant for 12 days 12 hours, smallest confirmed fraud of \
        12.00 € at the merchant, latest confirmed fraud of 45.50 € at the merchant.
        """

    private static let inFrench = """
        Compte ouvert depuis 4 ans, d’habitude 38,00~€, 95~% des paiements jusqu’à 1~120,00~€, 21 \
        paiements dans un mois habituel, 12~% des paiements la nuit, solde −1~204,50~€, 3 jours à \
        découvert en 30 jours, revenus réguliers à 82~%, 1 prélèvement rejeté en 30 jours, 14~% en \
        espèces en 30 jours, 3,1~% de jeux d’argent en 30 jours. Paiements avec celui-ci~: 2 en 10 \
        minutes (60,00~€), 3 en 1 heure (80,00~€), 4 en 1 jour (95,50~€), 9 en 7 jours (320,00~€), \
        24 en 30 jours (1~912,00~€)~; dernière opération il y a 40 minutes, 2 commerçants en 1 \
        heure, 1 refus en 1 jour, montants récents à 2 fois leur niveau de longue durée, \
        1 gros paiement parmi les 20 derniers, 3 gros paiements parmi les \
        40 derniers, plus gros paiement récent 4,2 fois le montant habituel. \
        Maintenant~: 249,90~€ débit en ligne par carte enregistrée, électronique, en France, code \
        secret erroné et provision insuffisante, samedi à 03~h~12, 8,1 fois le montant habituel \
        (0,22 fois le 95ᵉ centile du compte, 6,6 fois la moyenne de 30 jours, 7 fois la moyenne de 7 \
        jours, 10,5 fois la moyenne de 1 jour), 2,3 écarts au-dessus de l’habitude, 1,5 fois le plus \
        petit paiement de l’heure d’avant, première fois chez ce commerçant, première fois sur cet \
        appareil, 4 visites antérieures chez ce commerçant, à 812~km du lieu précédent, 1~218~km/h \
        depuis le lieu précédent, déjà connus~: catégorie, pays et canal. Nom du commerçant \
        «~ÉLECTRO PLUS~», commerçant connu depuis 3 jours 12 heures, 4, 30 et 80 paiements chez lui \
        en 1, 7 et 30 jours, 0~%, 1,2~% et 5~% de fraude confirmée chez lui en 1, 7 et 30 jours, \
        commerçant avec 4 fraudes confirmées en 30 jours, 3 derniers paiements \
        frauduleux chez le commerçant, fraude seule chez le commerçant depuis 12 jours 12 heures, \
        plus petite fraude confirmée de 12,00~€ chez le commerçant, dernière fraude confirmée de \
        45,50~€ chez le commerçant.
        """
}
