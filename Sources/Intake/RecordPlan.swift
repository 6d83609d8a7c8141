import Banking

/// A mapping made ready: where each source's value goes, what is derived from it, which field reads what.
///
/// Values live in numbered slots: first the sources, then the constants, then the derived ones.
final class RecordPlan: Sendable {
    /// A value made from others before the fields are read.
    struct Derivation: Sendable {
        enum Work: Sendable {
            /// prefix ‖ inputs with the separator between them ‖ suffix; absent when an input is missing.
            case join(inputs: [Int], separator: [UInt8], prefix: [UInt8], suffix: [UInt8])
            /// The slot of the constant that stands for the input's text.
            case translate(input: Int, table: [(text: [UInt8], slot: Int)], otherwise: Int?)
        }
        var field: CanonicalField
        var output: Int
        var work: Work
    }

    /// How one transaction is read from the slots.
    struct Template: Sendable {
        /// Slot by `CanonicalField.rawValue`, −1 for none.
        var slots = [Int32](repeating: -1, count: CanonicalField.allCases.count)
        var effectiveAt = TimestampReading()
        var observedAt = TimestampReading()
        var knownAt = TimestampReading()
        var accountOpenedAt: TimestampReading = {
            var reading = TimestampReading()
            reading.takesDates = true
            return reading
        }()
        var amount = DecimalReading()
        var balanceAfter = DecimalReading()
        /// The direction by the sign of the amount.
        var signDirections: SignDirections?
        /// Seconds from a transaction to the moment its label is known, where no field says it.
        var labelDelaySeconds: Int64?
    }

    struct SignDirections: Sendable {
        var positive: Direction
        var negative: Direction
    }

    /// As written in the mapping: a dotted path or a column.
    let sources: [String]
    let constants: [[UInt8]]
    let derivations: [Derivation]
    let templates: [Template]
    let tree: KeyTree
    /// Numbers where texts belong, `1` and `0` as outcomes: a bank's own layout, not the canonical one.
    let isLenient: Bool
    let cardLikeIdentifiers: IntakeLimits.CardLikeIdentifier?

    var slotCount: Int { sources.count + constants.count + derivations.count }

    init(
        sources: [(name: String, path: [KeyTree.Step])], constants: [[UInt8]], derivations: [Derivation],
        templates: [Template], isLenient: Bool, cardLikeIdentifiers: IntakeLimits.CardLikeIdentifier?
    ) {
        self.sources = sources.map(\.name)
        self.constants = constants
        self.derivations = derivations
        self.templates = templates
        self.isLenient = isLenient
        self.cardLikeIdentifiers = cardLikeIdentifiers
        tree = KeyTree(paths: sources.enumerated().map { ($0.element.path, $0.offset) })
    }

    /// - Parameter fields: read under their canonical names, flat or inside `merchant`.
    private init(canonical fields: [CanonicalField], isLenient: Bool) {
        var template = Template()
        var paths: [(path: [KeyTree.Step], slot: Int)] = []
        for (slot, field) in fields.enumerated() {
            template.slots[field.rawValue] = Int32(slot)
            paths.append(([.key(field.name)], slot))
            if let inner = field.nameInsideMerchant {
                paths.append(([.key("merchant"), .key(inner)], slot))
            }
        }
        template.effectiveAt.takesDigits = isLenient
        template.observedAt.takesDigits = isLenient
        template.knownAt.takesDigits = isLenient
        template.accountOpenedAt.takesDigits = isLenient
        sources = fields.map(\.name)
        constants = []
        derivations = []
        templates = [template]
        tree = KeyTree(paths: paths, strictObjects: ["merchant"])
        self.isLenient = isLenient
        cardLikeIdentifiers = nil
    }

    /// Canonical JSON transactions.
    static let canonical = RecordPlan(canonical: CanonicalField.ofTransactions, isLenient: false)
    /// Canonical JSON transactions of a history file, which may carry their labels.
    static let canonicalHistory = RecordPlan(canonical: CanonicalField.allCases, isLenient: false)
    /// CSV whose header has canonical names, with or without labels.
    static let canonicalColumns = RecordPlan(canonical: CanonicalField.allCases, isLenient: true)
    /// Canonical JSON labels.
    static let labels = RecordPlan(canonical: CanonicalField.ofLabels, isLenient: false)
    /// Labels in CSV whose header has canonical names.
    static let labelColumns = RecordPlan(canonical: CanonicalField.ofLabels, isLenient: true)

    /// The first field that reads a slot, for naming the one at fault.
    func field(ofSlot slot: Int) -> CanonicalField? {
        for template in templates {
            if let index = template.slots.firstIndex(of: Int32(slot)) {
                return CanonicalField(rawValue: index)
            }
        }
        for derivation in derivations {
            switch derivation.work {
            case .join(let inputs, _, _, _): if inputs.contains(slot) { return derivation.field }
            case .translate(let input, _, _): if input == slot { return derivation.field }
            }
        }
        return nil
    }
}
