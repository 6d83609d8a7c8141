import Banking
import Yams

extension MappingParser {
    private static let timeFields: Set<CanonicalField> = [
        .effectiveAt, .observedAt, .accountOpenedAt, .knownAt,
    ]
    private static let decimalFields: Set<CanonicalField> = [.amount, .balanceAfter]

    /// One field: a source's name alone, or a section.
    mutating func readField(_ field: CanonicalField, _ node: Node, into draft: inout Draft) throws {
        if let name = node.scalar?.string {
            draft.references[field] = .source(try source(name, node))
            if Self.timeFields.contains(field) { setTime(TimestampReading(), field, &draft) }
            return
        }
        var allowed = ["from", "join", "prefix", "suffix", "constant", "values", "otherwise"]
        if Self.timeFields.contains(field) { allowed += ["format", "time_zone"] }
        if Self.decimalFields.contains(field) {
            allowed += ["decimal_mark", "unit", "negate", "excess_decimals"]
        }
        if field == .direction { allowed += ["sign_of", "positive", "negative"] }
        let section = try MappingSection(node, title: "the field \(field.name)", allowed: allowed)
        if section["sign_of"] != nil {
            try readSign(section, into: &draft)
            return
        }
        draft.references[field] = try reference(field, section)
        if Self.timeFields.contains(field) { setTime(try time(section), field, &draft) }
        guard Self.decimalFields.contains(field) else { return }
        var reading = DecimalReading()
        reading.mark = try section.word("decimal_mark", [(".", 0x2E), (",", 0x2C)]) ?? 0x2E
        reading.isMinor = try section.word("unit", [("major", false), ("minor", true)]) ?? false
        reading.isNegated = try section.word("negate", [("true", true), ("false", false)]) ?? false
        reading.isRounded = try section.word("excess_decimals", [("reject", false), ("round", true)]) ?? false
        if field == .amount { draft.template.amount = reading } else { draft.template.balanceAfter = reading }
    }

    private func readSign(_ section: MappingSection, into draft: inout Draft) throws {
        guard try section.text("sign_of") == "amount" else {
            throw MappingFault(section["sign_of"], "`sign_of` can only be `amount`")
        }
        let words = [("debit", Direction.debit), ("credit", Direction.credit)]
        guard let positive = try section.word("positive", words),
            let negative = try section.word("negative", words)
        else {
            throw MappingFault(section.node, "`sign_of` needs `positive` and `negative`: debit or credit")
        }
        draft.template.signDirections = .init(positive: positive, negative: negative)
        draft.references[.direction] = nil
    }

    /// Constant, or sources with join, prefix, suffix and translation.
    private mutating func reference(_ field: CanonicalField, _ section: MappingSection) throws -> Reference {
        if let constant = try section.text("constant") {
            guard section["from"] == nil, section["values"] == nil else {
                throw MappingFault(
                    section.node, "\(section.title) has both `constant` and `from` or `values`")
            }
            try check(constant, field, section["constant"])
            return self.constant(constant)
        }
        guard let from = section["from"] else {
            throw MappingFault(section.node, "\(section.title) needs `from` or `constant`")
        }
        let names = from.sequence.map(Array.init) ?? [from]
        var inputs: [Reference] = []
        for name in names {
            guard let text = name.scalar?.string else {
                throw MappingFault(name, "`from` of \(section.title) must be a name or a list of names")
            }
            inputs.append(.source(try source(text, name)))
        }
        guard let first = inputs.first else {
            throw MappingFault(from, "`from` of \(section.title) is an empty list")
        }
        var result = first
        let prefix = try section.text("prefix") ?? ""
        let suffix = try section.text("suffix") ?? ""
        if inputs.count > 1 || !prefix.isEmpty || !suffix.isEmpty {
            let separator = try section.text("join") ?? "-"
            derivations.append(
                (field, .join(inputs: inputs, separator: separator, prefix: prefix, suffix: suffix)))
            result = .derived(derivations.count - 1)
        }
        if let values = section["values"] { result = try translation(of: result, field, values, section) }
        return result
    }

    private mutating func translation(
        of input: Reference, _ field: CanonicalField, _ values: Node, _ section: MappingSection
    ) throws -> Reference {
        guard let mapping = values.mapping, !mapping.isEmpty else {
            throw MappingFault(
                values, "`values` of \(section.title) must be a list of `found: meaning` lines")
        }
        var table: [(String, Reference)] = []
        for (found, meaning) in mapping {
            guard let found = found.scalar?.string, let text = meaning.scalar?.string else {
                throw MappingFault(meaning, "`values` of \(section.title) holds something that is no text")
            }
            try check(text, field, meaning)
            table.append((found, constant(text)))
        }
        var otherwise: Reference?
        if let text = try section.text("otherwise") {
            if !text.isEmpty { try check(text, field, section["otherwise"]) }
            otherwise = constant(text)
        }
        derivations.append((field, .translate(input: input, table: table, otherwise: otherwise)))
        return .derived(derivations.count - 1)
    }

    /// Refuses a constant that no record could be accepted with. The empty text stands for "none".
    private func check(_ text: String, _ field: CanonicalField, _ node: Node?) throws {
        var allowed: [String] = []
        switch field {
        case .direction: allowed = Words.directions.words
        case .channel: allowed = Words.channels.words
        case .entryMode: allowed = Words.entryModes.words
        case .outcome: allowed = Words.outcomes.words
        case .currency:
            guard Currency(text) == nil else { return }
            throw MappingFault(node, "`\(text)` is no ISO 4217 currency code in use")
        default: return
        }
        guard text.isEmpty || allowed.contains(text) else {
            throw MappingFault(node, unknownName(text, in: "the field \(field.name)", allowed: allowed))
        }
    }

    private func time(_ section: MappingSection) throws -> TimestampReading {
        var reading = TimestampReading()
        let format = try section.text("format") ?? "rfc3339"
        switch format {
        case "rfc3339": break
        case "epoch_seconds": reading.style = .epochSeconds
        case "epoch_milliseconds": reading.style = .epochMilliseconds
        default:
            let pattern = format == "date" ? "yyyy-MM-dd" : format
            guard let tokens = TimestampReading.tokens(of: pattern) else {
                throw MappingFault(
                    section["format"],
                    "`format` of \(section.title) must be `rfc3339`, `epoch_seconds`, `epoch_milliseconds`, "
                        + "`date`, or a pattern of yyyy MM dd HH mm ss SSS such as `dd/MM/yyyy HH:mm`")
            }
            reading.style = .pattern
            reading.tokens = tokens
        }
        guard let zone = try section.text("time_zone") else { return reading }
        var text = zone == "UTC" ? "Z" : zone
        let minutes = text.withUTF8 { TimestampReading.zoneMinutes(UnsafeRawBufferPointer($0)) }
        guard reading.style == .pattern, let minutes else {
            throw MappingFault(
                section["time_zone"],
                "`time_zone` of \(section.title) must be `UTC` or an offset such as \"+02:00\", and needs a "
                    + "`format` without one")
        }
        reading.zoneMinutes = minutes
        return reading
    }

    private func setTime(_ time: TimestampReading, _ field: CanonicalField, _ draft: inout Draft) {
        var reading = time
        reading.takesDigits = true
        reading.takesDates = field == .accountOpenedAt
        switch field {
        case .effectiveAt: draft.template.effectiveAt = reading
        case .observedAt: draft.template.observedAt = reading
        case .knownAt: draft.template.knownAt = reading
        default: draft.template.accountOpenedAt = reading
        }
    }

    private mutating func source(_ name: String, _ node: Node) throws -> Int {
        guard !name.isEmpty, layout == .csv || Self.steps(name) != nil else {
            throw MappingFault(node, "`\(name)` is no path: write a.b.c, items[0].name, or \\. for a point")
        }
        if let index = sources.firstIndex(of: name) { return index }
        sources.append(name)
        return sources.count - 1
    }

    private mutating func constant(_ text: String) -> Reference {
        if let index = constants.firstIndex(of: text) { return .constant(index) }
        constants.append(text)
        return .constant(constants.count - 1)
    }

    /// `a.b[0].c` as steps; a backslash takes the next character literally.
    static func steps(_ path: String) -> [KeyTree.Step]? {
        var steps: [KeyTree.Step] = []
        var key = ""
        var isAfterIndex = false
        var rest = path[...]
        while let next = rest.popFirst() {
            switch next {
            case "\\":
                guard let literal = rest.popFirst() else { return nil }
                key.append(literal)
            case ".":
                if !isAfterIndex {
                    guard !key.isEmpty else { return nil }
                    steps.append(.key(key))
                    key = ""
                }
                guard !rest.isEmpty else { return nil }
                isAfterIndex = false
            case "[":
                if !key.isEmpty { steps.append(.key(key)) }
                key = ""
                guard let close = rest.firstIndex(of: "]"), let index = Int(rest[..<close]),
                    0...65_535 ~= index
                else { return nil }
                steps.append(.element(index))
                rest = rest[rest.index(after: close)...]
                isAfterIndex = true
            default:
                if isAfterIndex { return nil }
                key.append(next)
            }
        }
        if !key.isEmpty { steps.append(.key(key)) }
        return steps.isEmpty ? nil : steps
    }
}
