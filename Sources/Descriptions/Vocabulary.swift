import History

/// The values that phrases can take, per kind: what a model was trained with, kept in its file.
///
/// A kind without an entry is not said: its fact was never present or never varied in the history.
public struct Vocabulary: Sendable, Equatable {
    /// The values of one kind.
    public enum Values: Sendable, Equatable {
        /// Strictly rising finite edges q₀ < … < q_B, 2 to 64 of them. Place k stands for exactly q_k.
        /// An absent number is not said.
        case edges([Float])
        /// Place 0: the fact is missing; 1 … codes.count: these codes, in this order; then `buckets` (≥ 1)
        /// places that share all other codes by hash.
        /// `saysMissing`: whether a missing fact is said (place 0) or left out.
        case categories(codes: [UInt32], buckets: Int, saysMissing: Bool)

        /// Number of places, that is rows of the kind's embedding.
        public var count: Int {
            switch self {
            case .edges(let edges): edges.count
            case .categories(let codes, let buckets, _): 1 + codes.count + buckets
            }
        }
    }

    public struct Entry: Sendable, Equatable {
        public let kind: Kind
        public let values: Values

        public init(kind: Kind, values: Values) {
            self.kind = kind
            self.values = values
        }
    }

    /// In the order of speech, each kind at most once.
    public let entries: [Entry]

    /// Where the places of each kind start when all are laid one behind the other; indexed by raw value of
    /// the kind, −1 for kinds that are not said. `rowOffsets[kind] + index` is a row of a model's table.
    public let rowOffsets: [Int32]
    /// Places of all kinds together. A table that is read at `index + 1` without a branch needs one more row.
    public let rowCount: Int

    /// Largest number of edges of a numeric kind.
    public static let largestEdgeCount = 64
    /// Largest number of places of a category.
    public static let largestCategoryCount = 4096

    /// - Throws: `DescriptionsError` (`invalid_vocabulary`) when an entry breaks what `Values` says, when
    ///   kinds are out of order or when form and kind do not fit.
    public init(entries: [Entry]) throws(DescriptionsError) {
        var offsets = [Int32](repeating: -1, count: Kind.allCases.count)
        var next = 0
        var previous = -1
        for entry in entries {
            guard Int(entry.kind.rawValue) > previous else {
                throw .invalidVocabulary("kind \(entry.kind.name) is out of order")
            }
            if let fault = Self.fault(of: entry) {
                throw .invalidVocabulary("\(entry.kind.name): \(fault)")
            }
            previous = Int(entry.kind.rawValue)
            offsets[previous] = Int32(next)
            next += entry.values.count
        }
        self.entries = entries
        rowOffsets = offsets
        rowCount = next
    }

    /// The values of a kind; `nil` when it is not said.
    public func values(of kind: Kind) -> Values? { entries.first { $0.kind == kind }?.values }

    /// Number of places of a kind; 0 when it is not said.
    public func count(of kind: Kind) -> Int { values(of: kind)?.count ?? 0 }

    /// Whether every kind of another vocabulary is said here too, with the same values.
    public func contains(_ other: Vocabulary) -> Bool {
        other.entries.allSatisfy { values(of: $0.kind) == $0.values }
    }

    /// The bucket of a code that has no place of its own. Fixed for ever: models depend on it.
    ///
    /// The finaliser of MurmurHash3 (32 bits), then a multiplication instead of a remainder.
    @inlinable public static func bucket(of code: UInt32, among buckets: Int) -> Int {
        var h = code
        h ^= h >> 16
        h = h &* 0x85eb_ca6b
        h ^= h >> 13
        h = h &* 0xc2b2_ae35
        h ^= h >> 16
        return Int((UInt64(h) &* UInt64(buckets)) >> 32)
    }

    /// The number that a numeric token stands for: the inverse of the encoding inside the edges.
    public func number(of token: Token) -> Float? {
        guard let kind = Kind(rawValue: token.kind), case .edges(let edges) = values(of: kind),
            Int(token.index) < edges.count
        else { return nil }
        let low = edges[Int(token.index)]
        guard token.weight > 0, Int(token.index) + 1 < edges.count else { return low }
        return low + token.weight * (edges[Int(token.index) + 1] - low)
    }

    private static func fault(of entry: Entry) -> String? {
        switch entry.values {
        case .edges(let edges):
            guard entry.kind.form == .number else { return "edges for a category" }
            guard (2...largestEdgeCount).contains(edges.count) else { return "\(edges.count) edges" }
            guard edges.allSatisfy(\.isFinite) else { return "an edge is not finite" }
            guard zip(edges, edges.dropFirst()).allSatisfy({ $0 < $1 && ($1 - $0).isFinite })
            else { return "edges do not rise" }
        case .categories(let codes, let buckets, let saysMissing):
            guard entry.kind.form == .category else { return "categories for a number" }
            guard (1..<largestCategoryCount).contains(buckets), codes.count < largestCategoryCount - buckets
            else { return "too few or too many places" }
            guard !saysMissing || entry.kind.allFacts.count == 1 else { return "missing words are not said" }
            guard !codes.contains(0), Set(codes).count == codes.count
            else { return "a code is repeated or 0" }
        }
        return nil
    }
}

/// An operating fault of this room. Its text carries no customer data.
public struct DescriptionsError: Error, Sendable, CustomStringConvertible {
    /// Stable machine-readable code.
    public let code: String
    /// What was being done.
    public let operation: String
    /// Why it failed, without data of a customer.
    public let cause: String
    public let isRetriable = false

    public var description: String { "\(operation): \(cause) (\(code))" }

    static func invalidVocabulary(_ cause: String) -> DescriptionsError {
        DescriptionsError(code: "invalid_vocabulary", operation: "reading a vocabulary", cause: cause)
    }
}
