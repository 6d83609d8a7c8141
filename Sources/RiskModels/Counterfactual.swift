import Descriptions
import History

/// The smallest change of one phrase that would have kept a transaction from being an alert, as tried.
public struct Counterfactual: Sendable, Equatable {
    /// The phrase as it was read.
    public var from: Token
    /// The phrase that would have brought the score under the threshold.
    public var to: Token
    /// The number behind `to`, as people are told it; `nil` for a category.
    public var value: Float?
    /// The code behind `to`; `nil` for a number.
    public var code: UInt32?
    /// What the brick says with the change: below the threshold.
    public var probability: Double
    /// Every tried number further away in the same direction stays below the threshold too.
    public var holdsBeyond: Bool

    public init(
        from: Token, to: Token, value: Float?, code: UInt32?, probability: Double, holdsBeyond: Bool
    ) {
        self.from = from
        self.to = to
        self.value = value
        self.code = code
        self.probability = probability
        self.holdsBeyond = holdsBeyond
    }

    /// What kind of phrase; `nil` for a token of no known kind.
    public var kind: Kind? { Kind(rawValue: to.kind) }
}

/// The changes of one phrase that a counterfactual tries.
struct CounterfactualSearch {
    /// One phrase replaced by another of its kind.
    struct Change {
        var from: Token
        var to: Token
        var value: Float?
        var code: UInt32?
        /// Share of the kind's places that lie between the two; a quarter for a category.
        var size: Double

        /// Whether this is a number further away from the actual one, in the same direction.
        func isBeyond(_ other: Change) -> Bool {
            guard let value, let start = other.value, from == other.from else { return false }
            return size > other.size && (to.place < from.place) == (other.to.place < from.place)
                && value != start
        }
    }

    /// Values tried per phrase and batch.
    static let values = 6

    let token: Token
    let kind: Kind
    private let entry: Vocabulary.Values
    private let vocabulary: Vocabulary
    private let describer: Describer

    /// - Returns: `nil` for a kind whose values people cannot be told.
    init?(_ token: Token, vocabulary: Vocabulary, describer: Describer) {
        guard let kind = Kind(rawValue: token.kind), let values = vocabulary.values(of: kind),
            kind != .merchantWord, kind != .currency
        else { return nil }
        self.token = token
        self.kind = kind
        self.vocabulary = vocabulary
        self.describer = describer
        entry = values
    }

    /// Values spread evenly over the places of the kind.
    var spread: [Change] {
        switch entry {
        case .edges(let edges):
            let last = Float(edges.count - 1)
            return (0..<Self.values).compactMap { change(to: last * Float($0) / Float(Self.values - 1)) }
        case .categories(let codes, _, _):
            return codes.enumerated().prefix(Self.values).compactMap { place, code in
                let other = Token(kind: token.kind, index: UInt16(truncatingIfNeeded: place + 1), weight: 0)
                return other == token
                    ? nil : Change(from: token, to: other, value: nil, code: code, size: 0.25)
            }
        }
    }

    /// Values between the nearest tried one that helps, on either side, and the last one before it; none
    /// where they could not be smaller than the smallest change that helps.
    /// - Parameters:
    ///   - tried: changes of any phrases.
    ///   - probabilities: what they gave, as many.
    func between(_ tried: [Change], _ probabilities: [Double], below threshold: Double) -> [Change] {
        guard case .edges(let edges) = entry else { return [] }
        let smallest = tried.indices.filter { probabilities[$0] < threshold }.map { tried[$0].size }.min()
        var changes: [Change] = []
        for isUp in [false, true] {
            let side = tried.indices.filter {
                tried[$0].from == token && (tried[$0].to.place > token.place) == isUp
            }.sorted { tried[$0].size < tried[$1].size }
            guard let helping = side.firstIndex(where: { probabilities[$0] < threshold }) else { continue }
            let start = helping > side.startIndex ? tried[side[helping - 1]].to.place : token.place
            let least = Double((start - token.place).magnitude) / Double(edges.count - 1)
            guard least < smallest ?? 0 else { continue }
            let step = (tried[side[helping]].to.place - start) / Float(Self.values + 1)
            changes += (1...Self.values).compactMap { change(to: start + Float($0) * step) }
        }
        return changes
    }

    /// The change to about a place (index + weight); `nil` when it says the same or goes the other way.
    private func change(to place: Float) -> Change? {
        let index = max(0, place.rounded(.down))
        let near = Token(
            kind: token.kind, index: UInt16(min(index, 63)), weight: min(place - index, 0.999_999))
        guard let from = vocabulary.number(of: token), let number = vocabulary.number(of: near),
            number != from, case .edges(let edges) = entry
        else { return nil }
        let value = kind.rounded(number, isUp: number > from)
        guard (value > from) == (number > from), value >= edges[0], value <= edges[edges.count - 1] else {
            return nil
        }
        var row = FactRow()
        row[number: kind.fact] = value
        guard let to = describer.tokens(row).first(where: { $0.kind == token.kind }), to != token else {
            return nil
        }
        let size = Double((to.place - token.place).magnitude) / Double(edges.count - 1)
        return Change(from: token, to: to, value: value, code: nil, size: size)
    }
}

extension Kind {
    /// A number as people are told it, no nearer to the actual one than given: whole where the kind counts
    /// something, otherwise two significant digits.
    /// - Parameter isUp: whether the number lies above the actual one.
    func rounded(_ number: Float, isUp: Bool) -> Float {
        let rule: FloatingPointRoundingRule = isUp ? .up : .down
        if isWhole { return number.rounded(rule) }
        var scale: Float = 1
        let size = number.magnitude
        guard size > 0, size.isFinite else { return number }
        while size * scale < 10, scale < 1e6 { scale *= 10 }
        while size * scale >= 100, scale > 1e-9 { scale /= 10 }
        return (number * scale).rounded(rule) / scale
    }

    /// Whether the kind counts things.
    var isWhole: Bool {
        switch self {
        case .overdraftDays30d, .returnedDebits30d, .count10m, .count1h, .count1d, .count7d, .count30d,
            .distinctMerchants1h, .declines1d, .merchantVisits, .counterpartCount1d, .counterpartCount7d,
            .counterpartCount30d, .counterpartFrauds30d:
            true
        default: false
        }
    }
}
