/// An ISO 4217 currency, packed from its three letters.
public struct Currency: Hashable, Sendable {
    /// `code[0] << 16 | code[1] << 8 | code[2]`; 0 means unknown.
    public let packed: UInt32

    @inlinable public init(packed: UInt32) { self.packed = packed }

    /// - Parameter code: three capital letters of an ISO 4217 currency in use; anything else gives `nil`.
    public init?(_ code: String) {
        let bytes = Array(code.utf8)
        guard bytes.count == 3 else { return nil }
        self.init(bytes[0], bytes[1], bytes[2])
    }

    /// The same from three bytes, without a `String`.
    public init?(_ first: UInt8, _ second: UInt8, _ third: UInt8) {
        packed = UInt32(first) << 16 | UInt32(second) << 8 | UInt32(third)
        guard Self.minorDigitsByCode[packed] != nil else { return nil }
    }

    /// Decimal digits of the minor unit (EUR 2, JPY 0, KWD 3).
    public var minorDigits: Int { Self.minorDigitsByCode[packed] ?? 2 }
    public var code: String { packed == 0 ? "" : packedText(packed) }

    /// Currencies in use by ISO 4217 (2024), by digits of the minor unit.
    private static let minorDigitsByCode: [UInt32: Int] = {
        let byDigits: [Int: String] = [
            0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
            2: """
            AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD \
            CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD \
            HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD \
            MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON \
            RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD \
            TZS UAH USD UYU UZS VED VES WST XCD YER ZAR ZMW ZWG
            """,
            3: "BHD IQD JOD KWD LYD OMR TND",
        ]
        var table: [UInt32: Int] = [:]
        for (digits, codes) in byDigits {
            for code in codes.split(separator: " ") {
                table[code.utf8.reduce(0) { $0 << 8 | UInt32($1) }] = digits
            }
        }
        return table
    }()
}

/// An exact amount: an integer count of the currency's minor unit. No binary fraction on the way.
public struct Money: Hashable, Sendable {
    public var amountMinor: Int64
    public var currency: Currency

    @inlinable public init(amountMinor: Int64, currency: Currency) {
        self.amountMinor = amountMinor
        self.currency = currency
    }

    /// The amount in the major unit, rounded to the nearest double: for facts, never for accounts.
    public var major: Double { Double(amountMinor) / Self.scales[currency.minorDigits] }

    /// Exact decimal text without the currency (`249.90`, `-3`, `1.005`).
    public var decimal: String {
        let digits = currency.minorDigits
        let text = String(amountMinor.magnitude)
        let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
        let sign = amountMinor < 0 ? "-" : ""
        guard digits > 0 else { return sign + padded }
        return sign + padded.dropLast(digits) + "." + padded.suffix(digits)
    }

    private static let scales: [Double] = [1, 10, 100, 1000, 10_000]
}

/// ASCII text of up to four characters packed big-endian into a number (`"FR"` → 0x4652).
public func packText(_ text: String) -> UInt32 { text.utf8.prefix(4).reduce(0) { $0 << 8 | UInt32($1) } }

/// The inverse of `packText`: leading zero bytes are left out.
public func packedText(_ packed: UInt32) -> String {
    let bytes = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: packed >> $0) }.filter { $0 != 0 }
    return String(decoding: bytes, as: UTF8.self)
}
