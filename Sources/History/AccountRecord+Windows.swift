/// Debits of an account in the five windows that end at a moment, without the transaction at hand.
///
/// Lanes 0 … 4 are 10 minutes, 1 hour, 1 day, 7 days, 30 days; sums in minor units.
struct Windows {
    var counts = SIMD8<Double>(repeating: 0)
    var sums = SIMD8<Double>(repeating: 0)

    @inline(__always) static func seconds(_ lane: Int) -> UInt32 {
        switch lane {
        case 0: 600
        case 1: 3600
        case 2: 86_400
        case 3: 604_800
        default: 2_592_000
        }
    }
}

/// What the ring says about the hour and the day before a moment.
struct RecentPast {
    var distinctMerchants = 0
    var declines = 0
    /// Smallest debit of the hour as a code; `nil` when there was none.
    var smallest: UInt16?
}

extension AccountRecord {
    /// Debits with event time in (now − window, now].
    ///
    /// Exact while the ring reaches back over the window. What is older than a full ring comes from two-day
    /// buckets: a bucket's remaining debits are spread evenly over its part that the ring does not cover.
    func windows(_ now: UInt32, place: Int) -> Windows {
        var result = Windows()
        let ringCount = Int(header.pointee.ringCount)
        var running = (count: 0.0, sum: 0.0)
        var lane = 0
        for index in place..<ringCount {
            let age = now - times[index]
            while lane < 5, age >= Windows.seconds(lane) {
                result.counts[lane] = running.count
                result.sums[lane] = running.sum
                lane += 1
            }
            guard lane < 5 else { return result }
            let amount = amounts[index]
            if amount & Self.creditBit == 0 {
                running.count += 1
                running.sum += LogAmount.amount(Int(amount & Self.codeMask))
            }
        }
        let firstOpenLane = lane
        while lane < 5 {
            result.counts[lane] = running.count
            result.sums[lane] = running.sum
            lane += 1
        }
        if ringCount == Self.ringCapacity {
            addBuckets(now, firstLane: firstOpenLane, to: &result)
        }
        return result
    }

    /// Adds the debits that are older than the oldest of a full ring.
    private func addBuckets(_ now: UInt32, firstLane: Int, to result: inout Windows) {
        let oldest = times[Self.ringCapacity - 1]
        let end = min(now, oldest)
        let newestBucket = Int(header.pointee.bucket)
        let oldestBucket = Int(oldest / Self.bucketSeconds)
        // What the ring holds of the oldest one's bucket must not count twice.
        var inRing = (count: 0.0, sum: 0.0)
        for index in 0..<Self.ringCapacity where Int(times[index] / Self.bucketSeconds) == oldestBucket {
            if amounts[index] & Self.creditBit == 0 {
                inRing.count += 1
                inRing.sum += LogAmount.amount(Int(amounts[index] & Self.codeMask))
            }
        }
        var bucket = min(Int(end / Self.bucketSeconds), newestBucket)
        let last = max(newestBucket - Self.bucketCount + 1, 0)
        while bucket >= last {
            let start = UInt32(bucket) * Self.bucketSeconds
            guard Int(start) + Int(Self.bucketSeconds) > Int(now) - Int(Windows.seconds(4)) else { return }
            var count = Double(bucketCounts[bucket & 15])
            var sum =
                bucket == newestBucket
                ? Double(header.pointee.bucketSum) : LogAmount.sum(bucketSums[bucket & 15])
            // The covered part ends with the bucket or at the ring's oldest.
            var length = Self.bucketSeconds
            if bucket == oldestBucket {
                count -= inRing.count
                sum -= inRing.sum
                length = oldest - start + 1
            }
            if count > 0 {
                sum = max(sum, 0)
                let upper = min(end, start + (length - 1))
                for lane in firstLane..<5 {
                    let window = Windows.seconds(lane)
                    let from = now >= window ? max(now - window + 1, start) : start
                    guard from <= upper else { continue }
                    let share = Double(upper - from + 1) / Double(length)
                    result.counts[lane] += count * share
                    result.sums[lane] += sum * share
                }
            }
            bucket -= 1
        }
    }

    /// Merchants, declines and the smallest debit just before the moment, from the ring.
    func recentPast(_ now: UInt32, place: Int, merchant: UInt8) -> RecentPast {
        var past = RecentPast()
        var seen: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        func meet(_ byte: UInt8) {
            guard byte != 0 else { return }
            let bit = UInt64(1) << UInt64(byte & 63)
            switch byte >> 6 {
            case 0: seen.0 |= bit
            case 1: seen.1 |= bit
            case 2: seen.2 |= bit
            default: seen.3 |= bit
            }
        }
        meet(merchant)
        for index in place..<Int(header.pointee.ringCount) {
            let age = now - times[index]
            guard age < 86_400 else { break }
            let amount = amounts[index]
            if amount & Self.declinedBit != 0 { past.declines += 1 }
            guard age < 3600 else { continue }
            meet(ringMerchants[index])
            if amount & Self.creditBit == 0 {
                past.smallest = min(past.smallest ?? .max, amount & Self.codeMask)
            }
        }
        past.distinctMerchants =
            seen.0.nonzeroBitCount + seen.1.nonzeroBitCount + seen.2.nonzeroBitCount
            + seen.3.nonzeroBitCount
        return past
    }

    /// Counts a debit in its bucket, after the buckets have moved on to the newest time.
    func countInBucket(_ seconds: UInt32, amountMinor: Int64) {
        let bucket = Int(seconds / Self.bucketSeconds)
        let newest = Int(header.pointee.bucket)
        let index = bucket & 15
        if bucketCounts[index] < .max { bucketCounts[index] += 1 }
        if bucket == newest {
            header.pointee.bucketSum += Float(amountMinor)
        } else {
            let sum = LogAmount.sum(bucketSums[index]) + Double(amountMinor)
            bucketSums[index] = LogAmount.sumCode(sum)
        }
    }

    /// Moves the newest bucket up to the one of `seconds`; older times change nothing.
    func advanceBuckets(_ seconds: UInt32) {
        let bucket = Int(seconds / Self.bucketSeconds)
        let newest = Int(header.pointee.bucket)
        guard bucket > newest else { return }
        bucketSums[newest & 15] = LogAmount.sumCode(Double(header.pointee.bucketSum))
        header.pointee.bucketSum = 0
        for passed in max(newest + 1, bucket - Self.bucketCount + 1)...bucket {
            bucketCounts[passed & 15] = 0
            bucketSums[passed & 15] = 0
        }
        header.pointee.bucket = UInt16(truncatingIfNeeded: bucket)
        // e^(−2 days / 30 days) per bucket: shares of money over about the last month.
        var steps = min(bucket - newest, 400)
        while steps > 0 {
            header.pointee.cashSum *= 0.935_507
            header.pointee.gamblingSum *= 0.935_507
            header.pointee.spendSum *= 0.935_507
            steps -= 1
        }
    }
}
