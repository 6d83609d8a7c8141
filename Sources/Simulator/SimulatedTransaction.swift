import Banking

/// One record of the synthetic bank with the truth about it; `CanonicalWriter` turns it into bytes.
///
/// A plain value: identifiers are numbers here and become text in the `…ID` properties and in JSON.
public struct SimulatedTransaction: Sendable, Equatable {
    /// Unique within a run.
    public var number: UInt64
    /// Account number from 0.
    public var account: UInt32
    /// Whole seconds since 1970, UTC.
    public var effectiveSeconds: Int64
    /// Euro cents, never negative.
    public var amountMinor: Int64
    /// Euro cents after this transaction; unchanged by a refused one.
    public var balanceAfterMinor: Int64
    /// Index into `World.merchants`, −1 for none.
    public var merchant: Int32
    /// 0 for none.
    public var counterpart: UInt64
    /// 0 for none.
    public var device: UInt64
    /// Day number (since 1970) on which the account was opened.
    public var accountOpenedDay: Int32
    public var direction: Direction
    public var channel: Channel
    public var entryMode: EntryMode?
    public var errors: AuthorisationErrors
    /// How many cards the account had before the one in use; `nil` when no card took part.
    public var cardGeneration: UInt8?
    /// The truth: `nil` for genuine transactions. Never part of the canonical record.
    public var scenario: FraudScenario?

    public var effectiveAt: Timestamp { Timestamp(seconds: effectiveSeconds) }
    public var transactionID: String { Self.identifier(number) }
    /// The identifier of the transaction with a number.
    public static func identifier(_ number: UInt64) -> String {
        RecordBytes.text { $0.put(transaction: number) }
    }
    public var accountID: String { RecordBytes.text { $0.put(account: account) } }
    /// Sixteen digits that pass the Luhn check, under the unassigned prefix 999999; `nil` without a card.
    public var cardNumber: String? {
        cardGeneration.map { generation in
            RecordBytes.text { $0.put(card: account, generation: generation) }
        }
    }
    public var counterpartAccountID: String? {
        counterpart == 0 ? nil : RecordBytes.text { $0.put(counterpart: counterpart) }
    }
    public var deviceID: String? {
        device == 0 ? nil : RecordBytes.text { $0.put(device: device) }
    }
}

/// What the bank learns about a transaction, and when.
public struct SimulatedLabel: Sendable, Equatable {
    public var transaction: UInt64
    public var account: UInt32
    /// As in `SimulatedTransaction`.
    public var merchant: Int32
    public var counterpart: UInt64
    public var effectiveSeconds: Int64
    public var knownSeconds: Int64
    public var amountMinor: Int64
    public var outcome: Label.Outcome
    /// `nil` for genuine transactions and for false reports.
    public var scenario: FraudScenario?

    public var effectiveAt: Timestamp { Timestamp(seconds: effectiveSeconds) }
    public var knownAt: Timestamp { Timestamp(seconds: knownSeconds) }
    public var transactionID: String { RecordBytes.text { $0.put(transaction: transaction) } }
    public var accountID: String { RecordBytes.text { $0.put(account: account) } }

    init(of transaction: SimulatedTransaction, outcome: Label.Outcome, knownSeconds: Int64) {
        self.transaction = transaction.number
        account = transaction.account
        merchant = transaction.merchant
        counterpart = transaction.counterpart
        effectiveSeconds = transaction.effectiveSeconds
        self.knownSeconds = knownSeconds
        amountMinor = transaction.amountMinor
        self.outcome = outcome
        scenario = transaction.scenario
    }
}

extension SimulatedTransaction {
    /// The truth as a label known at once: for measuring detection, never for training.
    /// - Returns: `nil` for a genuine transaction.
    public var truth: SimulatedLabel? {
        scenario == nil
            ? nil : SimulatedLabel(of: self, outcome: .fraud, knownSeconds: effectiveSeconds)
    }
}

/// An account that defaulted: three or more returned debits and thirty or more days overdrawn.
///
/// A ground truth of its own, never mixed with the fraud labels.
public struct CreditOutcome: Sendable, Equatable {
    public var account: UInt32
    /// Midnight UTC at the end of the day of default.
    public var defaultedAt: Timestamp
    /// When the income was lost (it may have come back too late); `nil` where it never was.
    public var incomeLostAt: Timestamp?
    public var balanceMinor: Int64
    public var returnedDebits: Int

    public var accountID: String { RecordBytes.text { $0.put(account: account) } }
}
