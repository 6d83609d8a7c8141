import Banking

/// A stream with everything that a bank's stream has on a bad day: repeated, late and poisonous records, a
/// hot account, card numbers where none belong. Event time passes 20 to 200 seconds from record to record of
/// a partition.
struct TortureStream {
    struct Record {
        var partition: Int32
        var bytes: [UInt8]
        var time: Timestamp
    }

    /// Valid card numbers (test numbers of the schemes), none of which may be found anywhere afterwards.
    static let cards = ["4111111111111111", "5500005555555559", "4012888888881881"]

    private var dice: Dice
    private var times: [Timestamp]
    private var numbers: [Int]
    /// Newest last.
    private var past: [[[UInt8]]]
    /// All partitions buy at the same merchants and have one clock; otherwise each has its own.
    private let isCommon: Bool

    init(seed: UInt64, partitions: Int, isCommon: Bool) {
        dice = Dice(seed: seed)
        self.isCommon = isCommon
        times = (0..<partitions).map { Timestamp(year: 2026, month: 1, day: 1).adding(seconds: Int64($0)) }
        numbers = Array(repeating: 0, count: partitions)
        past = Array(repeating: [], count: partitions)
    }

    mutating func next(partition: Int32) -> Record {
        let place = Int(partition)
        let step = Int64(dice.roll(20...200))
        let last = isCommon ? times.max() ?? times[place] : times[place]
        times[place] = last.adding(seconds: isCommon ? step / Int64(times.count) + 1 : step)
        let kind = dice.roll(1...100)
        let bytes: [UInt8]
        switch kind {
        case 1 where !past[place].isEmpty: bytes = past[place].last ?? []
        case 2 where past[place].count == 500: bytes = past[place][0]
        case 3: bytes = poison(partition)
        default: bytes = Array(transaction(partition).utf8)
        }
        if kind > 3 {
            past[place].append(bytes)
            if past[place].count > 500 { past[place].removeFirst() }
        }
        return Record(partition: partition, bytes: bytes, time: times[place])
    }

    private mutating func transaction(_ partition: Int32) -> String {
        let place = Int(partition)
        numbers[place] += 1
        let account = dice.oneIn(5) ? 0 : dice.roll(1...15)
        let merchant = (isCommon ? "" : "p\(partition)-") + "m\(dice.roll(1...9))"
        let late = dice.oneIn(40) ? -Int64(dice.roll(60...7200)) : 0
        let time = times[place].adding(seconds: late)
        let amount =
            dice.oneIn(30) ? "98\(dice.roll(0...9)).00" : "\(dice.roll(3...60)).\(dice.roll(10...99))"
        let channel = dice.pick([
            #""online","entry_mode":"manual""#, #""in_store","entry_mode":"chip""#, #""atm""#,
        ])
        let card = dice.oneIn(3) ? #""card_number":"\#(dice.pick(Self.cards))","# : ""
        let name = dice.oneIn(50) ? "Card \(dice.pick(Self.cards))" : "Shop \(merchant)"
        return """
            {"transaction_id":"p\(partition)-\(numbers[place])","account_id":"p\(partition)-a\(account)",\
            \(card)"effective_at":"\(time)","amount":\(amount),"currency":"EUR","channel":\(channel),\
            "merchant":{"id":"\(merchant)","name":"\(name)","category_code":"5732","country":"\
            \(dice.pick(["FR", "FR", "FR", "DE", "KP"]))"},"unknown":{"nested":[1,2,{}]}}
            """
    }

    private mutating func poison(_ partition: Int32) -> [UInt8] {
        let card = dice.pick(Self.cards)
        let good = Array(transaction(partition).utf8)
        switch dice.roll(0...7) {
        case 0: return []
        case 1: return Array(good.dropLast(dice.roll(1...40)))
        case 2: return Array(#"{"transaction_id":"\#(card)"}"#.utf8)
        case 3: return [0xFF, 0xFE, 0x00] + good
        case 4: return Array(String(repeating: "[", count: 4000).utf8)
        case 5: return Array(#"{"account_id":"\#(card)","amount":NaN,"note":"\#(card)"}"#.utf8)
        case 6: return Array(String(decoding: good, as: UTF8.self).replacing("EUR", with: "EUX").utf8)
        default: return Array(String(decoding: good, as: UTF8.self).replacing("2026-", with: "2099-").utf8)
        }
    }
}
