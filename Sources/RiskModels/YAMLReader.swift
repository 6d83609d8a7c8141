import Yams

/// Strict reading of a YAML mapping: every key must be known, every fault names line and column.
package struct YAMLReader {
    package let node: Node.Mapping
    package let file: String
    package let place: String

    /// - Parameter place: the name of the mapping for messages (`policy.bands`).
    package init(
        _ node: Node, file: String, place: String, keys: [String]
    ) throws(CascadeError) {
        guard case .mapping(let mapping) = node else {
            throw Self.fault("\(place) must be a mapping", at: node, file: file)
        }
        for (key, _) in mapping {
            let name = key.string ?? ""
            guard keys.contains(name) else {
                let near = nearestName(to: name, among: keys).map { "; did you mean \($0)?" } ?? ""
                throw Self.fault("\(place) has no entry \(name)\(near)", at: key, file: file)
            }
        }
        self.node = mapping
        self.file = file
        self.place = place
    }

    package func fault(_ cause: String, at node: Node) -> CascadeError {
        Self.fault(cause, at: node, file: file)
    }

    package static func fault(_ cause: String, at node: Node, file: String) -> CascadeError {
        let mark = node.mark.map { ":\($0.line):\($0.column)" } ?? ""
        return CascadeError(.malformed, cause: "\(file)\(mark): \(cause)")
    }

    package func text(_ key: String) throws(CascadeError) -> String? {
        guard let value = node[key] else { return nil }
        guard case .scalar(let scalar) = value else {
            throw fault("\(place).\(key) must be text", at: value)
        }
        return scalar.string
    }

    package func number(_ key: String) throws(CascadeError) -> Double? {
        guard let value = node[key] else { return nil }
        guard let text = value.scalar?.string, let number = Double(text.replacing("_", with: "")),
            number.isFinite
        else { throw fault("\(place).\(key) must be a number", at: value) }
        return number
    }

    package func mapping(_ key: String, keys: [String]) throws(CascadeError) -> YAMLReader? {
        guard let value = node[key] else { return nil }
        return try YAMLReader(value, file: file, place: place + "." + key, keys: keys)
    }

    package func sequence(_ key: String) throws(CascadeError) -> [Node] {
        guard let value = node[key] else { return [] }
        guard case .sequence(let sequence) = value else {
            throw fault("\(place).\(key) must be a list", at: value)
        }
        return Array(sequence)
    }

    /// One of a closed set of names.
    package func choice<Choice: RawRepresentable & CaseIterable>(
        _ key: String, of type: Choice.Type
    ) throws(CascadeError) -> Choice? where Choice.RawValue == String {
        guard let text = try text(key), let value = node[key] else { return nil }
        guard let choice = Choice(rawValue: text) else {
            let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw fault("\(place).\(key) must be one of \(names)", at: value)
        }
        return choice
    }
}
