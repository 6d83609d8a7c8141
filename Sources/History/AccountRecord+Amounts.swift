/// The last amounts: insertion in order of time, and order statistics.
extension AccountRecord {
    /// Median and 95th percentile of the debits among the last 60 transactions that are not newer than
    /// the one at hand, as codes: the smallest value that at least that share does not exceed.
    struct Quantiles {
        var count = 0
        var median: Int = 0
        var percentile95: Int = 0
    }

    /// - Parameter place: number of ring entries that are newer than the moment; those are left out.
    func quantiles(place: Int) -> Quantiles {
        let count = Int(header.pointee.amountCount)
        // Raw memory: the codes go in by twos of bytes and are read by words of eight.
        return withUnsafeTemporaryAllocation(byteCount: 128, alignment: 8) { buffer in
            let words = buffer.baseAddress.unsafelyUnwrapped
            for index in 0..<16 { words.storeBytes(of: .max, toByteOffset: 8 * index, as: UInt64.self) }
            var used = 0
            for index in place..<max(count, place) {
                let amount = amounts[index]
                // Branch-free: a credit is overwritten by the next debit.
                words.storeBytes(
                    of: (amount & Self.codeMask) | 0x8000, toByteOffset: 2 * used, as: UInt16.self)
                used += amount & Self.creditBit == 0 ? 1 : 0
            }
            words.storeBytes(of: .max, toByteOffset: 2 * used, as: UInt16.self)
            guard used > 0 else { return Quantiles() }
            return Quantiles(
                count: used,
                median: Self.rank((used + 1) / 2, of: words),
                percentile95: Self.rank((used * 95 + 99) / 100, of: words)
            )
        }
    }

    /// Debits far above the median, among the newest ones that are not newer than the one at hand.
    struct LargeDebits {
        /// Among the last 20 and 40 debits.
        var among20 = 0
        var among40 = 0
        /// Code of the largest of the last 20.
        var largest = 0
    }

    /// 2.5 times, in steps of `LogAmount`: log₂(2.5) · 256, rounded down.
    private static let largeSteps = 338

    /// - Parameters:
    ///   - place: as for `quantiles`.
    ///   - median: code that a debit has to exceed by 2.5 times to be large.
    func largeDebits(place: Int, median: Int) -> LargeDebits {
        var result = LargeDebits()
        var debits = 0
        for index in place..<max(Int(header.pointee.amountCount), place) {
            let amount = amounts[index]
            guard amount & Self.creditBit == 0 else { continue }
            let code = Int(amount & Self.codeMask)
            let isLarge = code > median + Self.largeSteps
            if debits < 20 {
                result.among20 += isLarge ? 1 : 0
                result.largest = max(result.largest, code)
            }
            result.among40 += isLarge ? 1 : 0
            debits += 1
            if debits == 40 { break }
        }
        return result
    }

    /// The `rank`-th smallest (from 1) of 64 codes, by bisection over the bits of the value.
    ///
    /// Four codes to a word, each with bit 15 set: after subtracting a candidate (below 2^14) from every
    /// lane, that bit still stands where code ≥ candidate, and no lane borrows from the next.
    @inline(__always) private static func rank(_ rank: Int, of words: UnsafeRawPointer) -> Int {
        let lanes: UInt64 = 0x0001_0001_0001_0001
        var value: UInt64 = 0
        var bit: UInt64 = 1 << 13
        while bit > 0 {
            let candidate = (value | bit) &* lanes
            var atLeast: UInt64 = 0
            for index in 0..<16 {
                let word = words.load(fromByteOffset: 8 * index, as: UInt64.self)
                atLeast &+= ((word &- candidate) >> 15) & lanes
            }
            let below = 64 - Int((atLeast &* lanes) >> 48)
            // Fewer than `rank` codes lie below the candidate: the answer is at least the candidate.
            if below < rank { value |= bit }
            bit >>= 1
        }
        return Int(value)
    }

    /// Puts a counted transaction where its time belongs.
    func insert(_ seconds: UInt32, amount: UInt16, merchant: UInt8, idHash: UInt64, place: Int) {
        let ringCount = Int(header.pointee.ringCount)
        if place < Self.ringCapacity {
            let kept = min(ringCount, Self.ringCapacity - 1)
            Self.shift(times, from: place, upTo: kept)
            Self.shift(ringMerchants, from: place, upTo: kept)
            times[place] = seconds
            ringMerchants[place] = merchant
            header.pointee.ringCount = UInt8(kept + 1)
        }
        let keptAmounts = min(Int(header.pointee.amountCount), Self.amountCapacity - 1)
        Self.shift(amounts, from: place, upTo: keptAmounts)
        amounts[place] = amount
        header.pointee.amountCount = UInt8(keptAmounts + 1)

        let keptIDs = min(Int(header.pointee.idCount), Self.ringCapacity - 1)
        Self.shift(idLows, from: 0, upTo: keptIDs)
        Self.shift(idHighs, from: 0, upTo: keptIDs)
        idLows[0] = UInt32(truncatingIfNeeded: idHash)
        idHighs[0] = UInt16(truncatingIfNeeded: idHash >> 32)
        header.pointee.idCount = UInt8(keptIDs + 1)
    }

    /// Moves elements `from ..< upTo` one place up.
    @inline(__always) static func shift<T>(_ column: UnsafeMutablePointer<T>, from: Int, upTo: Int) {
        guard upTo > from else { return }
        (column + from + 1).update(from: column + from, count: upTo - from)
    }
}
