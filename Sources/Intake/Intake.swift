import Banking

/// Bytes to transactions: the only door through which records come in.
///
/// One per thread, no locks; nothing is allocated for a good record. Account, card, counterpart and device
/// identifiers leave as pseudonyms, card numbers in texts are masked.
///
/// ```swift
/// var intake = Intake(mapping: mapping, pseudonymiser: Pseudonymiser(key: key))
/// var transaction = Transaction()
/// if let rejection = intake.read(bytes, observedAt: arrival, into: &transaction) { … }
/// ```
public struct Intake: ~Copyable {
    public let mapping: FieldMapping?
    public let limits: IntakeLimits
    var reader: RecordReader
    private var unfolded: [IntakeOutcome] = []

    /// - Parameters:
    ///   - mapping: `nil` reads canonical JSON, and CSV whose header has the canonical names.
    ///   - pseudonymiser: this reader's own.
    public init(
        mapping: FieldMapping? = nil, pseudonymiser: consuming Pseudonymiser,
        limits: IntakeLimits = IntakeLimits()
    ) {
        self.mapping = mapping
        self.limits = limits
        reader = RecordReader(
            plan: mapping?.plan ?? .canonical, pseudonymiser: pseudonymiser, limits: limits)
    }

    /// How many transactions one record gives; `read(_:observedAt:into:)` needs 1.
    public var transactionsPerRecord: Int { reader.plan.templates.count }

    /// Reads one JSON record.
    /// - Parameters:
    ///   - bytes: the record; used only during the call. Empty bytes are a tombstone.
    ///   - observedAt: when it arrived. It stands in the transaction unless the record has `observed_at`, and
    ///     a transaction later than it by more than `limits.futureSeconds` is refused.
    ///   - transaction: overwritten; undefined after a rejection.
    /// - Returns: `nil` for a good record.
    /// - Precondition: `transactionsPerRecord == 1`; use `readEach` with a mapping that unfolds.
    public mutating func read(
        _ bytes: UnsafeRawBufferPointer, observedAt: Timestamp, into transaction: inout Transaction
    ) -> Rejection? {
        precondition(transactionsPerRecord == 1, "a mapping that unfolds needs readEach")
        if let failure = reader.scanJSON(bytes) { return failure.rejection }
        return reader.build(
            template: 0, observedAt: observedAt, latest: observedAt, into: &transaction)?.rejection
    }

    /// Reads one JSON record of any mapping: gives all of its transactions in the mapping's order, or a
    /// rejection and none of them.
    public mutating func readEach(
        _ bytes: UnsafeRawBufferPointer, observedAt: Timestamp,
        _ body: (borrowing Transaction, Label?) throws -> Void
    ) rethrows -> Rejection? {
        if let failure = reader.scanJSON(bytes) ?? buildAll(observedAt: observedAt, latest: observedAt) {
            return failure.rejection
        }
        for outcome in unfolded {
            if case .transaction(let transaction, let label) = outcome { try body(transaction, label) }
        }
        return nil
    }

    /// Builds what the scanned record gives into `unfolded`.
    mutating func buildAll(observedAt: Timestamp?, latest: Timestamp) -> Failure? {
        unfolded.removeAll(keepingCapacity: true)
        var transaction = Transaction()
        for index in 0..<transactionsPerRecord {
            let fault = reader.build(
                template: index, observedAt: observedAt, latest: latest, into: &transaction)
            if let fault { return fault }
            switch reader.label(template: index, of: transaction, latest: latest) {
            case .success(let label): unfolded.append(.transaction(transaction, label))
            case .failure(let fault): return fault
            }
        }
        return nil
    }

    /// Hands out what `buildAll` has built.
    func deliverAll(_ row: Int64, _ body: (Int64, IntakeOutcome) throws -> Void) rethrows {
        for outcome in unfolded { try body(row, outcome) }
    }
}

/// What one record of a file became.
public enum IntakeOutcome {
    case transaction(Transaction, Label?)
    /// The record is lent for the duration of the call.
    case rejection(Rejection, record: UnsafeRawBufferPointer)

    public var transaction: Transaction? {
        switch self {
        case .transaction(let transaction, _): transaction
        case .rejection: nil
        }
    }

    public var label: Label? {
        switch self {
        case .transaction(_, let label): label
        case .rejection: nil
        }
    }

    public var rejection: Rejection? {
        switch self {
        case .transaction: nil
        case .rejection(let rejection, _): rejection
        }
    }
}
