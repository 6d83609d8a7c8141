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
        var values = SIMD64<Int16>(repeating: .max)
        var used = 0
        withUnsafeMutableBytes(of: &values) { bytes in
            let lanes = bytes.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: Int16.self)
            for index in place..<max(count, place) {
                let amount = amounts[index]
                // Branch-free: a credit is overwritten by the next debit.
                lanes[used] = Int16(truncatingIfNeeded: amount & Self.codeMask)
                used += amount & Self.creditBit == 0 ? 1 : 0
            }
            if used < 64 { lanes[used] = .max }
        }
        guard used > 0 else { return Quantiles() }
        return Quantiles(
            count: used,
            median: Self.rank((used + 1) / 2, of: values),
            percentile95: Self.rank((used * 95 + 99) / 100, of: values)
        )
    }

    /// The `rank`-th smallest (from 1) of 64 values in 0 … 16,383, by bisection over the bits of the value.
    @inline(__always) private static func rank(_ rank: Int, of values: SIMD64<Int16>) -> Int {
        var value = 0
        var bit = 1 << 13
        while bit > 0 {
            let candidate = Int16(truncatingIfNeeded: value | bit)
            // Fewer than `rank` values lie below the candidate: the answer is at least the candidate.
            let below = SIMD64<Int16>(repeating: 0)
                .replacing(with: SIMD64<Int16>(repeating: 1), where: values .< candidate)
            if Int(below.wrappedSum()) < rank { value |= bit }
            bit >>= 1
        }
        return value
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
