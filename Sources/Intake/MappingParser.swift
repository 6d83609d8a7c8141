import Banking
import Yams

/// Reads a mapping file into a `RecordPlan`.
struct MappingParser {
    struct Parsed {
        var name: String
        var layout: FieldMapping.Layout
        var delimiter: UInt8
        var plan: RecordPlan
    }

    /// A slot whose number is known only when all sources and constants are.
    enum Reference: Equatable {
        case source(Int), constant(Int), derived(Int)
    }

    struct Draft {
        var references: [CanonicalField: Reference] = [:]
        var template = RecordPlan.Template()
    }

    enum DraftWork {
        case join(inputs: [Reference], separator: String, prefix: String, suffix: String)
        case translate(input: Reference, table: [(String, Reference)], otherwise: Reference?)
    }

    let file: String
    var layout = FieldMapping.Layout.json
    var sources: [String] = []
    var constants: [String] = []
    var derivations: [(field: CanonicalField, work: DraftWork)] = []

    init(file: String) { self.file = file }

    mutating func parse(_ yaml: String) throws -> Parsed {
        let root: Node?
        do { root = try compose(yaml: yaml) } catch {
            throw MappingFault(nil, "it is no YAML: \(error)")
        }
        guard let root else { throw MappingFault(nil, "it is empty") }
        let top = try MappingSection(
            root, title: "the mapping",
            allowed: [
                "name", "description", "format", "delimiter", "card_like_identifiers", "fields", "unfold",
                "label",
            ])
        layout = try top.word("format", FieldMapping.Layout.allCases.map { ($0.rawValue, $0) }) ?? .json
        let delimiter = try top.word(
            "delimiter",
            [(",", UInt8(ascii: ",")), (";", UInt8(ascii: ";")), ("tab", 9), ("|", UInt8(ascii: "|"))])
        let identifiers = try top.word(
            "card_like_identifiers",
            IntakeLimits.CardLikeIdentifier.allCases.map { ($0.rawValue, $0) })
        var base = Draft()
        if let fields = top["fields"] { try readFields(fields, title: "fields", into: &base) }
        if let label = top["label"] { try readLabel(label, into: &base) }
        let drafts = try readUnfold(top["unfold"], base: base)
        for draft in drafts { try checkComplete(draft, root) }
        let plan = try finish(drafts, identifiers)
        let fileName = file.split(separator: "/").last.map(String.init) ?? file
        return Parsed(
            name: try top.text("name") ?? fileName, layout: layout,
            delimiter: delimiter ?? UInt8(ascii: ","), plan: plan)
    }

    private mutating func readUnfold(_ node: Node?, base: Draft) throws -> [Draft] {
        guard let node else { return [base] }
        guard let entries = node.sequence, !entries.isEmpty else {
            throw MappingFault(node, "unfold must be a list of transactions")
        }
        var drafts: [Draft] = []
        for entry in entries {
            let section = try MappingSection(
                entry, title: "an entry of unfold", allowed: ["name", "fields", "label"])
            var draft = base
            if let fields = section["fields"] { try readFields(fields, title: "fields", into: &draft) }
            if let label = section["label"] {
                if label.scalar?.string == "none" {
                    for field in [CanonicalField.outcome, .knownAt, .scenario] {
                        draft.references[field] = nil
                    }
                    draft.template.labelDelaySeconds = nil
                } else {
                    try readLabel(label, into: &draft)
                }
            }
            drafts.append(draft)
        }
        return drafts
    }

    private mutating func readFields(_ node: Node, title: String, into draft: inout Draft) throws {
        let names = CanonicalField.ofTransactions.flatMap { field in
            [field.name] + (field.nameInsideMerchant.map { ["merchant." + $0] } ?? [])
        }
        let section = try MappingSection(node, title: title, allowed: names)
        for key in section.keys {
            guard let field = CanonicalField(name: key), let value = section[key] else { continue }
            try readField(field, value, into: &draft)
        }
    }

    private mutating func readLabel(_ node: Node, into draft: inout Draft) throws {
        let section = try MappingSection(
            node, title: "label", allowed: ["fraud", "scenario", "known_at", "delay"])
        guard let outcome = section["fraud"] ?? (draft.references[.outcome] == nil ? nil : node) else {
            throw MappingFault(node, "label needs `fraud`: the column or path of the outcome")
        }
        if section["fraud"] != nil { try readField(.outcome, outcome, into: &draft) }
        if let scenario = section["scenario"] { try readField(.scenario, scenario, into: &draft) }
        if let knownAt = section["known_at"] { try readField(.knownAt, knownAt, into: &draft) }
        if let delay = try section.text("delay") {
            guard let seconds = Self.seconds(delay) else {
                throw MappingFault(
                    section["delay"], "`delay` of label must be a number with d, h, m or s, such as 7d")
            }
            draft.template.labelDelaySeconds = seconds
        }
        guard draft.references[.knownAt] != nil || draft.template.labelDelaySeconds != nil else {
            throw MappingFault(node, "label needs `known_at` or `delay`: when the bank knew the outcome")
        }
    }

    /// `7d`, `12h`, `30m`, `90s`; at most ten years.
    static func seconds(_ text: String) -> Int64? {
        let units: [Character: Int64] = ["d": 86_400, "h": 3600, "m": 60, "s": 1]
        guard let unit = text.last.flatMap({ units[$0] }), let count = Int64(text.dropLast()),
            0...315_360_000 ~= count
        else { return nil }
        let seconds = count * unit
        return seconds <= 315_360_000 ? seconds : nil
    }

    private func checkComplete(_ draft: Draft, _ root: Node) throws {
        for field in CanonicalField.requiredOfTransactions where draft.references[field] == nil {
            throw MappingFault(root, "the required field `\(field.name)` is not mapped")
        }
        if draft.template.signDirections != nil, draft.references[.direction] != nil {
            throw MappingFault(root, "`direction` is read from the sign or from a source, not both")
        }
    }

    private func finish(
        _ drafts: [Draft], _ identifiers: IntakeLimits.CardLikeIdentifier?
    ) throws -> RecordPlan {
        func slot(_ reference: Reference) -> Int {
            switch reference {
            case .source(let index): index
            case .constant(let index): sources.count + index
            case .derived(let index): sources.count + constants.count + index
            }
        }
        let templates = drafts.map { draft in
            var template = draft.template
            for (field, reference) in draft.references {
                template.slots[field.rawValue] = Int32(slot(reference))
            }
            return template
        }
        let ready = derivations.enumerated().map { index, derivation in
            let work: RecordPlan.Derivation.Work
            switch derivation.work {
            case .join(let inputs, let separator, let prefix, let suffix):
                work = .join(
                    inputs: inputs.map(slot), separator: Array(separator.utf8), prefix: Array(prefix.utf8),
                    suffix: Array(suffix.utf8))
            case .translate(let input, let table, let otherwise):
                work = .translate(
                    input: slot(input), table: table.map { (Array($0.0.utf8), slot($0.1)) },
                    otherwise: otherwise.map(slot))
            }
            return RecordPlan.Derivation(field: derivation.field, output: slot(.derived(index)), work: work)
        }
        return RecordPlan(
            sources: sources.map { (name: $0, path: layout == .csv ? [.key($0)] : Self.steps($0) ?? []) },
            constants: constants.map { Array($0.utf8) }, derivations: ready, templates: templates,
            isLenient: true, cardLikeIdentifiers: identifiers)
    }
}
