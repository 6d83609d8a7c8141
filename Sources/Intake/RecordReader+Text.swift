import Banking

extension RecordReader {
    /// Whether a value can stand as an identifier of at most `maximum` bytes.
    @inline(__always)
    func identifierFault(_ value: RawValue, maximum: Int) -> RejectionReason? {
        if value.kind != .string {
            guard value.kind == .number, plan.isLenient else { return .wrongType }
            guard value.bytes.allSatisfy({ $0 &- 48 <= 9 }) else { return .wrongType }
        }
        guard value.count <= maximum else { return .tooLong }
        var smallest: UInt8 = 0xFF
        var isDelete = false
        for byte in value.bytes {
            smallest = min(smallest, byte)
            isDelete = isDelete || byte == 0x7F
        }
        if smallest >= 0x20, !isDelete { return nil }
        return smallest == 0 ? .nullCharacter : .controlCharacter
    }

    /// An identifier that is kept as it is: checked for card numbers.
    @inline(__always)
    func plainIdentifier<let capacity: Int>(
        _ value: RawValue, _ field: CanonicalField, into text: inout FixedText<capacity>
    ) -> Failure? {
        if let reason = identifierFault(value, maximum: capacity) { return Failure(reason, field) }
        if CardNumber.hasManyDigits(value.bytes), CardNumber.isInside(identifier: value.bytes) {
            guard cardLikeIdentifiers == .replace else { return Failure(.cardNumberInIdentifier, field) }
            let digest = pseudonymiser.pseudonym(value.bytes, in: .replacement).hexadecimal
            text = FixedText("p:" + digest.prefix(30))
            return nil
        }
        text = FixedText(utf8: value.bytes)
        return nil
    }

    /// An identifier that leaves only as its pseudonym.
    @inline(__always)
    func secretIdentifier(
        _ value: RawValue, _ field: CanonicalField, _ domain: Pseudonymiser.Domain,
        into pseudonym: inout Pseudonym
    ) -> Failure? {
        if let reason = identifierFault(value, maximum: limits.identifierBytes) {
            return Failure(reason, field)
        }
        pseudonym = pseudonymiser.pseudonym(value.bytes, in: domain)
        return nil
    }

    /// A card number: groups of digits count the same with and without separators.
    func card(_ value: RawValue, into pseudonym: inout Pseudonym) -> Failure? {
        if let reason = identifierFault(value, maximum: limits.identifierBytes) {
            return Failure(reason, .cardNumber)
        }
        let isSeparated = value.bytes.allSatisfy { $0 &- 48 <= 9 || $0 == 0x20 || $0 == 0x2D }
        guard isSeparated, value.bytes.contains(where: { $0 == 0x20 || $0 == 0x2D }) else {
            pseudonym = pseudonymiser.pseudonym(value.bytes, in: .card)
            return nil
        }
        pseudonym = withUnsafeTemporaryAllocation(byteCount: value.count, alignment: 1) { digits in
            var count = 0
            for byte in value.bytes where byte &- 48 <= 9 {
                digits[count] = byte
                count += 1
            }
            return pseudonymiser.pseudonym(UnsafeRawBufferPointer(rebasing: digits[..<count]), in: .card)
        }
        return nil
    }

    /// Free text: cut to fit, card numbers masked, control characters made spaces.
    @inline(__always)
    func freeText<let capacity: Int>(
        _ value: RawValue, _ field: CanonicalField, into text: inout FixedText<capacity>
    ) -> Failure? {
        if value.kind != .string {
            guard value.kind == .number, plan.isLenient else { return Failure(.wrongType, field) }
        }
        let looked = min(value.count, capacity + CardNumber.longestSpan)
        let bytes = UnsafeRawBufferPointer(rebasing: value.bytes[..<looked])
        var hasControls = false
        for byte in bytes { hasControls = hasControls || byte < 0x20 || byte == 0x7F }
        guard hasControls || CardNumber.hasManyDigits(bytes) else {
            text = FixedText(utf8: bytes)
            return nil
        }
        if bytes.contains(0) { return Failure(.nullCharacter, field) }
        withUnsafeTemporaryAllocation(byteCount: looked, alignment: 1) { copy in
            copy.copyMemory(from: bytes)
            for index in 0..<looked where copy[index] < 0x20 || copy[index] == 0x7F { copy[index] = 0x20 }
            CardNumber.mask(copy)
            text = FixedText(utf8: UnsafeRawBufferPointer(copy))
        }
        return nil
    }
}
