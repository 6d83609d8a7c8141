/// What is wrong with a condition, and where.
public struct ConditionFault: Error, Sendable, Equatable, CustomStringConvertible {
    public var cause: String
    /// From 1, within the text of the condition.
    public var line: Int
    public var column: Int

    public var description: String { "line \(line), column \(column): \(cause)" }
}

/// The name that was probably meant: fewest edits, at most half of its letters.
func nearestName(to word: String, among names: [String]) -> String? {
    let scored = names.map { (name: $0, distance: editDistance(word, $0)) }
    guard let best = scored.min(by: { ($0.distance, $0.name) < ($1.distance, $1.name) }),
        best.distance <= max(1, best.name.count / 2)
    else { return nil }
    return best.name
}

/// Levenshtein's distance: insertions, deletions, replacements.
func editDistance(_ left: String, _ right: String) -> Int {
    let right = Array(right)
    var previous = Array(0...right.count)
    for (row, character) in left.enumerated() {
        var current = [row + 1]
        for (column, other) in right.enumerated() {
            current.append(
                min(
                    previous[column] + (character == other ? 0 : 1), previous[column + 1] + 1,
                    current[column] + 1))
        }
        previous = current
    }
    return previous[right.count]
}
