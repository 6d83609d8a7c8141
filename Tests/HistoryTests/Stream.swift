import Banking

@testable import History

/// Seeded randomness of the tests (SplitMix64).
struct Randomness {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}

/// 2023-11-14 22:00:00 UTC, a whole hour.
let start: Int64 = 1_699_999_200
let hour: Int64 = 3600
let day: Int64 = 86_400

/// A debit of 10.00 EUR in a shop, to be varied.
func payment(
    account: UInt64 = 1, at seconds: Int64, amountMinor: Int64 = 1000, id: UInt64? = nil,
    merchant: UInt64 = 0
) -> Transaction {
    var transaction = Transaction()
    transaction.account = Pseudonym(high: 0, low: account)
    transaction.effectiveAt = Timestamp(seconds: seconds)
    transaction.amount = Money(amountMinor: amountMinor, currency: Currency(packed: packText("EUR")))
    var digest = Randomness(
        seed: UInt64(bitPattern: seconds) ^ account << 40 ^ UInt64(bitPattern: amountMinor) << 20)
    transaction.idHash = id ?? digest.next()
    if merchant > 0 { transaction.merchant.key = Pseudonym(high: 9, low: merchant) }
    return transaction
}

func fraud(_ transaction: Transaction, knownAt seconds: Int64) -> Label {
    var label = Label()
    label.transactionIDHash = transaction.idHash
    label.account = transaction.account
    label.counterpart = transaction.counterpart
    label.effectiveAt = transaction.effectiveAt
    label.knownAt = Timestamp(seconds: seconds)
    label.outcome = .fraud
    label.amount = transaction.amount
    return label
}

extension Historian {
    /// The facts of a transaction, which counts from then on.
    func facts(_ transaction: Transaction) -> FactRow {
        var row = FactRow()
        read(transaction, partition: 0, into: &row)
        return row
    }
    func standing(_ transaction: Transaction) -> Standing {
        var row = FactRow()
        return read(transaction, partition: 0, into: &row)
    }
}

extension FactRow {
    var bits: [UInt32] { (0..<FactRow.slotCount).map { self[bits: $0] } }
}

/// A stream over a few accounts and merchants, everything set that a fact reads.
/// - Parameter jitterSeconds: how far a transaction may come after others that are newer.
func randomStream(
    seed: UInt64, count: Int, accounts: Int, merchants: Int, stepSeconds: Int, jitterSeconds: Int = 0
) -> [Transaction] {
    var random = Randomness(seed: seed)
    var now = start
    return (0..<count).map { index in
        now += Int64(random.below(2 * stepSeconds + 1))
        let at = now - (jitterSeconds > 0 ? Int64(random.below(jitterSeconds)) : 0)
        var transaction = payment(
            account: UInt64(1 + random.below(accounts)), at: at,
            amountMinor: Int64(random.below(10) == 0 ? random.below(500_000) : 100 + random.below(9000)),
            id: random.next(), merchant: UInt64(random.below(merchants + 1)))
        transaction.direction = random.below(12) == 0 ? .credit : .debit
        transaction.channel = [nil, .online, .inStore, .atm, .transfer, .directDebit][random.below(6)]
        transaction.merchant.categoryCode = [0, 5411, 5812, 6011, 7995, 5999][random.below(6)]
        transaction.merchant.country = [0, 0x4652, 0x4445, 0x4245][random.below(4)]
        if random.below(3) > 0 {
            transaction.merchant.position = Position(
                latitude: Float(random.below(180_000)) / 1000 - 90,
                longitude: Float(random.below(360_000)) / 1000 - 180)
        }
        if random.below(4) == 0 {
            transaction.device = Pseudonym(high: 3, low: UInt64(1 + random.below(5)))
        }
        if random.below(10) == 0 { transaction.authorisationErrors = [.insufficientFunds] }
        if random.below(2) == 0 { transaction.balanceAfterMinor = Int64(random.below(200_000)) - 60_000 }
        transaction.merchant.name = FixedText("Shop \(index % 7) Marseille")
        return transaction
    }
}
