import Banking

/// A deterministic stream of plausible transactions to measure the history with; no model of fraud.
///
/// Every account pays about twice a day, mostly at the merchants of its own neighbourhood, some of it
/// abroad or
/// online, with a salary once a month. Transaction `index` is a pure function of (seed, index): accounts
/// take turns
/// in a scrambled order, and event time grows by `secondsPerRound` per round over all accounts.
public struct HistoryWorkload: Sendable {
    public let accountCount: Int
    public let merchantCount: Int
    public let seed: UInt64
    /// Event time between two transactions of one account: 43,200 is twice a day.
    public let secondsPerRound: Int
    /// A step through the accounts that shares no factor with their number: each account once a round.
    private let step: Int

    public init(accountCount: Int, merchantCount: Int, seed: UInt64 = 1, secondsPerRound: Int = 43_200) {
        self.accountCount = max(accountCount, 1)
        self.merchantCount = max(merchantCount, 1)
        self.seed = seed
        self.secondsPerRound = secondsPerRound
        var step = 7_368_787 % self.accountCount | 1
        while Self.greatestCommonDivisor(step, self.accountCount) != 1 { step += 2 }
        self.step = step
    }

    /// Writes transaction `index` (0, 1, 2 …) over `transaction`, whose other fields stay as they are.
    public func write(_ index: Int, to transaction: inout Transaction) {
        let round = index / accountCount
        // An odd multiplier modulo the count would repeat accounts; a step coprime to it visits each once a
        // round.
        let account = (index % accountCount * step + round * 7919) % accountCount
        let random = Self.mix(seed &+ UInt64(index))
        let habits = Self.mix(seed &+ 0x5EED &+ UInt64(account) << 20)

        transaction.account = Pseudonym(high: Self.mix(UInt64(account) &+ 1), low: UInt64(account) &+ 1)
        transaction.idHash = Self.mix(random ^ 0xA5A5)
        let offset = (index % accountCount) * secondsPerRound / accountCount
        transaction.effectiveAt = Timestamp(
            seconds: 1_700_000_000 + Int64(round * secondsPerRound + offset))

        // Four of five payments go to one of eight shops nearby; shops differ in size by a square law.
        let choice = random >> 8 % 5
        let near = Int(habits >> 16) &+ Int(random >> 20 & 7) * 977
        let far = Int(random >> 24 & 0xFFFF) * Int(random >> 40 & 0xFFFF) / 65_536 * merchantCount / 65_536
        let merchant = ((choice > 0 ? near : far) & Int.max) % merchantCount
        transaction.merchant.key = Pseudonym(
            high: Self.mix(UInt64(merchant) &+ 7), low: UInt64(merchant) &+ 1)
        transaction.merchant.categoryCode = UInt16(5000 + merchant % 40)
        transaction.merchant.country = merchant % 50 == 0 ? 0x4445 : 0x4652
        transaction.merchant.position = Position(
            latitude: 43 + Float(merchant % 700) / 100, longitude: Float(merchant % 900) / 150)
        transaction.channel = choice > 0 ? .inStore : .online

        let isSalary = round % 60 == account % 60
        transaction.direction = isSalary ? .credit : .debit
        let level = Int64(500 + habits & 4095)
        let amount = level + Int64(random >> 32 & 0xFFF) * Int64(random >> 44 & 0xFFF) / 1024
        transaction.amount = Money(amountMinor: isSalary ? 200_000 : amount, currency: Self.euro)
        transaction.balanceAfterMinor = Int64(habits >> 40 & 0xFFFFF) - amount
    }

    private static func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
        var (a, b) = (a, b)
        while b != 0 { (a, b) = (b, a % b) }
        return a
    }

    private static let euro = Currency(packed: packText("EUR"))

    /// SplitMix64 (Steele, Lea, Flood 2014).
    private static func mix(_ value: UInt64) -> UInt64 {
        var mixed = value &+ 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
