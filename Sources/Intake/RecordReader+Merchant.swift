import Banking

extension RecordReader {
    func buildMerchant(_ template: RecordPlan.Template, _ merchant: inout Merchant) -> Failure? {
        var found = value(.merchantID, template)
        if !found.isMissing {
            if let fault = plainIdentifier(found, .merchantID, into: &merchant.id) { return fault }
            merchant.key = merchant.id.withBytes { Digest.digest128($0) }
        }
        found = value(.merchantName, template)
        if !found.isMissing, let fault = freeText(found, .merchantName, into: &merchant.name) { return fault }
        found = value(.merchantCity, template)
        if !found.isMissing, let fault = freeText(found, .merchantCity, into: &merchant.city) { return fault }
        found = value(.merchantCategoryCode, template)
        if !found.isMissing {
            switch categoryCode(found) {
            case .success(let code): merchant.categoryCode = code
            case .failure(let reason): return Failure(reason, .merchantCategoryCode)
            }
        }
        found = value(.merchantCountry, template)
        if !found.isMissing {
            guard found.kind == .string else { return Failure(.wrongType, .merchantCountry) }
            let letters = found.bytes
            guard letters.count == 2, letters.allSatisfy({ 0x41...0x5A ~= $0 }) else {
                return Failure(.unknownValue, .merchantCountry)
            }
            merchant.country = UInt16(letters[0]) << 8 | UInt16(letters[1])
        }
        return buildPosition(template, &merchant)
    }

    /// A position needs both coordinates; one alone is checked and then ignored.
    private func buildPosition(_ template: RecordPlan.Template, _ merchant: inout Merchant) -> Failure? {
        let latitude = value(.merchantLatitude, template)
        let longitude = value(.merchantLongitude, template)
        if latitude.isMissing && longitude.isMissing { return nil }
        var position = Position.unknown
        if !latitude.isMissing {
            switch degrees(latitude, limit: 90) {
            case .success(let degrees): position.latitude = degrees
            case .failure(let reason): return Failure(reason, .merchantLatitude)
            }
        }
        if !longitude.isMissing {
            switch degrees(longitude, limit: 180) {
            case .success(let degrees): position.longitude = degrees
            case .failure(let reason): return Failure(reason, .merchantLongitude)
            }
        }
        if position.isKnown { merchant.position = position }
        return nil
    }

    private func categoryCode(_ value: RawValue) -> Result<UInt16, RejectionReason> {
        guard value.kind == .string || value.kind == .number else { return .failure(.wrongType) }
        var code: UInt16 = 0
        for byte in value.bytes {
            guard byte &- 48 <= 9 else { return .failure(.notANumber) }
            code = code * 10 + UInt16(byte - 48)
            if code > 9999 || value.count > 4 { return .failure(.outOfRange) }
        }
        return .success(code)
    }

    private func degrees(_ value: RawValue, limit: Double) -> Result<Float, RejectionReason> {
        guard value.kind == .string || value.kind == .number else { return .failure(.wrongType) }
        var number = ScannedDecimal()
        guard number.scan(value.bytes, mark: UInt8(ascii: ".")) else {
            return .failure(ScannedDecimal.isNotFinite(value.bytes) ? .notFinite : .notANumber)
        }
        guard let degrees = number.double(of: value.bytes), abs(degrees) <= limit else {
            return .failure(.outOfRange)
        }
        return .success(Float(degrees))
    }

    /// An array of names, or one text of names separated by `|` or `,`.
    func authorisationErrors(_ value: RawValue) -> Result<AuthorisationErrors, RejectionReason> {
        var errors: AuthorisationErrors = []
        func insert(_ name: UnsafeRawBufferPointer) -> Bool {
            guard let error = Words.errors[name] else { return false }
            errors.insert(error)
            return true
        }
        if value.kind == .string {
            for name in value.bytes.split(whereSeparator: { $0 == 0x7C || $0 == 0x2C || $0 == 0x20 }) {
                guard insert(UnsafeRawBufferPointer(rebasing: name)) else { return .failure(.unknownValue) }
            }
            return .success(errors)
        }
        guard value.kind == .array, let base = value.start else { return .failure(.wrongType) }
        // The scanner has checked the syntax: names without escapes are all that the list knows.
        var offset = 1
        while offset < value.count - 1 {
            let byte = value.bytes[offset]
            offset += 1
            if byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 || byte == 0x2C { continue }
            guard byte == UInt8(ascii: "\"") else { return .failure(.wrongType) }
            let start = offset
            while value.bytes[offset] != UInt8(ascii: "\""), value.bytes[offset] != UInt8(ascii: "\\") {
                offset += 1
            }
            let name = UnsafeRawBufferPointer(start: base + start, count: offset - start)
            guard value.bytes[offset] == UInt8(ascii: "\""), insert(name) else {
                return .failure(.unknownValue)
            }
            offset += 1
        }
        return .success(errors)
    }
}

extension ScannedDecimal {
    /// The nearest double, the same on every machine. `nil` when it is far out of any coordinate's range.
    func double(of text: UnsafeRawBufferPointer) -> Double? {
        if significand == 0 { return 0 }
        if !isTooLarge, significand < 1 << 53, 0...18 ~= -exponent {
            // Both operands are exact, so the quotient is the correctly rounded one.
            var power = 1.0
            for _ in 0..<(-exponent) { power *= 10 }
            let magnitude = Double(significand) / power
            return isNegative ? -magnitude : magnitude
        }
        guard let value = Double(String(decoding: text.prefix(400), as: UTF8.self)), value.isFinite else {
            return nil
        }
        return value
    }
}
