/// Tables that turn one random number into a category or an hour.
struct HabitTables: Sendable {
    /// `kind · 2 + weekend` → categories, each as often as its weight.
    private let categories: [[MerchantCategory]]
    /// Rhythm → hours, each as often as its weight.
    private let hours: [[UInt8]]
    private let kinds: [AccountKind]

    init() {
        func spread(_ weights: [Int]) -> [MerchantCategory] {
            zip(AccountKind.habitCategories, weights).flatMap { Array(repeating: $0, count: $1) }
        }
        categories = AccountKind.allCases.flatMap { [spread($0.living.weekday), spread($0.living.weekend)] }
        hours = Rhythm.allCases.map { rhythm in
            rhythm.hourWeights.enumerated().flatMap {
                [UInt8](repeating: UInt8($0.offset), count: $0.element)
            }
        }
        kinds = AccountKind.allCases.flatMap { Array(repeating: $0, count: $0.living.share) }
    }

    func category(_ kind: AccountKind, weekend: Bool, _ random: inout RandomStream) -> MerchantCategory {
        let table = categories[Int(kind.rawValue) * 2 + (weekend ? 1 : 0)]
        return table[random.below(table.count)]
    }

    func hour(_ rhythm: Rhythm, _ random: inout RandomStream) -> Int {
        let table = hours[Int(rhythm.rawValue)]
        return Int(table[random.below(table.count)])
    }

    func kind(_ random: inout RandomStream) -> AccountKind { kinds[random.below(kinds.count)] }
}
