/// Names of the most common merchant category codes (ISO 18245), said in words.
enum MerchantCategories {
    /// The name, or `nil` for a code without one here.
    static func name(_ code: UInt32, _ language: Language) -> String? {
        names[code].map { language == .english ? $0.english : $0.french }
    }

    private static let names: [UInt32: (english: String, french: String)] = {
        var names: [UInt32: (String, String)] = [:]
        for line in table.split(separator: "\n") {
            let parts = line.split(separator: "|")
            guard parts.count == 3, let code = UInt32(parts[0]) else { continue }
            names[code] = (String(parts[1]), String(parts[2]))
        }
        return names
    }()

    private static let table = """
        742|veterinary care|soins vétérinaires
        1520|building work|travaux de construction
        1711|heating and plumbing|chauffage et plomberie
        3000|airline|compagnie aérienne
        3351|car hire|location de voitures
        3501|hotel chain|chaîne hôtelière
        4011|railway freight|fret ferroviaire
        4111|local transport|transports urbains
        4112|railway|chemins de fer
        4121|taxi|taxi
        4131|coach travel|autocar
        4214|haulage|transport routier
        4215|courier|messagerie
        4411|cruise line|croisières
        4511|airline|compagnie aérienne
        4722|travel agency|agence de voyages
        4784|road toll|péage
        4789|transport service|service de transport
        4812|telephone equipment|téléphonie, matériel
        4814|telephone service|service téléphonique
        4816|internet service|services internet
        4829|money transfer|transfert d’argent
        4899|pay television|télévision payante
        4900|electricity, gas and water|électricité, gaz et eau
        5039|building materials|matériaux de construction
        5045|computers|informatique
        5047|medical supplies|matériel médical
        5094|jewels and precious metals|bijoux et métaux précieux
        5111|stationery|papeterie
        5192|books and newspapers|livres et journaux
        5200|home improvement|bricolage
        5211|timber and hardware|bois et matériaux
        5251|hardware shop|quincaillerie
        5261|garden centre|jardinerie
        5300|wholesale club|entrepôt de gros
        5309|duty-free shop|boutique hors taxes
        5310|discount shop|magasin discount
        5311|department store|grand magasin
        5331|variety shop|bazar
        5399|general goods|marchandises diverses
        5411|groceries|supermarché
        5422|butcher|boucherie
        5441|confectionery|confiserie
        5451|dairy shop|crèmerie
        5462|bakery|boulangerie
        5499|food shop|alimentation
        5511|car dealer|concessionnaire automobile
        5533|car parts|pièces automobiles
        5541|petrol station|station-service
        5542|automatic petrol pump|pompe automatique
        5611|men’s clothing|vêtements pour hommes
        5621|women’s clothing|vêtements pour femmes
        5641|children’s clothing|vêtements pour enfants
        5651|family clothing|vêtements
        5655|sportswear|vêtements de sport
        5661|shoes|chaussures
        5691|clothing|habillement
        5699|accessories|accessoires de mode
        5712|furniture|meubles
        5719|home goods|articles pour la maison
        5722|household appliances|électroménager
        5732|electronics|électronique
        5733|musical instruments|instruments de musique
        5734|software|logiciels
        5735|records|disques
        5811|caterer|traiteur
        5812|restaurant|restaurant
        5813|bar|bar
        5814|fast food|restauration rapide
        5815|digital media|médias numériques
        5816|digital games|jeux numériques
        5817|digital applications|applications numériques
        5818|digital goods|biens numériques
        5912|pharmacy|pharmacie
        5921|wine and spirits|vins et spiritueux
        5931|second-hand shop|articles d’occasion
        5932|antiques|antiquités
        5933|pawn shop|prêteur sur gages
        5940|bicycle shop|magasin de vélos
        5941|sports goods|articles de sport
        5942|bookshop|librairie
        5943|office supplies|fournitures de bureau
        5944|jewellery|bijouterie
        5945|toys and games|jouets et jeux
        5946|photography|photographie
        5947|gifts|cadeaux
        5964|mail order catalogue|vente par catalogue
        5965|mail order and retail|vente à distance et magasin
        5966|outbound telephone sales|démarchage téléphonique
        5967|adult content by subscription|contenus pour adultes
        5968|subscription|abonnement
        5969|direct marketing|marketing direct
        5977|cosmetics|cosmétiques
        5992|florist|fleuriste
        5993|tobacconist|bureau de tabac
        5994|newsagent|marchand de journaux
        5995|pet shop|animalerie
        5999|special shop|commerce spécialisé
        6010|cash over the counter|retrait au guichet
        6011|cash machine|distributeur de billets
        6012|financial institution|établissement financier
        6051|quasi-cash and crypto-assets|quasi-espèces et crypto-actifs
        6211|securities broker|courtier en titres
        6300|insurance|assurance
        6513|rent|loyer
        6540|prepaid card top-up|recharge de carte prépayée
        7011|hotel|hôtel
        7210|laundry|blanchisserie
        7230|hairdresser|coiffeur
        7298|health and beauty spa|institut de beauté
        7311|advertising|publicité
        7372|computer services|services informatiques
        7399|business services|services aux entreprises
        7512|car hire|location de voitures
        7523|parking|stationnement
        7538|car repair|garage automobile
        7542|car wash|lavage automobile
        7800|government lottery|loterie publique
        7801|online casino|casino en ligne
        7832|cinema|cinéma
        7841|film rental|location de films
        7922|theatre tickets|billetterie de spectacles
        7941|sports club|club sportif
        7994|games arcade|salle de jeux
        7995|gambling|jeux d’argent
        7996|amusement park|parc d’attractions
        7997|fitness club|club de sport
        8011|doctor|médecin
        8021|dentist|dentiste
        8043|optician|opticien
        8062|hospital|hôpital
        8099|health services|services de santé
        8111|legal services|services juridiques
        8211|school|école
        8220|university|université
        8299|education|enseignement
        8351|child care|garde d’enfants
        8398|charity|association caritative
        8999|professional services|services professionnels
        9211|court costs|frais de justice
        9222|fines|amendes
        9311|taxes|impôts
        9399|government services|services publics
        9402|post office|poste
        """
}
