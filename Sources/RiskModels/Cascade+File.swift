import Banking
import Foundation
import Yams

/// The cascade file.
///
///     name: handbook
///     bricks:
///       - model: scorecard.safetensors          # relative to this file
///         climbs: {from: 0.002, to: 1}          # probabilities that the next brick reads as well
///       - model: language.safetensors
///         deadline_milliseconds: 20             # older rows skip this brick: a smaller one has read them
///     policy:
///       elevated: {alerts_per_day: 400}         # or {probability: 0.05}
///       high: {alerts_per_day: 100}
///       critical: {probability: 0.9}
///       outcomes: {normal: approve, elevated: approve, high: review, critical: decline}
///       alerts_from: high
///       unusual: {percentile: 0.9999, when: count_30d >= 10}   # looked at whatever the band; else none is
///     lists:
///       sanctioned: [KP, IR]
///     rules:
///       - name: sanctioned_country
///         when: merchant_country in sanctioned
///         band: critical
///         outcome: decline
///         reason: Payment to a sanctioned country
///         reason_french: Paiement vers un pays sous sanctions
extension Cascade {
    /// Reads a cascade and loads and verifies its models.
    /// - Throws: `CascadeError`: everything that can be wrong with the file or its models.
    public init(contentsOf path: String) throws(CascadeError) {
        let text: String
        do {
            text = try String(contentsOf: URL(filePath: path), encoding: .utf8)
        } catch {
            throw CascadeError(.unreadable, cause: "\(path): \(error.localizedDescription)")
        }
        let folder = URL(filePath: path).deletingLastPathComponent()
        var paths = [path]
        try self.init(yaml: text, file: path) { model throws(ModelFileError) in
            let path = model.hasPrefix("/") ? model : folder.appending(path: model).path
            paths.append(path)
            return try ModelLoader.load(path)
        }
        files = paths
        self.text = text
    }

    /// The same from text.
    /// - Parameters:
    ///   - file: name for messages.
    ///   - load: gives the brick of a model path.
    public init(
        yaml text: String, file: String, load: (String) throws(ModelFileError) -> any Brick
    ) throws(CascadeError) {
        let parsed: Node?
        do {
            parsed = try Yams.compose(yaml: text)
        } catch {
            throw CascadeError(.malformed, cause: "\(file): \(error)")
        }
        guard let parsed else { throw CascadeError(.malformed, cause: "\(file) is empty") }
        let root = try YAMLReader(
            parsed, file: file, place: "cascade", keys: ["name", "bricks", "policy", "lists", "rules"])
        try self.init(
            name: try root.text("name") ?? "cascade", steps: try Self.steps(root, load),
            rules: try RuleSet(Self.rules(root), lists: Self.lists(root)), policy: try Self.policy(root))
    }

    private static func steps(
        _ root: YAMLReader, _ load: (String) throws(ModelFileError) -> any Brick
    ) throws(CascadeError) -> [Step] {
        var steps: [Step] = []
        for node in try root.sequence("bricks") {
            let entry = try YAMLReader(
                node, file: root.file, place: "bricks", keys: ["model", "climbs", "deadline_milliseconds"])
            guard let path = try entry.text("model") else {
                throw entry.fault("bricks.model is missing", at: node)
            }
            do {
                steps.append(Step(brick: try load(path)))
            } catch {
                throw CascadeError(.badModel, cause: "\(path): \(error)")
            }
            if let climbs = try entry.mapping("climbs", keys: ["from", "to"]) {
                let from = try climbs.number("from") ?? 0
                let to = try climbs.number("to") ?? 1
                guard from >= 0, from <= to, to <= 1 else {
                    throw entry.fault("bricks.climbs needs 0 ≤ from ≤ to ≤ 1", at: node)
                }
                steps[steps.count - 1].climbs = from...to
            }
            if let deadline = try entry.number("deadline_milliseconds") {
                guard deadline > 0, deadline <= 3_600_000 else {
                    throw entry.fault("bricks.deadline_milliseconds must be in (0, 3600000]", at: node)
                }
                steps[steps.count - 1].deadline = .microseconds(Int64(deadline * 1000))
            }
        }
        return steps
    }

    private static func policy(_ root: YAMLReader) throws(CascadeError) -> Policy {
        var policy = Policy()
        let keys = ["elevated", "high", "critical", "outcomes", "alerts_from", "unusual"]
        guard let entry = try root.mapping("policy", keys: keys) else { return policy }
        policy.elevated = try limit("elevated", entry) ?? policy.elevated
        policy.high = try limit("high", entry) ?? policy.high
        policy.critical = try limit("critical", entry) ?? policy.critical
        policy.alertsFrom = try entry.choice("alerts_from", of: Decision.Band.self) ?? policy.alertsFrom
        if let unusual = try entry.mapping("unusual", keys: ["percentile", "when"]),
            let node = entry.node["unusual"]
        {
            guard let percentile = try unusual.number("percentile"), percentile > 0, percentile <= 1 else {
                throw entry.fault("policy.unusual.percentile must be in (0, 1]", at: node)
            }
            policy.unusualFrom = Float(percentile)
            policy.unusualWhen = try unusual.text("when") ?? ""
        }
        if let outcomes = try entry.mapping("outcomes", keys: Decision.Band.allCases.map(\.rawValue)) {
            typealias Outcome = Decision.Outcome
            policy.outcomes.normal =
                try outcomes.choice("normal", of: Outcome.self) ?? policy.outcomes.normal
            policy.outcomes.elevated =
                try outcomes.choice("elevated", of: Outcome.self) ?? policy.outcomes.elevated
            policy.outcomes.high = try outcomes.choice("high", of: Outcome.self) ?? policy.outcomes.high
            policy.outcomes.critical =
                try outcomes.choice("critical", of: Outcome.self) ?? policy.outcomes.critical
        }
        return policy
    }

    private static func limit(_ key: String, _ policy: YAMLReader) throws(CascadeError) -> Policy.Limit? {
        guard let entry = try policy.mapping(key, keys: ["probability", "alerts_per_day"]),
            let node = policy.node[key]
        else { return nil }
        switch (try entry.number("probability"), try entry.number("alerts_per_day")) {
        case (let probability?, nil):
            guard (0...1).contains(probability) else {
                throw entry.fault("policy.\(key).probability must be in [0, 1]", at: node)
            }
            return .probability(probability)
        case (nil, let count?):
            guard count > 0 else {
                throw entry.fault("policy.\(key).alerts_per_day must be above 0", at: node)
            }
            return .alertsPerDay(count)
        default:
            throw entry.fault("policy.\(key) needs either probability or alerts_per_day", at: node)
        }
    }

    private static func lists(_ root: YAMLReader) throws(CascadeError) -> [String: [String]] {
        guard let node = root.node["lists"] else { return [:] }
        guard case .mapping(let mapping) = node else {
            throw root.fault("lists must be a mapping", at: node)
        }
        var lists: [String: [String]] = [:]
        for (key, value) in mapping {
            guard let name = key.string, case .sequence(let items) = value else {
                throw root.fault("a list must be a name with a sequence of values", at: key)
            }
            lists[name] = items.compactMap { $0.scalar?.string }
        }
        return lists
    }

    private static func rules(_ root: YAMLReader) throws(CascadeError) -> [Rule] {
        var rules: [Rule] = []
        for node in try root.sequence("rules") {
            let entry = try YAMLReader(
                node, file: root.file, place: "rules",
                keys: ["name", "when", "band", "outcome", "reason", "reason_french"])
            guard let name = try entry.text("name"), let condition = try entry.text("when") else {
                throw entry.fault("a rule needs name and when", at: node)
            }
            let rule = Rule(
                name: name, condition: condition, band: try entry.choice("band", of: Decision.Band.self),
                outcome: try entry.choice("outcome", of: Decision.Outcome.self),
                reason: try entry.text("reason") ?? name,
                reasonFrench: try entry.text("reason_french") ?? "")
            guard rule.band != nil || rule.outcome != nil else {
                throw entry.fault("rule \(name) needs a band or an outcome", at: node)
            }
            rules.append(rule)
        }
        return rules
    }
}
