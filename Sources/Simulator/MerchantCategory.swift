/// When in the (local) day something usually happens.
enum Rhythm: UInt8, CaseIterable, Sendable {
    case morning, shops, meals, evening, online, allDay, office

    /// Weight of each hour of the local day, 0 to 23.
    var hourWeights: [Int] {
        switch self {
        case .morning: [0, 0, 0, 0, 0, 1, 5, 12, 12, 6, 3, 2, 3, 2, 1, 1, 2, 4, 5, 3, 1, 1, 0, 0]
        case .shops: [0, 0, 0, 0, 0, 0, 0, 1, 3, 5, 8, 8, 6, 5, 6, 7, 8, 10, 10, 6, 2, 0, 0, 0]
        case .meals: [1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 6, 16, 9, 2, 1, 1, 2, 6, 13, 12, 8, 4, 2]
        case .evening: [6, 4, 3, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 5, 8, 10, 12, 13, 12, 9]
        case .online: [3, 2, 1, 1, 0, 1, 1, 2, 3, 4, 5, 5, 5, 5, 4, 4, 5, 5, 6, 8, 11, 12, 10, 6]
        case .allDay: [1, 1, 0, 0, 0, 1, 3, 6, 6, 5, 5, 6, 7, 6, 5, 5, 6, 8, 8, 6, 4, 3, 2, 1]
        case .office: [0, 0, 0, 0, 0, 0, 1, 3, 8, 12, 12, 10, 5, 6, 10, 10, 8, 5, 2, 1, 1, 0, 0, 0]
        }
    }
}

/// What a merchant sells. Cash machines are merchants of their own category.
enum MerchantCategory: UInt8, CaseIterable, Sendable {
    case groceries, bakery, restaurant, fastFood, bar, fuel, pharmacy, clothing, electronics, home
    case department, hairdresser, parking, transit, taxi, hotel, cinema, sport, books, doctor
    case jewellery, casino, cashMachine, wholesale
    case marketplace, webFashion, webElectronics, travel, games, delivery, webBets, charity, software
    case streaming, telecom, insurance, utilities, crypto, gym

    struct Trade: Sendable {
        /// ISO 18245.
        let code: UInt16
        /// Of a usual purchase, in cents; prices are log-normal with `sigma`.
        let medianMinor: Double
        let sigma: Double
        let rhythm: Rhythm
        /// Merchants in a city, or on the internet when `isOnline`.
        let merchants: Int
        let isOnline: Bool
        let nouns: [String]

        init(
            _ code: UInt16, _ median: Double, _ sigma: Double, _ rhythm: Rhythm, _ merchants: Int,
            online: Bool = false, _ nouns: String...
        ) {
            self.code = code
            medianMinor = median * 100
            self.sigma = sigma
            self.rhythm = rhythm
            self.merchants = merchants
            isOnline = online
            self.nouns = nouns
        }
    }

    var trade: Trade { Self.trades[Int(rawValue)] }

    static let trades: [Trade] = allCases.map { category in
        switch category {
        case .groceries: Trade(5411, 24, 0.85, .shops, 40, "Market", "Foods", "Grocer", "Épicerie")
        case .bakery: Trade(5462, 4.2, 0.5, .morning, 24, "Bakery", "Bread", "Patisserie")
        case .restaurant: Trade(5812, 31, 0.6, .meals, 50, "Kitchen", "Table", "Trattoria", "Brasserie")
        case .fastFood: Trade(5814, 11, 0.4, .meals, 24, "Burger", "Kebab", "Snack", "Noodles")
        case .bar: Trade(5813, 14, 0.7, .evening, 20, "Bar", "Pub", "Café")
        case .fuel: Trade(5541, 52, 0.35, .allDay, 12, "Fuel", "Station")
        case .pharmacy: Trade(5912, 13, 0.7, .shops, 12, "Pharmacy", "Apotheke")
        case .clothing: Trade(5651, 44, 0.7, .shops, 24, "Mode", "Wear", "Boutique")
        case .electronics: Trade(5732, 75, 1.1, .shops, 8, "Electro", "Tech Store")
        case .home: Trade(5200, 38, 0.9, .shops, 10, "Home", "Garden", "Möbel")
        case .department: Trade(5311, 36, 0.8, .shops, 6, "Galleries", "Stores")
        case .hairdresser: Trade(7230, 32, 0.45, .shops, 12, "Hair", "Salon")
        case .parking: Trade(7523, 5.5, 0.6, .allDay, 12, "Parking")
        case .transit: Trade(4111, 2.4, 0.5, .morning, 4, "Metro", "Tram", "Rail")
        case .taxi: Trade(4121, 17, 0.5, .evening, 8, "Taxi", "Cabs")
        case .hotel: Trade(7011, 145, 0.6, .evening, 16, "Hotel", "Inn", "Suites")
        case .cinema: Trade(7832, 19, 0.4, .evening, 5, "Cinema", "Theatre")
        case .sport: Trade(5941, 36, 0.8, .shops, 6, "Sport", "Outdoor")
        case .books: Trade(5942, 17, 0.6, .shops, 6, "Books", "Press")
        case .doctor: Trade(8011, 42, 0.6, .office, 12, "Doctor", "Dental", "Clinic")
        case .jewellery: Trade(5944, 130, 1.1, .shops, 5, "Jeweller", "Gold")
        case .casino: Trade(7995, 45, 0.9, .evening, 2, "Casino", "Gaming")
        case .cashMachine: Trade(6011, 55, 0.7, .allDay, 14, "Cash")
        case .wholesale: Trade(5046, 160, 0.9, .office, 8, "Wholesale", "Trade Supply")
        case .marketplace: Trade(5399, 27, 0.9, .online, 60, online: true, "Marketplace", "Direct", "24")
        case .webFashion: Trade(5691, 52, 0.7, .online, 120, online: true, "Style", "Shoes", "Wear Online")
        case .webElectronics: Trade(5732, 80, 1.1, .online, 60, online: true, "Digital", "Gadgets")
        case .travel: Trade(4511, 165, 0.8, .online, 40, online: true, "Air", "Travel", "Trips")
        case .games: Trade(5816, 6.5, 0.9, .online, 60, online: true, "Games", "Apps", "Play")
        case .delivery: Trade(5814, 24, 0.45, .meals, 24, online: true, "Delivery", "Eats")
        case .webBets: Trade(7995, 22, 1.0, .online, 24, online: true, "Bets", "Poker")
        case .charity: Trade(8398, 12, 0.9, .online, 80, online: true, "Aid", "Foundation", "Relief")
        case .software: Trade(5734, 14, 0.9, .online, 90, online: true, "Soft", "Cloud", "Apps")
        case .streaming: Trade(5968, 11, 0.3, .allDay, 16, online: true, "Stream", "Music", "Video")
        case .telecom: Trade(4814, 26, 0.4, .office, 16, online: true, "Mobile", "Telecom")
        case .insurance: Trade(6300, 52, 0.5, .office, 20, online: true, "Insurance", "Mutual")
        case .utilities: Trade(4900, 85, 0.45, .office, 20, online: true, "Energy", "Water", "Power")
        case .crypto: Trade(6051, 110, 1.1, .online, 16, online: true, "Coin", "Exchange")
        case .gym: Trade(7997, 32, 0.3, .office, 20, online: true, "Fitness", "Gym")
        }
    }
}
