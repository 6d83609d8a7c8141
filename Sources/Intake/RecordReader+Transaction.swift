import Banking

extension RecordReader {
    /// Builds a transaction from the slots.
    /// - Parameters:
    ///   - observedAt: arrival; `nil` takes `observed_at`, or else `effective_at`.
    ///   - latest: the present moment; a transaction later than this and the limit is refused.
    mutating func build(
        template index: Int, observedAt: Timestamp?, latest: Timestamp, into transaction: inout Transaction
    ) -> Failure? {
        transaction = Transaction()
        let plan = self.plan
        let template = plan.templates[index]
        var found = value(.transactionID, template)
        if found.isMissing { return Failure(.missing, .transactionID) }
        if let fault = plainIdentifier(found, .transactionID, into: &transaction.id) { return fault }
        transaction.idHash = transaction.id.withBytes { Digest.digest64($0) }
        found = value(.accountID, template)
        if found.isMissing { return Failure(.missing, .accountID) }
        if let fault = secretIdentifier(found, .accountID, .account, into: &transaction.account) {
            return fault
        }
        if let fault = buildTimes(template, observedAt, latest, &transaction) { return fault }
        if let fault = buildAmount(template, &transaction) { return fault }
        if let fault = buildWords(template, &transaction) { return fault }
        if let fault = buildMerchant(template, &transaction.merchant) { return fault }
        found = value(.cardNumber, template)
        if !found.isMissing, let fault = card(found, into: &transaction.card) { return fault }
        found = value(.counterpartAccountID, template)
        if !found.isMissing,
            let fault = secretIdentifier(
                found, .counterpartAccountID, .counterpart, into: &transaction.counterpartAccount)
        {
            return fault
        }
        found = value(.deviceID, template)
        if !found.isMissing {
            return secretIdentifier(found, .deviceID, .device, into: &transaction.device)
        }
        return nil
    }

    private func buildTimes(
        _ template: RecordPlan.Template, _ observedAt: Timestamp?, _ latest: Timestamp,
        _ transaction: inout Transaction
    ) -> Failure? {
        var found = value(.effectiveAt, template)
        if found.isMissing { return Failure(.missing, .effectiveAt) }
        switch moment(found, template.effectiveAt, latest: latest) {
        case .success(let moment): transaction.effectiveAt = moment
        case .failure(let reason): return Failure(reason, .effectiveAt)
        }
        transaction.observedAt = observedAt ?? transaction.effectiveAt
        found = value(.observedAt, template)
        if !found.isMissing {
            switch moment(found, template.observedAt, latest: latest) {
            case .success(let moment): transaction.observedAt = moment
            case .failure(let reason): return Failure(reason, .observedAt)
            }
        }
        found = value(.accountOpenedAt, template)
        if found.isMissing { return nil }
        switch template.accountOpenedAt.timestamp(found) {
        case .success(let moment):
            if isInTheFuture(moment, latest) { return Failure(.inTheFuture, .accountOpenedAt) }
            transaction.accountOpenedAt = moment
            return nil
        case .failure(let reason): return Failure(reason, .accountOpenedAt)
        }
    }

    /// A moment between 1990 and a little after `latest`.
    func moment(
        _ value: RawValue, _ reading: TimestampReading, latest: Timestamp
    ) -> Result<Timestamp, RejectionReason> {
        let read = reading.timestamp(value)
        guard case .success(let moment) = read else { return read }
        if moment < IntakeLimits.earliest { return .failure(.tooOld) }
        return isInTheFuture(moment, latest) ? .failure(.inTheFuture) : read
    }

    /// Outside moments may be anywhere, so the sum must not overflow.
    private func isInTheFuture(_ moment: Timestamp, _ latest: Timestamp) -> Bool {
        let (bound, overflow) = latest.milliseconds.addingReportingOverflow(futureMilliseconds)
        return !overflow && moment.milliseconds > bound
    }

    private mutating func buildAmount(
        _ template: RecordPlan.Template, _ transaction: inout Transaction
    ) -> Failure? {
        switch money(template) {
        case .success(let money): transaction.amount = money
        case .failure(let fault): return fault
        }
        if let signs = template.signDirections {
            let isNegative = transaction.amount.amountMinor < 0
            transaction.direction = isNegative ? signs.negative : signs.positive
            if isNegative { transaction.amount.amountMinor.negate() }
        }
        let found = value(.balanceAfter, template)
        if found.isMissing { return nil }
        switch minorUnits(found, template.balanceAfter) {
        case .success(let minor): transaction.balanceAfterMinor = minor
        case .failure(let reason): return Failure(reason, .balanceAfter)
        }
        return nil
    }

    /// Amount and currency; the amount is negative only where its sign carries the direction.
    mutating func money(_ template: RecordPlan.Template) -> Result<Money, Failure> {
        var found = value(.currency, template)
        if found.isMissing { return .failure(Failure(.missing, .currency)) }
        guard found.kind == .string else { return .failure(Failure(.wrongType, .currency)) }
        guard let currency = currency(found.bytes) else {
            return .failure(Failure(.unknownCurrency, .currency))
        }
        found = value(.amount, template)
        if found.isMissing { return .failure(Failure(.missing, .amount)) }
        switch minorUnits(found, template.amount) {
        case .success(let minor):
            guard minor >= 0 || template.signDirections != nil else {
                return .failure(Failure(.negative, .amount))
            }
            return .success(Money(amountMinor: minor, currency: currency))
        case .failure(let reason): return .failure(Failure(reason, .amount))
        }
    }

    @inline(__always)
    private func minorUnits(_ value: RawValue, _ reading: DecimalReading) -> Result<Int64, RejectionReason> {
        guard value.kind == .string || value.kind == .number else { return .failure(.wrongType) }
        return reading.minorUnits(
            value.bytes, isNumber: value.kind == .number, minorDigits: lastCurrencyDigits)
    }

    /// Looks up a code and remembers its digits in `lastCurrencyDigits`.
    private mutating func currency(_ code: UnsafeRawBufferPointer) -> Currency? {
        guard code.count == 3 else { return nil }
        let packed = UInt32(code[0]) << 16 | UInt32(code[1]) << 8 | UInt32(code[2])
        if packed == lastCurrency.packed { return lastCurrency }
        guard let currency = Currency(code[0], code[1], code[2]) else { return nil }
        lastCurrency = currency
        lastCurrencyDigits = currency.minorDigits
        return currency
    }

    private func buildWords(_ template: RecordPlan.Template, _ transaction: inout Transaction) -> Failure? {
        var found = value(.direction, template)
        if !found.isMissing {
            switch word(found, Words.directions) {
            case .success(let direction): transaction.direction = direction
            case .failure(let reason): return Failure(reason, .direction)
            }
        }
        found = value(.channel, template)
        if !found.isMissing {
            switch word(found, Words.channels) {
            case .success(let channel): transaction.channel = channel
            case .failure(let reason): return Failure(reason, .channel)
            }
        }
        found = value(.entryMode, template)
        if !found.isMissing {
            switch word(found, Words.entryModes) {
            case .success(let entryMode): transaction.entryMode = entryMode
            case .failure(let reason): return Failure(reason, .entryMode)
            }
        }
        found = value(.authorisationErrors, template)
        if found.isMissing { return nil }
        switch authorisationErrors(found) {
        case .success(let errors): transaction.authorisationErrors = errors
        case .failure(let reason): return Failure(reason, .authorisationErrors)
        }
        return nil
    }

    @inline(__always)
    func word<Value>(_ value: RawValue, _ table: WordTable<Value>) -> Result<Value, RejectionReason> {
        guard value.kind == .string else { return .failure(.wrongType) }
        guard let word = table[value.bytes] else { return .failure(.unknownValue) }
        return .success(word)
    }
}
