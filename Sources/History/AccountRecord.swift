import Banking

/// The scalar part of an account's record; its order is the layout, without padding (88 bytes).
struct AccountHeader {
    var key: Pseudonym
    /// Event time of the earliest counted transaction, seconds since 1970.
    var firstSeconds: UInt32
    /// Mean and variance of the natural log of debits in minor units, half-life 30 debits, in arrival order.
    var logMean: Float
    var logVariance: Float
    /// The same mean with half-life 4.
    var shortMean: Float
    /// Share of debits at night, half-life 30 debits.
    var nightShare: Float
    /// Last place of a transaction made in person, degrees; meaningless while `placedSeconds` is 0.
    var latitude: Float
    var longitude: Float
    var placedSeconds: UInt32
    /// Sum of debits in the newest two-day bucket, minor units.
    var bucketSum: Float
    /// Debited money, decayed by e^(−1/15) for every two days: in cash, on gambling, in all; minor units.
    var cashSum: Float
    var gamblingSum: Float
    var spendSum: Float
    /// Last reported balance in minor units; NaN when none was reported.
    var balance: Float
    /// Bit i: the balance was below 0 at some time on the day i days before the newest transaction's.
    var overdraftDays: UInt32
    /// Event time of the last income credit; 0 when there was none.
    var incomeSeconds: UInt32
    /// `LogAmount` code of the usual income.
    var incomeLevel: UInt16
    /// 0 unknown, else 1 + 65,534 × regularity.
    var incomeRegularity: UInt16
    /// Number of the newest two-day bucket since 1970.
    var bucket: UInt16
    /// Lower 16 bits of the partition that brought the account's newest transaction.
    var partition: UInt16
    var ringCount: UInt8
    var idCount: UInt8
    var amountCount: UInt8
    /// Bit per channel seen.
    var channels: UInt8
}

/// One account's state: 496 bytes of plain data in a chunk of a `RecordTable`.
///
/// SAFETY: a view of memory that its table owns, used on the historian's thread only. All columns lie at
/// fixed
/// offsets inside the record and are aligned for their element.
struct AccountRecord {
    static let byteCount = 496
    /// Newest transactions known exactly, by event time.
    static let ringCapacity = 13
    /// Newest amounts known, by event time.
    static let amountCapacity = 60
    static let bucketCount = 16
    static let bucketSeconds: UInt32 = 172_800
    static let merchantCapacity = 20
    static let categoryCapacity = 10
    static let countryCapacity = 3
    static let deviceCapacity = 3
    static let returnedCapacity = 4
    static let timesOffset = 352

    /// Bits of an amount's 16 bits above its 14-bit code.
    static let creditBit: UInt16 = 0x8000
    static let declinedBit: UInt16 = 0x4000
    static let codeMask: UInt16 = 0x3FFF

    let base: UnsafeMutableRawPointer

    @inline(__always) var header: UnsafeMutablePointer<AccountHeader> {
        base.assumingMemoryBound(to: AccountHeader.self)
    }
    @inline(__always) private func column<T>(_ offset: Int, of type: T.Type) -> UnsafeMutablePointer<T> {
        (base + offset).assumingMemoryBound(to: type)
    }
    /// Debits per two-day bucket, at index bucket & 15.
    @inline(__always) var bucketCounts: UnsafeMutablePointer<UInt16> { column(88, of: UInt16.self) }
    /// `LogAmount.sumCode` of the debits per bucket; the newest bucket's sum is `bucketSum`.
    @inline(__always) var bucketSums: UnsafeMutablePointer<UInt16> { column(120, of: UInt16.self) }
    /// Days since 1970 of the last returned direct debits, newest first by arrival.
    @inline(__always) var returnedDays: UnsafeMutablePointer<UInt16> { column(152, of: UInt16.self) }
    /// Last distinct merchants, newest first: 12 bits of fingerprint, 4 of visits; 0 is none.
    @inline(__always) var merchants: UnsafeMutablePointer<UInt16> { column(160, of: UInt16.self) }
    /// Last distinct category codes, newest first; 0 is none.
    @inline(__always) var categories: UnsafeMutablePointer<UInt16> { column(200, of: UInt16.self) }
    @inline(__always) var countries: UnsafeMutablePointer<UInt16> { column(220, of: UInt16.self) }
    /// Fingerprints of the last distinct devices, newest first; 0 is none.
    @inline(__always) var devices: UnsafeMutablePointer<UInt16> { column(226, of: UInt16.self) }
    /// Amounts newest first by event time; entry i < `ringCount` belongs to `times[i]`.
    @inline(__always) var amounts: UnsafeMutablePointer<UInt16> { column(232, of: UInt16.self) }
    /// Event times in seconds, newest first.
    @inline(__always) var times: UnsafeMutablePointer<UInt32> { column(Self.timesOffset, of: UInt32.self) }
    /// Lower 32 and next 16 bits of the last transactions' `idHash`, newest first by arrival.
    @inline(__always) var idLows: UnsafeMutablePointer<UInt32> { column(404, of: UInt32.self) }
    @inline(__always) var idHighs: UnsafeMutablePointer<UInt16> { column(456, of: UInt16.self) }
    /// A byte of the merchant's digest per ring entry; 0 is none.
    @inline(__always) var ringMerchants: UnsafeMutablePointer<UInt8> { column(482, of: UInt8.self) }

    /// Debits counted so far, up to 255.
    @inline(__always) var debitsSeen: UInt8 {
        get { base.load(fromByteOffset: 495, as: UInt8.self) }
        nonmutating set { base.storeBytes(of: newValue, toByteOffset: 495, as: UInt8.self) }
    }

    /// Makes an all-zero record one of an account without history.
    func begin(_ moment: Moment) {
        header.pointee.balance = .nan
        header.pointee.firstSeconds = moment.seconds
        header.pointee.bucket = UInt16(moment.seconds / Self.bucketSeconds)
    }

    /// Event time of the newest counted transaction; 0 when there is none.
    @inline(__always) var newestSeconds: UInt32 { header.pointee.ringCount == 0 ? 0 : times[0] }

    /// Whether the id is among the last `ringCapacity` transactions counted, by 48 bits of its hash.
    ///
    /// A stranger is taken for a duplicate with probability 13 / 2^48 ≈ 4.6e-14.
    @inline(__always) func isDuplicate(_ idHash: UInt64) -> Bool {
        let low = UInt32(truncatingIfNeeded: idHash)
        let high = UInt16(truncatingIfNeeded: idHash >> 32)
        for index in 0..<Int(header.pointee.idCount) where idLows[index] == low && idHighs[index] == high {
            return true
        }
        return false
    }

    /// Number of ring entries that are newer than the moment: where an event of that time belongs.
    @inline(__always) func place(_ seconds: UInt32) -> Int {
        var place = 0
        let count = Int(header.pointee.ringCount)
        while place < count, times[place] > seconds { place += 1 }
        return place
    }
}

/// The time of a transaction as the history uses it: whole seconds from 1970 to 2106, others brought to the
/// ends.
struct Moment {
    let seconds: UInt32

    @inline(__always) init(_ timestamp: Timestamp) {
        seconds = UInt32(min(max(timestamp.milliseconds, 0), Int64(UInt32.max) * 1000) / 1000)
    }
    @inline(__always) var hour: Int32 { Int32(seconds / 3600) }
    @inline(__always) var day: UInt32 { seconds / 86_400 }
    @inline(__always) var secondOfDay: UInt32 { seconds % 86_400 }
    /// 0:00 to 5:59 UTC.
    @inline(__always) var isNight: Bool { secondOfDay < 6 * 3600 }
    /// 1 = Monday … 7 = Sunday; 1970-01-01 was a Thursday.
    @inline(__always) var weekday: UInt32 { (day + 3) % 7 + 1 }
}
