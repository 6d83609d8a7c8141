import Banking

/// Everything that the history knows, and the one place where facts are computed.
///
/// One thread at a time owns a historian: it reads transactions in order of arrival, and each reading gives
/// the
/// facts of that transaction from what came before it. Time is event time throughout; no clock is asked.
///
/// - **Late and out of order.** A transaction whose event time lies before others of its account uses only
///   those that
///   are not newer than itself, wherever the state can tell (ring, buckets, lists of times); running means
///   take it in
///   order of arrival. More than 30 days behind its account's newest it is scored but not counted.
/// - **Duplicates.** A `transaction_id` among the last 13 counted of its account is not counted again.
/// - **Counterparts.** Facts come from hours that are sealed for the reading transaction's own time, and
///   confirmed
///   frauds from labels known at that time: partitions may interleave in any way within the grace.
///
/// SAFETY (`@unchecked Sendable`): it may be handed from thread to thread, never used by two at once.
public final class Historian: @unchecked Sendable {
    public internal(set) var configuration: HistoryConfiguration
    let accounts = RecordTable(recordBytes: AccountRecord.byteCount)
    let counterparts = RecordTable(recordBytes: CounterpartRecord.byteCount)
    var frauds = FraudPool()
    /// What a running snapshot has copied.
    var pieces: PieceWriter?
    /// Currency of the last transaction and 10^digits, to look the digits up once per change.
    private var scaleCurrency = Currency(packed: 0)
    private var scale = 100.0
    /// Scratch of one reading: bounds of the counterpart's windows in hours, and the counts from each on.
    private let bounds = UnsafeMutablePointer<Int32>.allocate(capacity: 8)
    private let counts = UnsafeMutablePointer<Double>.allocate(capacity: 8)

    public init(configuration: HistoryConfiguration = HistoryConfiguration()) {
        self.configuration = configuration
    }

    deinit {
        bounds.deallocate()
        counts.deallocate()
    }

    /// What became of a transaction.
    public enum Standing: UInt8, Sendable {
        /// Its facts are computed and it counts for those that follow.
        case counted
        /// Its facts are computed; it is more than 30 days behind its account's newest and does not count.
        case late
        /// It was counted before. The row holds only the facts of the transaction itself (`amount` …
        /// `weekday`).
        case duplicate
    }

    /// Computes the facts of a transaction from what came before it, then counts it.
    /// - Parameters:
    ///   - transaction: any valid transaction; times outside 1970 … 2106 are brought to the ends.
    ///   - partition: where it came from; its account's state belongs to that partition.
    ///   - row: overwritten with the facts, see `Fact.definition`.
    @discardableResult
    public func read(
        _ transaction: borrowing Transaction, partition: Int32, into row: inout FactRow
    ) -> Standing {
        let moment = Moment(transaction.effectiveAt)
        row = FactRow()
        if transaction.amount.currency != scaleCurrency { rescale(transaction.amount.currency) }
        writeItself(transaction, moment, scale: scale, into: &row)

        let (base, isFresh) = accounts.findOrInsert(transaction.account)
        let account = AccountRecord(base: base)
        if isFresh { account.begin(moment) }
        if account.isDuplicate(transaction.idHash) { return .duplicate }
        let newest = account.newestSeconds
        let isLate = moment.seconds < newest && newest - moment.seconds > 2_592_000

        MerchantWords.write(transaction.merchant.name, into: &row)
        let reading = AccountReading(transaction, moment, of: account, scale: scale)
        reading.writeFacts(transaction, into: &row)
        let counterpart = transaction.counterpart
        if isLate {
            if let found = counterparts.find(counterpart), !counterpart.isNone {
                writeCounterpart(CounterpartRecord(base: found), moment, into: &row)
            }
            return .late
        }
        if !counterpart.isNone {
            let record = CounterpartRecord(base: counterparts.findOrInsert(counterpart).record)
            writeCounterpart(record, moment, into: &row)
            record.count(moment.seconds, grace: configuration.sealGraceSeconds)
        }
        reading.count(transaction, partition: partition)
        return .counted
    }

    /// Takes an outcome. It may arrive before or after its transaction and in any order: facts use it from
    /// its
    /// `knownAt` on, and only in windows that end `labelDelaySeconds` before the reading transaction.
    ///
    /// Only frauds of a named counterpart enter facts; a repeated label counts once.
    /// - Returns: whether the label is new to the facts.
    @discardableResult
    public func learn(_ label: Label) -> Bool {
        guard label.outcome == .fraud, !label.counterpart.isNone else { return false }
        let record = CounterpartRecord(base: counterparts.findOrInsert(label.counterpart).record)
        let entry = FraudPool.Entry(
            next: 0,
            eventSeconds: Moment(label.effectiveAt).seconds,
            knownSeconds: Self.roundedUp(label.knownAt),
            idHash: UInt32(truncatingIfNeeded: label.transactionIDHash),
            count: 1,
            amount: label.amount.map { UInt32(LogAmount.code(natural: LogAmount.natural($0.amountMinor))) }
                ?? FraudPool.Entry.unknownAmount
        )
        return frauds.add(entry, to: record)
    }

    /// Accounts with at least one transaction read.
    public var accountCount: Int { accounts.count }
    /// Counterparts met in transactions or labels.
    public var counterpartCount: Int { counterparts.count }
    /// Memory held by records, indexes and labels; the resident size is at most this plus the allocator's
    /// own.
    public var allocatedBytes: Int {
        accounts.allocatedBytes + counterparts.allocatedBytes
            + frauds.entries.capacity * MemoryLayout<FraudPool.Entry>.stride
    }

    // MARK: - Parts

    private func rescale(_ currency: Currency) {
        scaleCurrency = currency
        scale = 1
        for _ in 0..<currency.minorDigits { scale *= 10 }
    }

    /// A label known at 12:00:00.5 is not known at 12:00:00.
    private static func roundedUp(_ timestamp: Timestamp) -> UInt32 {
        let milliseconds = min(max(timestamp.milliseconds, 0), Int64(UInt32.max) * 1000 - 999)
        return UInt32((milliseconds + 999) / 1000)
    }

    /// The facts of the transaction itself, which need no history.
    private func writeItself(
        _ transaction: borrowing Transaction, _ moment: Moment, scale: Double, into row: inout FactRow
    ) {
        row[number: .amount] = Float(Double(transaction.amount.amountMinor) / scale)
        row[code: .currency] = transaction.amount.currency.packed
        row[code: .direction] = UInt32(transaction.direction.rawValue)
        row[code: .channel] = UInt32(transaction.channel?.rawValue ?? 0)
        row[code: .entryMode] = UInt32(transaction.entryMode?.rawValue ?? 0)
        row[code: .merchantCategory] = UInt32(transaction.merchant.categoryCode)
        row[code: .merchantCountry] = UInt32(transaction.merchant.country)
        row[code: .authorisationErrors] = UInt32(transaction.authorisationErrors.rawValue)
        row[number: .hour] = Float(Double(moment.secondOfDay) / 3600)
        row[code: .weekday] = moment.weekday
    }

    /// Counterpart facts as of the moment, from sealed hours and known labels.
    private func writeCounterpart(_ record: CounterpartRecord, _ moment: Moment, into row: inout FactRow) {
        let end = CounterpartRecord.sealedEnd(moment.seconds, grace: configuration.sealGraceSeconds)
        let delayedEnd = min(
            end, Int32(max(Int64(moment.seconds) - configuration.labelDelaySeconds, 0) / 3600))
        for lane in 0..<4 {
            let window: Int32 = lane == 0 ? 0 : lane == 1 ? 24 : lane == 2 ? 168 : 720
            bounds[lane] = end - window
            bounds[lane + 4] = delayedEnd - window
        }
        record.writeCounts(from: bounds, to: counts)
        row[number: .counterpartCount1d] = Float(counts[1] - counts[0])
        row[number: .counterpartCount7d] = Float(counts[2] - counts[0])
        row[number: .counterpartCount30d] = Float(counts[3] - counts[0])
        if record.isSeen, Int32(record.header.pointee.firstSeconds / 3600) < end {
            let age = Double(moment.seconds) - Double(record.header.pointee.firstSeconds)
            row[number: .counterpartAgeDays] = Float(age / 86_400)
        }
        let known = frauds.known(
            record, now: moment.seconds,
            from: SIMD4(delayedEnd - 24, delayedEnd - 168, delayedEnd - 720, delayedEnd - 720),
            end: delayedEnd)
        row[number: .counterpartFraudShare1d] = Self.share(known.counts[0], of: counts[5] - counts[4])
        row[number: .counterpartFraudShare7d] = Self.share(known.counts[1], of: counts[6] - counts[4])
        row[number: .counterpartFraudShare30d] = Self.share(known.counts[2], of: counts[7] - counts[4])
        row[number: .counterpartFrauds30d] = Float(known.counts[2])
        row[number: .counterpartSmallestFraud30d] = amount(known.smallest)
        row[number: .counterpartLatestFraud30d] = amount(known.latest)
        let run = record.header.pointee.frauds == 0 ? nil
            : frauds.run(record, now: moment.seconds, end: delayedEnd, later: counts[4])
        row[number: .counterpartFraudRun] = Float(run?.length ?? 0)
        if let run {
            row[number: .counterpartFraudRunDays] = Float(Double(moment.seconds - run.firstSeconds) / 86_400)
        }
    }

    /// Major units of the reading transaction's currency; NaN when unknown.
    private func amount(_ code: UInt32) -> Float {
        code == FraudPool.Entry.unknownAmount ? .nan : Float(LogAmount.amount(Int(code)) / scale)
    }

    /// NaN where there was nothing to share; at most 1 where labels outnumber the transactions seen.
    private static func share(_ frauds: Int32, of count: Double) -> Float {
        let whole = max(count, Double(frauds))
        return whole > 0.001 ? Float(Double(frauds) / whole) : .nan
    }
}
