import Banking

/// Writes records as canonical JSON, one object per line, keys as Intake reads them.
public struct CanonicalWriter: Sendable {
    public let world: World
    private var calendar = CalendarDay(0)
    private var openingCalendar = CalendarDay(0)

    public init(world: World) { self.world = world }

    /// Appends one transaction without a line end (the value of a Kafka record; its key is `accountID`).
    public mutating func append(_ transaction: SimulatedTransaction, to output: inout [UInt8]) {
        RecordBytes.append(to: &output) { put(transaction, into: &$0) }
    }

    /// Appends transactions as JSON Lines.
    public mutating func append(lines transactions: [SimulatedTransaction], to output: inout [UInt8]) {
        for transaction in transactions {
            RecordBytes.append(to: &output) {
                put(transaction, into: &$0)
                $0.put(byte: 10)
            }
        }
    }

    /// Appends one label without a line end.
    public mutating func append(_ label: SimulatedLabel, to output: inout [UInt8]) {
        RecordBytes.append(to: &output) { put(label, into: &$0) }
    }

    /// Appends labels as JSON Lines.
    public mutating func append(lines labels: [SimulatedLabel], to output: inout [UInt8]) {
        for label in labels {
            RecordBytes.append(to: &output) {
                put(label, into: &$0)
                $0.put(byte: 10)
            }
        }
    }

    /// Appends credit outcomes as JSON Lines: account_id, outcome, effective_at, income_lost_at,
    /// balance, returned_debits.
    public mutating func append(lines outcomes: [CreditOutcome], to output: inout [UInt8]) {
        for outcome in outcomes {
            RecordBytes.append(to: &output) { bytes in
                bytes.put("{\"account_id\":\"")
                bytes.put(account: outcome.account)
                bytes.put("\",\"outcome\":\"default\",\"effective_at\":\"")
                bytes.put(seconds: outcome.defaultedAt.seconds, calendar: &calendar)
                if let lost = outcome.incomeLostAt {
                    bytes.put("\",\"income_lost_at\":\"")
                    bytes.put(seconds: lost.seconds, calendar: &calendar)
                }
                bytes.put("\",\"balance\":")
                bytes.put(cents: outcome.balanceMinor)
                bytes.put(",\"returned_debits\":")
                bytes.put(digits: UInt64(max(outcome.returnedDebits, 0)), width: 1)
                bytes.put("}\n")
            }
        }
    }

    private mutating func put(_ transaction: SimulatedTransaction, into bytes: inout RecordBytes) {
        bytes.put("{\"transaction_id\":\"")
        bytes.put(transaction: transaction.number)
        bytes.put("\",\"account_id\":\"")
        bytes.put(account: transaction.account)
        if let generation = transaction.cardGeneration {
            bytes.put("\",\"card_number\":\"")
            bytes.put(card: transaction.account, generation: generation)
        }
        bytes.put("\",\"effective_at\":\"")
        bytes.put(seconds: transaction.effectiveSeconds, calendar: &calendar)
        bytes.put("\",\"amount\":")
        bytes.put(cents: transaction.amountMinor)
        bytes.put(",\"currency\":\"EUR\",\"direction\":")
        bytes.put(transaction.direction == .debit ? "\"debit\"" : "\"credit\"")
        bytes.put(Self.channels[Int(transaction.channel.rawValue)])
        if let mode = transaction.entryMode { bytes.put(Self.entryModes[Int(mode.rawValue)]) }
        if transaction.merchant >= 0 { bytes.put(world.fragments[Int(transaction.merchant)]) }
        if transaction.counterpart != 0 {
            bytes.put(",\"counterpart_account_id\":\"")
            bytes.put(counterpart: transaction.counterpart)
            bytes.put(byte: 34)
        }
        if transaction.device != 0 {
            bytes.put(",\"device_id\":\"")
            bytes.put(device: transaction.device)
            bytes.put(byte: 34)
        }
        bytes.put(",\"balance_after\":")
        bytes.put(cents: transaction.balanceAfterMinor)
        if !transaction.errors.isEmpty { put(transaction.errors, into: &bytes) }
        bytes.put(",\"account_opened_at\":\"")
        bytes.put(seconds: Int64(transaction.accountOpenedDay) * 86_400, calendar: &openingCalendar)
        bytes.put("\"}")
    }

    private func put(_ errors: AuthorisationErrors, into bytes: inout RecordBytes) {
        bytes.put(",\"authorisation_errors\":[")
        var isFirst = true
        for (name, error) in AuthorisationErrors.names where errors.contains(error) {
            if !isFirst { bytes.put(byte: 44) }
            isFirst = false
            bytes.put(Array(("\"" + name + "\"").utf8))
        }
        bytes.put(byte: 93)
    }

    private mutating func put(_ label: SimulatedLabel, into bytes: inout RecordBytes) {
        bytes.put("{\"transaction_id\":\"")
        bytes.put(transaction: label.transaction)
        bytes.put("\",\"account_id\":\"")
        bytes.put(account: label.account)
        if label.merchant >= 0 {
            bytes.put("\",\"merchant_id\":\"")
            bytes.put(Array(world.merchants[Int(label.merchant)].id.utf8))
        }
        if label.counterpart != 0 {
            bytes.put("\",\"counterpart_account_id\":\"")
            bytes.put(counterpart: label.counterpart)
        }
        bytes.put("\",\"effective_at\":\"")
        bytes.put(seconds: label.effectiveSeconds, calendar: &calendar)
        bytes.put("\",\"amount\":")
        bytes.put(cents: label.amountMinor)
        bytes.put(",\"currency\":\"EUR\"")
        bytes.put(label.outcome == .fraud ? ",\"outcome\":\"fraud\"" : ",\"outcome\":\"genuine\"")
        bytes.put(",\"known_at\":\"")
        bytes.put(seconds: label.knownSeconds, calendar: &openingCalendar)
        bytes.put("\",\"scenario\":")
        bytes.put(digits: UInt64(label.scenario?.rawValue ?? 0), width: 1)
        bytes.put(byte: 125)
    }

    /// By raw value; index 0 is no channel.
    private static let channels: [[UInt8]] =
        [[]] + Channel.allCases.map { Array(",\"channel\":\"\($0.name)\"".utf8) }
    private static let entryModes: [[UInt8]] =
        [[]] + EntryMode.allCases.map { Array(",\"entry_mode\":\"\($0.name)\"".utf8) }
}
