/// One phrase as the models read it: a kind, a place in that kind's vocabulary, a weight to the next place.
///
/// For a numeric kind with embedding table E the value is `(1 − weight)·E[index] + weight·E[index + 1]`
/// (piecewise-linear encoding, Gorishniy et al. 2022). Categories have weight 0.
public struct Token: Hashable, Sendable {
    /// Raw value of the phrase's `Kind`.
    public var kind: UInt8
    /// Place in the kind's vocabulary. For weight 0 only this place is read.
    public var index: UInt16
    /// In [0, 1).
    public var weight: Float

    @inlinable public init(kind: UInt8, index: UInt16, weight: Float) {
        self.kind = kind
        self.index = index
        self.weight = weight
    }
}

/// Descriptions of several transactions, one behind the other without padding.
///
/// Row `r` is `tokens[starts[r] ..< starts[r + 1]]`. Reused between batches: `removeAll` keeps the memory.
public struct DescriptionBatch: Sendable {
    public private(set) var tokens: [Token] = []
    public private(set) var starts: [Int32] = [0]

    public init() {}

    /// Number of complete descriptions.
    @inlinable public var count: Int { starts.count - 1 }

    /// The phrases of one description.
    @inlinable public func row(_ row: Int) -> Range<Int> { Int(starts[row])..<Int(starts[row + 1]) }

    @inlinable public mutating func append(_ token: Token) { appendToken(token) }
    @usableFromInline mutating func appendToken(_ token: Token) { tokens.append(token) }

    /// Ends the description that the tokens since the last call belong to.
    public mutating func endRow() { starts.append(Int32(tokens.count)) }

    /// Forgets all descriptions and keeps the memory.
    public mutating func removeAll() {
        tokens.removeAll(keepingCapacity: true)
        starts.removeAll(keepingCapacity: true)
        starts.append(0)
    }
}
