/// How someone lives: income, habits, rhythm. All money in cents.
enum AccountKind: UInt8, CaseIterable, Sendable {
    case student, employee, family, retired, freelancer, smallBusiness

    struct Living: Sendable {
        /// Of 100 accounts.
        let share: Int
        let incomeMedianMinor: Double
        let incomeSigma: Double
        /// Card payments a day at usual activity.
        let purchasesPerDay: Double
        let weekendFactor: Double
        /// Journeys a year.
        let tripsPerYear: Double
        let rentShare: Double
        let devices: ClosedRange<Int>
        /// Transfers to known people a day.
        let transfersPerDay: Double
        /// Habit weights in the order of `habitCategories`.
        let weekday: [Int]
        let weekend: [Int]
    }

    var living: Living { Self.livings[Int(rawValue)] }

    /// What daily purchases are made of.
    static let habitCategories: [MerchantCategory] = [
        .groceries, .bakery, .restaurant, .fastFood, .bar, .fuel, .pharmacy, .clothing, .electronics, .home,
        .department, .hairdresser, .parking, .transit, .taxi, .cinema, .sport, .books, .doctor,
        .jewellery, .casino, .cashMachine, .wholesale, .marketplace, .webFashion, .webElectronics, .travel,
        .games, .delivery, .webBets, .charity, .software, .crypto,
    ]

    static let livings: [Living] = [
        Living(
            share: 16, incomeMedianMinor: 95_000, incomeSigma: 0.25, purchasesPerDay: 1.3,
            weekendFactor: 1.25, tripsPerYear: 1.2, rentShare: 0.38, devices: 1...2, transfersPerDay: 0.10,
            weekday: [
                22, 8, 6, 14, 7, 1, 2, 3, 1, 1, 1, 1, 1, 12, 1, 2, 1,
                2, 1, 0, 0, 7, 0, 5, 4, 1, 1, 5, 6, 1, 0, 2, 1,
            ],
            weekend: [
                16, 5, 8, 13, 18, 1, 1, 6, 1, 1, 2, 1, 1, 5, 4, 5, 2,
                1, 0, 0, 0, 8, 0, 6, 5, 1, 2, 6, 8, 1, 0, 1, 1,
            ]),
        Living(
            share: 34, incomeMedianMinor: 235_000, incomeSigma: 0.35, purchasesPerDay: 1.5,
            weekendFactor: 1.2, tripsPerYear: 2, rentShare: 0.32, devices: 1...3, transfersPerDay: 0.07,
            weekday: [
                22, 10, 12, 6, 4, 6, 3, 3, 1, 2, 2, 1, 4, 7, 1, 1, 1,
                2, 2, 0, 0, 6, 0, 6, 3, 1, 1, 2, 4, 1, 1, 2, 1,
            ],
            weekend: [
                24, 9, 13, 5, 8, 6, 2, 8, 2, 5, 4, 2, 4, 2, 3, 4, 3,
                2, 0, 1, 1, 7, 0, 7, 4, 1, 2, 2, 5, 1, 1, 1, 1,
            ]),
        Living(
            share: 20, incomeMedianMinor: 385_000, incomeSigma: 0.3, purchasesPerDay: 2.2,
            weekendFactor: 1.25, tripsPerYear: 1.6, rentShare: 0.30, devices: 2...3, transfersPerDay: 0.08,
            weekday: [
                32, 12, 6, 5, 1, 8, 6, 4, 1, 4, 3, 2, 4, 3, 0, 1, 2,
                3, 4, 0, 0, 5, 0, 9, 5, 1, 1, 3, 3, 0, 1, 2, 0,
            ],
            weekend: [
                36, 10, 10, 8, 2, 7, 3, 8, 2, 8, 6, 2, 4, 1, 1, 5, 4,
                3, 0, 1, 0, 6, 0, 8, 5, 1, 3, 3, 5, 0, 1, 1, 0,
            ]),
        Living(
            share: 17, incomeMedianMinor: 178_000, incomeSigma: 0.3, purchasesPerDay: 0.95,
            weekendFactor: 0.85, tripsPerYear: 1.1, rentShare: 0.24, devices: 1...2, transfersPerDay: 0.04,
            weekday: [
                32, 16, 6, 1, 1, 5, 9, 3, 1, 5, 3, 3, 2, 3, 1, 1, 0,
                4, 5, 1, 0, 11, 0, 3, 1, 0, 1, 0, 0, 0, 2, 0, 0,
            ],
            weekend: [
                30, 18, 10, 1, 1, 4, 4, 3, 0, 4, 3, 1, 2, 2, 1, 2, 0,
                4, 0, 0, 1, 8, 0, 3, 1, 0, 1, 0, 0, 0, 2, 0, 0,
            ]),
        Living(
            share: 8, incomeMedianMinor: 260_000, incomeSigma: 0.5, purchasesPerDay: 1.7,
            weekendFactor: 1, tripsPerYear: 2.4, rentShare: 0.30, devices: 2...3, transfersPerDay: 0.12,
            weekday: [
                18, 9, 12, 6, 4, 5, 2, 3, 2, 2, 1, 1, 4, 6, 5, 1, 1,
                3, 2, 0, 0, 5, 2, 6, 3, 3, 3, 2, 6, 1, 0, 8, 2,
            ],
            weekend: [
                20, 8, 13, 6, 8, 5, 2, 6, 2, 4, 3, 2, 4, 2, 4, 3, 3,
                2, 0, 1, 0, 6, 1, 6, 3, 2, 3, 2, 6, 1, 0, 4, 2,
            ]),
        Living(
            share: 5, incomeMedianMinor: 900_000, incomeSigma: 0.5, purchasesPerDay: 2.4,
            weekendFactor: 0.35, tripsPerYear: 1.5, rentShare: 0.18, devices: 1...3, transfersPerDay: 0.45,
            weekday: [
                10, 4, 10, 3, 1, 16, 1, 1, 4, 7, 2, 0, 8, 3, 5, 0, 0,
                2, 0, 0, 0, 5, 22, 8, 1, 5, 3, 0, 2, 0, 0, 10, 0,
            ],
            weekend: [
                14, 5, 14, 4, 4, 14, 1, 2, 2, 6, 2, 0, 6, 1, 3, 0, 0,
                2, 0, 0, 0, 5, 8, 8, 1, 3, 3, 0, 3, 0, 0, 6, 0,
            ]),
    ]
}
