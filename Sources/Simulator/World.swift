/// A merchant or cash machine of the synthetic world.
public struct SimulatedMerchant: Sendable {
    /// `m-` and six digits.
    public let id: String
    public let name: String
    /// ISO 18245.
    public let categoryCode: UInt16
    /// Index into `World.cities`; `nil` for online merchants, which have a country but no place.
    public let city: Int?
    public let country: String
    /// Degrees × 10,000.
    let latitudeE4: Int
    let longitudeE4: Int
    let category: MerchantCategory
    /// Dearer or cheaper than the trade.
    let priceLevel: Double
}

/// Places and merchants: a function of the seed and `merchantScale` alone.
public struct World: Sendable {
    public let cities = City.all
    public let merchants: [SimulatedMerchant]
    let seed: UInt64
    /// First merchant and count by category, then city; online categories have one "city".
    private let shelves: [Range<Int32>]
    /// The merchant part of the canonical record, rendered once.
    let fragments: [[UInt8]]
    private let homeTable: [UInt8]

    init(seed: UInt64, merchantScale: Double) {
        self.seed = seed
        var merchants: [SimulatedMerchant] = []
        var shelves: [Range<Int32>] = []
        for category in MerchantCategory.allCases {
            let trade = category.trade
            let count = max(2, Int(Double(trade.merchants) * merchantScale))
            for city in City.all.indices {
                let first = Int32(merchants.count)
                if !trade.isOnline || city == 0 {
                    for _ in 0..<count {
                        merchants.append(
                            Self.merchant(seed, merchants.count, category, trade.isOnline ? nil : city))
                    }
                }
                shelves.append(first..<Int32(merchants.count))
            }
        }
        self.merchants = merchants
        self.shelves = shelves
        fragments = merchants.map(Self.fragment)
        homeTable = City.all.indices.flatMap {
            [UInt8](repeating: UInt8($0), count: City.all[$0].homeWeight)
        }
    }

    /// Merchants of a category in a city, the most popular first; the city is ignored for online ones.
    func shelf(_ category: MerchantCategory, city: Int) -> Range<Int32> {
        let city = category.trade.isOnline ? 0 : city
        return shelves[Int(category.rawValue) * City.all.count + city]
    }

    func homeCity(_ random: inout RandomStream) -> Int { Int(homeTable[random.below(homeTable.count)]) }

    /// The terminal that copies cards in `city` on `day`, if any: three fortnights in ten of a city have
    /// one, for 4 to 12 days.
    func skimmedMerchant(city: Int, day: Int64) -> Int32? {
        let fortnight = day / 14
        var random = RandomStream(seed, .skimming, UInt64(city), UInt64(bitPattern: fortnight))
        guard random.chance(0.3) else { return nil }
        let first = random.below(6)
        let length = random.between(4...12)
        let ofFortnight = Int(day - fortnight * 14)
        guard ofFortnight >= first, ofFortnight < first + length else { return nil }
        let categories: [MerchantCategory] = [.cashMachine, .cashMachine, .fuel, .restaurant]
        let shelf = shelf(categories[random.below(categories.count)], city: city)
        return shelf.lowerBound + Int32(random.popular(shelf.count))
    }

    /// Where the gang behind a skimmed terminal spends the copies: always another city.
    func skimmingDestination(city: Int, day: Int64) -> Int {
        let period = UInt64(bitPattern: day / 14)
        var random = RandomStream(seed, .gang, UInt64(city), period)
        let other = random.below(City.all.count - 1)
        return other >= city ? other + 1 : other
    }

    private static func merchant(
        _ seed: UInt64, _ number: Int, _ category: MerchantCategory, _ city: Int?
    ) -> SimulatedMerchant {
        var random = RandomStream(seed, .world, UInt64(number))
        let digits = String(number)
        let nouns = category.trade.nouns
        let proper = properName(&random)
        let noun = nouns[random.below(nouns.count)]
        let name = random.chance(0.5) ? proper + " " + noun : noun + " " + proper
        let webCountries = ["FR", "DE", "NL", "IE", "LU", "GB", "US", "CN", "ES", "IT", "CY", "EE"]
        let place = city.map { City.all[$0] }
        func scattered(_ degrees: Double) -> Int {
            Int((degrees + 0.03 * random.normal()) * 10_000)
        }
        let latitude = scattered(place?.latitude ?? 0)
        let longitude = scattered(place?.longitude ?? 0)
        return SimulatedMerchant(
            id: "m-" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits, name: name,
            categoryCode: category.trade.code, city: city,
            country: place?.country ?? webCountries[random.popular(webCountries.count)],
            latitudeE4: latitude, longitudeE4: longitude, category: category,
            priceLevel: random.logNormal(median: 1, sigma: 0.25) * (place?.priceLevel ?? 1))
    }

    private static func properName(_ random: inout RandomStream) -> String {
        let starts = [
            "Ma", "Lo", "Vi", "Sel", "Bro", "Ka", "Tor", "Ni", "Al", "Fe", "Gra", "Ul", "Pe", "Dri", "Zo",
        ]
        let middles = ["ri", "la", "no", "ve", "sta", "mi", "do", "re", "ku", "", "", ""]
        let ends = ["s", "no", "tte", "lia", "k", "nd", "ra", "x", "mo", "ne", "lle", "do", "é"]
        return starts[random.below(starts.count)] + middles[random.below(middles.count)]
            + ends[random.below(ends.count)]
    }

    private static func fragment(_ merchant: SimulatedMerchant) -> [UInt8] {
        var text = ",\"merchant_id\":\"\(merchant.id)\",\"merchant_name\":\"\(merchant.name)\""
        text += ",\"merchant_category_code\":\(merchant.categoryCode)"
        if let city = merchant.city {
            text += ",\"merchant_city\":\"\(City.all[city].name)\""
        }
        text += ",\"merchant_country\":\"\(merchant.country)\""
        if merchant.city != nil {
            text += ",\"merchant_latitude\":\(decimal(merchant.latitudeE4))"
            text += ",\"merchant_longitude\":\(decimal(merchant.longitudeE4))"
        }
        return Array(text.utf8)
    }

    private static func decimal(_ e4: Int) -> String {
        let fraction = String(e4.magnitude % 10_000)
        return (e4 < 0 ? "-" : "") + String(e4.magnitude / 10_000) + "."
            + String(repeating: "0", count: 4 - fraction.count) + fraction
    }
}
