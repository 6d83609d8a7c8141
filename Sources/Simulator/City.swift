/// A city of the synthetic world. Positions are those of the real cities, the shops are invented.
public struct City: Sendable {
    public let name: String
    /// ISO 3166-1 alpha-2.
    public let country: String
    public let latitude: Double
    public let longitude: Double
    /// Of the standard time; summer time is not modelled.
    let utcOffsetHours: Int
    let priceLevel: Double
    /// Share of the customers who live here; 0 for destinations of journeys only.
    let homeWeight: Int

    init(
        _ name: String, _ country: String, _ latitude: Double, _ longitude: Double, _ offset: Int,
        _ price: Double, _ weight: Int
    ) {
        self.name = name
        self.country = country
        self.latitude = latitude
        self.longitude = longitude
        utcOffsetHours = offset
        priceLevel = price
        homeWeight = weight
    }

    static let all: [City] = [
        City("Paris", "FR", 48.8566, 2.3522, 1, 1.2, 14), City("Lyon", "FR", 45.7640, 4.8357, 1, 1.05, 7),
        City("Marseille", "FR", 43.2965, 5.3698, 1, 1, 6), City("Toulouse", "FR", 43.6047, 1.4442, 1, 1, 5),
        City("Lille", "FR", 50.6292, 3.0573, 1, 1, 4), City("Nantes", "FR", 47.2184, -1.5536, 1, 1, 4),
        City("Bordeaux", "FR", 44.8378, -0.5792, 1, 1.05, 4),
        City("Strasbourg", "FR", 48.5734, 7.7521, 1, 1, 3),
        City("Brussels", "BE", 50.8503, 4.3517, 1, 1.1, 5),
        City("Antwerp", "BE", 51.2194, 4.4025, 1, 1.05, 2),
        City("Luxembourg", "LU", 49.6116, 6.1319, 1, 1.3, 2),
        City("Amsterdam", "NL", 52.3676, 4.9041, 1, 1.2, 4), City("Berlin", "DE", 52.5200, 13.4050, 1, 1, 6),
        City("Hamburg", "DE", 53.5511, 9.9937, 1, 1.05, 3), City("Munich", "DE", 48.1351, 11.5820, 1, 1.2, 4),
        City("Cologne", "DE", 50.9375, 6.9603, 1, 1, 3), City("Vienna", "AT", 48.2082, 16.3738, 1, 1.05, 4),
        City("Madrid", "ES", 40.4168, -3.7038, 1, 0.9, 6),
        City("Barcelona", "ES", 41.3874, 2.1686, 1, 0.95, 5),
        City("Lisbon", "PT", 38.7223, -9.1393, 0, 0.85, 3), City("Porto", "PT", 41.1579, -8.6291, 0, 0.8, 2),
        City("Rome", "IT", 41.9028, 12.4964, 1, 1, 5), City("Milan", "IT", 45.4642, 9.1900, 1, 1.1, 4),
        City("Dublin", "IE", 53.3498, -6.2603, 0, 1.2, 2), City("Athens", "GR", 37.9838, 23.7275, 2, 0.8, 3),
        City("London", "GB", 51.5074, -0.1278, 0, 1.3, 0), City("Zurich", "CH", 47.3769, 8.5417, 1, 1.5, 0),
        City("Prague", "CZ", 50.0755, 14.4378, 1, 0.75, 0),
        City("Istanbul", "TR", 41.0082, 28.9784, 3, 0.6, 0),
        City("Marrakesh", "MA", 31.6295, -7.9811, 1, 0.5, 0),
        City("Bangkok", "TH", 13.7563, 100.5018, 7, 0.5, 0),
        City("New York", "US", 40.7128, -74.0060, -5, 1.4, 0),
        City("Dubai", "AE", 25.2048, 55.2708, 4, 1.2, 0),
    ]
}
