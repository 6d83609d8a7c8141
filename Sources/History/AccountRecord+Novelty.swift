import Banking

/// What an account has met before: short lists of the last distinct ones, newest first.
extension AccountRecord {
    /// Codes of the novelty facts.
    static let known: UInt32 = 1
    static let new: UInt32 = 2

    /// Visits to a merchant among the last 20 distinct ones, counted up to 15, or 0 for an unknown one.
    ///
    /// Merchants are told apart by 12 bits: a new one is taken for a known one in at most 20 of 4096 cases.
    func visits(_ merchant: Pseudonym) -> UInt16 {
        let fingerprint = Self.merchantFingerprint(merchant)
        for index in 0..<Self.merchantCapacity where merchants[index] & 0xFFF0 == fingerprint {
            // Visits are at least 1 in every used entry, so an empty entry never answers.
            if merchants[index] & 0xF != 0 { return merchants[index] & 0xF }
        }
        return 0
    }

    func visit(_ merchant: Pseudonym) {
        let fingerprint = Self.merchantFingerprint(merchant)
        var place = 0
        while place < Self.merchantCapacity - 1, merchants[place] & 0xF != 0,
            merchants[place] & 0xFFF0 != fingerprint
        {
            place += 1
        }
        let isKnown = merchants[place] & 0xFFF0 == fingerprint && merchants[place] & 0xF != 0
        let visits = isKnown ? min((merchants[place] & 0xF) + 1, 15) : 1
        Self.shift(merchants, from: 0, upTo: place)
        merchants[0] = fingerprint | visits
    }

    @inline(__always) static func contains(
        _ list: UnsafeMutablePointer<UInt16>, _ capacity: Int, _ value: UInt16
    ) -> Bool {
        for index in 0..<capacity where list[index] == value { return true }
        return false
    }

    /// Brings a value to the front of a list of distinct values; the last one falls out of a full list.
    @inline(__always) static func remember(
        _ list: UnsafeMutablePointer<UInt16>, _ capacity: Int, _ value: UInt16
    ) {
        if list[0] == value { return }
        var place = 0
        while place < capacity - 1, list[place] != 0, list[place] != value { place += 1 }
        shift(list, from: 0, upTo: place)
        list[0] = value
    }

    @inline(__always) static func merchantFingerprint(_ merchant: Pseudonym) -> UInt16 {
        UInt16(truncatingIfNeeded: mixed(merchant) >> 44) & 0xFFF0
    }
    /// 1 … 255 for the distinct merchants of an hour.
    @inline(__always) static func merchantByte(_ merchant: Pseudonym) -> UInt8 {
        merchant.isNone ? 0 : UInt8(1 + (mixed(merchant) >> 32) % 255)
    }
    /// 1 … 65,535.
    @inline(__always) static func deviceFingerprint(_ device: Pseudonym) -> UInt16 {
        UInt16(1 + (mixed(device) >> 32) % 65_535)
    }
    @inline(__always) private static func mixed(_ key: Pseudonym) -> UInt64 {
        let product = (key.high ^ key.low &* 0x9E37_79B9_7F4A_7C15) &* 0xD6E8_FEB8_6659_FD93
        return (product ^ (product >> 32)) &* 0xD6E8_FEB8_6659_FD93
    }
}
