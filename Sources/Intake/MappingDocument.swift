import Yams

/// What is wrong with a mapping, with its line.
struct MappingFault: Error {
    var text: String

    init(_ node: Node?, _ text: String) {
        self.text = node?.mark.map { "line \($0.line): \(text)" } ?? text
    }
}

/// A YAML mapping whose keys are from a closed list.
struct MappingSection {
    let node: Node
    private let pairs: [(key: Node, value: Node)]
    let title: String

    /// - Parameters:
    ///   - title: what errors call it (`the field amount`).
    ///   - allowed: the keys it may have.
    init(_ node: Node, title: String, allowed: [String]) throws {
        guard let mapping = node.mapping else {
            throw MappingFault(node, "\(title) must be a list of `key: value` lines")
        }
        self.node = node
        self.title = title
        pairs = mapping.map { ($0.key, $0.value) }
        for (key, _) in pairs {
            let name = key.scalar?.string ?? ""
            guard !allowed.contains(name) else { continue }
            throw MappingFault(key, unknownName(name, in: title, allowed: allowed))
        }
    }

    subscript(_ key: String) -> Node? { pairs.first { $0.key.scalar?.string == key }?.value }

    /// The line of a key's name, for faults that concern the key.
    func keyNode(_ key: String) -> Node? { pairs.first { $0.key.scalar?.string == key }?.key }

    var keys: [String] { pairs.compactMap { $0.key.scalar?.string } }

    /// A scalar as its text, so that `0`, `"0"` and `true` are what is written.
    func text(_ key: String) throws -> String? {
        guard let value = self[key] else { return nil }
        guard let text = value.scalar?.string else {
            throw MappingFault(value, "`\(key)` of \(title) must be one value")
        }
        return text
    }

    /// One of a closed list of words.
    func word<Value>(_ key: String, _ allowed: [(String, Value)]) throws -> Value? {
        guard let text = try text(key) else { return nil }
        guard let match = allowed.first(where: { $0.0 == text }) else {
            throw MappingFault(
                self[key], unknownName(text, in: "`\(key)` of \(title)", allowed: allowed.map(\.0)))
        }
        return match.1
    }
}

/// The text for a name that is not allowed, with the nearest one that is.
func unknownName(_ name: String, in place: String, allowed: [String]) -> String {
    let distances = allowed.map { (editDistance(name, $0), $0) }
    let nearest = distances.min { $0.0 < $1.0 }
    let suggestion = nearest.flatMap { $0.0 <= max(2, name.count / 3) ? "; did you mean `\($0.1)`?" : nil }
    let list = allowed.map { "`\($0)`" }.joined(separator: ", ")
    return "\(place) does not know `\(name)`" + (suggestion ?? "") + " (allowed: \(list))"
}

/// Levenshtein distance.
func editDistance(_ left: String, _ right: String) -> Int {
    let (a, b) = (Array(left.utf8), Array(right.utf8))
    var row = Array(0...b.count)
    for (i, x) in a.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, y) in b.enumerated() {
            let above = row[j + 1]
            row[j + 1] = min(above + 1, row[j] + 1, diagonal + (x == y ? 0 : 1))
            diagonal = above
        }
    }
    return row[b.count]
}
