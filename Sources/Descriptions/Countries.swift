import Banking

/// Places by ISO 3166-1 alpha-2 code, with the preposition that each language asks for.
enum Countries {
    /// "in France", « en France »; `nil` for a code without a name here.
    /// - Parameter packed: packed by `packText`.
    static func place(_ packed: UInt32, _ language: Language) -> String? {
        places[packed].map { language == .english ? "in " + $0.english : $0.french }
    }

    private static let places: [UInt32: (english: String, french: String)] = {
        var places: [UInt32: (String, String)] = [:]
        for line in table.split(separator: "\n") {
            let parts = line.split(separator: "|")
            guard parts.count == 3 else { continue }
            places[packText(String(parts[0]))] = (String(parts[1]), String(parts[2]))
        }
        return places
    }()

    private static let table = """
        AE|the United Arab Emirates|aux Émirats arabes unis
        AR|Argentina|en Argentine
        AT|Austria|en Autriche
        AU|Australia|en Australie
        BE|Belgium|en Belgique
        BG|Bulgaria|en Bulgarie
        BR|Brazil|au Brésil
        CA|Canada|au Canada
        CH|Switzerland|en Suisse
        CI|Côte d’Ivoire|en Côte d’Ivoire
        CL|Chile|au Chili
        CM|Cameroon|au Cameroun
        CN|China|en Chine
        CO|Colombia|en Colombie
        CY|Cyprus|à Chypre
        CZ|Czechia|en Tchéquie
        DE|Germany|en Allemagne
        DK|Denmark|au Danemark
        DZ|Algeria|en Algérie
        EE|Estonia|en Estonie
        EG|Egypt|en Égypte
        ES|Spain|en Espagne
        FI|Finland|en Finlande
        FR|France|en France
        GB|the United Kingdom|au Royaume-Uni
        GR|Greece|en Grèce
        HK|Hong Kong|à Hong Kong
        HR|Croatia|en Croatie
        HU|Hungary|en Hongrie
        ID|Indonesia|en Indonésie
        IE|Ireland|en Irlande
        IL|Israel|en Israël
        IN|India|en Inde
        IS|Iceland|en Islande
        IT|Italy|en Italie
        JP|Japan|au Japon
        KR|South Korea|en Corée du Sud
        LT|Lithuania|en Lituanie
        LU|Luxembourg|au Luxembourg
        LV|Latvia|en Lettonie
        MA|Morocco|au Maroc
        MC|Monaco|à Monaco
        MT|Malta|à Malte
        MU|Mauritius|à Maurice
        MX|Mexico|au Mexique
        MY|Malaysia|en Malaisie
        NG|Nigeria|au Nigéria
        NL|the Netherlands|aux Pays-Bas
        NO|Norway|en Norvège
        NZ|New Zealand|en Nouvelle-Zélande
        PE|Peru|au Pérou
        PH|the Philippines|aux Philippines
        PL|Poland|en Pologne
        PT|Portugal|au Portugal
        RO|Romania|en Roumanie
        RS|Serbia|en Serbie
        RU|Russia|en Russie
        SA|Saudi Arabia|en Arabie saoudite
        SE|Sweden|en Suède
        SG|Singapore|à Singapour
        SI|Slovenia|en Slovénie
        SK|Slovakia|en Slovaquie
        SN|Senegal|au Sénégal
        TH|Thailand|en Thaïlande
        TN|Tunisia|en Tunisie
        TR|Türkiye|en Turquie
        TW|Taiwan|à Taïwan
        UA|Ukraine|en Ukraine
        US|the United States|aux États-Unis
        VN|Vietnam|au Viêt Nam
        ZA|South Africa|en Afrique du Sud
        """
}
