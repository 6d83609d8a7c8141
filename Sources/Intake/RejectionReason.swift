import Banking

/// The closed list of reasons for which a record is refused. The raw text stands in dead letters, unchanged.
public enum RejectionReason: String, CaseIterable, Sendable {
    /// An empty or `null` payload: Kafka's mark of deletion.
    case tombstone
    /// The record is longer than `IntakeLimits.recordBytes`.
    case tooLarge = "too_large"
    /// Not JSON by RFC 8259: syntax, trailing bytes, a raw control character.
    case invalidJSON = "invalid_json"
    /// Bytes that are not UTF-8, or half of a surrogate pair.
    case invalidUTF8 = "invalid_utf8"
    /// Objects and arrays nested deeper than `IntakeLimits.depth`.
    case tooDeep = "too_deep"
    /// JSON, but no object.
    case notAnObject = "not_an_object"
    /// A CSV row with more or fewer cells than the header.
    case wrongColumnCount = "wrong_column_count"
    /// A CSV cell whose quote never closes, or with text behind the closing quote.
    case unclosedQuote = "unclosed_quote"
    /// The same field twice: parsers disagree about which one counts.
    case duplicateField = "duplicate_field"
    /// A required field that is absent, `null` or empty.
    case missing
    /// A text where a number belongs, an object where a text belongs, and so on.
    case wrongType = "wrong_type"
    /// An identifier longer than its field holds.
    case tooLong = "too_long"
    /// U+0000, which PostgreSQL cannot hold.
    case nullCharacter = "null_character"
    /// A control character inside an identifier.
    case controlCharacter = "control_character"
    /// Text that is no decimal number.
    case notANumber = "not_a_number"
    /// NaN or an infinity.
    case notFinite = "not_finite"
    /// More decimals than the currency has, and they are not zeros.
    case tooManyDecimals = "too_many_decimals"
    /// A number outside its field's range.
    case outOfRange = "out_of_range"
    /// A negative amount where no mapping says that the sign carries the direction.
    case negative
    /// No ISO 4217 currency in use.
    case unknownCurrency = "unknown_currency"
    /// A word that is not in the field's closed list, or not in the mapping's `values`.
    case unknownValue = "unknown_value"
    /// Text or a number that is no moment.
    case notATimestamp = "not_a_timestamp"
    /// A moment without `Z` or an offset.
    case noTimeZone = "no_time_zone"
    /// Later than the arrival by more than `IntakeLimits.futureSeconds`.
    case inTheFuture = "in_the_future"
    /// Before 1990.
    case tooOld = "too_old"
    /// An identifier that contains a card number.
    case cardNumberInIdentifier = "card_number_in_identifier"

    /// What to do about it, in one sentence and without a word of the record.
    public var hint: String {
        switch self {
        case .tombstone: "Do not delete transactions by tombstone; nothing is scored for an empty payload."
        case .tooLarge: "Send a smaller record or raise the limit of bytes per record."
        case .invalidJSON: "Send one complete JSON object (RFC 8259) per record and nothing after it."
        case .invalidUTF8: "Encode the record as UTF-8."
        case .tooDeep: "Nest fewer objects and arrays."
        case .notAnObject: "Send a JSON object with named fields."
        case .wrongColumnCount: "Give the row as many cells as the header has."
        case .unclosedQuote: "Close each quoted cell and double the quotes inside it."
        case .duplicateField: "Name each field once, either flat or inside merchant."
        case .missing: "Fill in this required field, or map it to a field of the record."
        case .wrongType: "Send the JSON type that the field list names."
        case .tooLong: "Shorten the identifier to the bytes that the field list allows."
        case .nullCharacter: "Take the character U+0000 out of the text."
        case .controlCharacter: "Take control characters out of the identifier."
        case .notANumber: "Write a plain decimal number with a point, such as 12.50."
        case .notFinite: "Send null or leave the field out instead of NaN or Infinity."
        case .tooManyDecimals: "Round to the decimals of the currency before sending."
        case .outOfRange: "Check the unit and the sign: the number is outside what the field allows."
        case .negative: "Send a positive amount and a direction, or map direction with sign_of: amount."
        case .unknownCurrency: "Use a three-letter ISO 4217 code in capitals that is in use."
        case .unknownValue: "Use one of the documented words, or translate with values in the mapping."
        case .notATimestamp: "Use RFC 3339 or epoch milliseconds, or name the format in the mapping."
        case .noTimeZone: "Add Z or an offset such as +02:00, or time_zone in the mapping."
        case .inTheFuture: "Check the sender's clock and the unit: the moment lies after its arrival."
        case .tooOld: "Check the unit: epoch numbers are milliseconds, and nothing before 1990 is taken."
        case .cardNumberInIdentifier:
            "Use an identifier without a card number, or set card_like_identifiers: replace in the mapping."
        }
    }

    /// The rejection that names `field` (`record` when none is at fault).
    func rejection(_ field: String = "record") -> Rejection {
        Rejection(field: field, reason: rawValue, hint: hint)
    }
}

/// A reason with the field at fault, before it becomes texts.
struct Failure: Error, Equatable {
    var reason: RejectionReason
    var field: CanonicalField?

    init(_ reason: RejectionReason, _ field: CanonicalField? = nil) {
        self.reason = reason
        self.field = field
    }

    var rejection: Rejection { reason.rejection(field?.name ?? "record") }
}
