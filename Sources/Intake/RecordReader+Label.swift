import Banking

extension RecordReader {
    /// The label that stands in the same record as a transaction, or `nil` when the outcome is empty.
    func label(
        template index: Int, of transaction: borrowing Transaction, latest: Timestamp
    ) -> Result<Label?, Failure> {
        let template = plan.templates[index]
        var label = Label()
        label.transactionID = transaction.id
        label.transactionIDHash = transaction.idHash
        label.account = transaction.account
        label.counterpart = transaction.counterpart
        label.effectiveAt = transaction.effectiveAt
        label.amount = transaction.amount
        if value(.outcome, template).isMissing { return .success(nil) }
        if let fault = finish(&label, template, latest: latest) { return .failure(fault) }
        return .success(label)
    }

    /// A label record of its own.
    mutating func buildLabel(latest: Timestamp, into label: inout Label) -> Failure? {
        label = Label()
        let template = plan.templates[0]
        var found = value(.transactionID, template)
        if found.isMissing { return Failure(.missing, .transactionID) }
        if let fault = plainIdentifier(found, .transactionID, into: &label.transactionID) { return fault }
        label.transactionIDHash = label.transactionID.withBytes { Digest.digest64($0) }
        found = value(.accountID, template)
        if found.isMissing { return Failure(.missing, .accountID) }
        if let fault = secretIdentifier(found, .accountID, .account, into: &label.account) { return fault }
        found = value(.effectiveAt, template)
        if found.isMissing { return Failure(.missing, .effectiveAt) }
        switch moment(found, template.effectiveAt, latest: latest) {
        case .success(let moment): label.effectiveAt = moment
        case .failure(let reason): return Failure(reason, .effectiveAt)
        }
        if value(.outcome, template).isMissing { return Failure(.missing, .outcome) }
        if let fault = buildCounterpart(template, &label) { return fault }
        if !(value(.amount, template).isMissing && value(.currency, template).isMissing) {
            switch money(template) {
            case .success(let money): label.amount = money
            case .failure(let fault): return fault
            }
        }
        return finish(&label, template, latest: latest)
    }

    /// The same choice as `Transaction.counterpart`: the account before the merchant.
    private func buildCounterpart(_ template: RecordPlan.Template, _ label: inout Label) -> Failure? {
        var found = value(.counterpartAccountID, template)
        if !found.isMissing {
            return secretIdentifier(found, .counterpartAccountID, .counterpart, into: &label.counterpart)
        }
        found = value(.merchantID, template)
        if found.isMissing { return nil }
        var id = FixedText<32>()
        if let fault = plainIdentifier(found, .merchantID, into: &id) { return fault }
        label.counterpart = id.withBytes { Digest.digest128($0) }
        return nil
    }

    /// Outcome, moment of knowledge and scenario.
    private func finish(
        _ label: inout Label, _ template: RecordPlan.Template, latest: Timestamp
    ) -> Failure? {
        let outcome = value(.outcome, template)
        guard outcome.kind != .array, outcome.kind != .object else { return Failure(.wrongType, .outcome) }
        let word = Words.outcomes[outcome.bytes]
            ?? (plan.isLenient ? Words.columnOutcomes[outcome.bytes] : nil)
        guard let word else { return Failure(.unknownValue, .outcome) }
        label.outcome = word
        let known = value(.knownAt, template)
        if !known.isMissing {
            switch moment(known, template.knownAt, latest: latest) {
            case .success(let moment): label.knownAt = moment
            case .failure(let reason): return Failure(reason, .knownAt)
            }
            guard label.knownAt >= label.effectiveAt else { return Failure(.outOfRange, .knownAt) }
        } else if let delay = template.labelDelaySeconds {
            label.knownAt = label.effectiveAt.adding(seconds: delay)
        } else {
            return Failure(.missing, .knownAt)
        }
        let scenario = value(.scenario, template)
        if scenario.isMissing { return nil }
        guard scenario.kind == .string || scenario.kind == .number else {
            return Failure(.wrongType, .scenario)
        }
        let number = UInt(String(decoding: scenario.bytes.prefix(20), as: UTF8.self))
        guard let number else { return Failure(.notANumber, .scenario) }
        guard number <= 255 else { return Failure(.outOfRange, .scenario) }
        label.scenario = UInt8(number)
        return nil
    }
}
