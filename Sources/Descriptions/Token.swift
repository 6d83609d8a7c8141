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
/// Row `r` is `tokens[row(r)]`. Reused between batches: `removeAll` keeps the memory, so a batch that has
/// reached its largest size allocates nothing more.
public struct DescriptionBatch: Sendable {
    /// `storage[..<tokenCount]` are tokens; the rest is memory kept for later ones.
    @usableFromInline var storage: [Token] = []
    /// Number of tokens of all descriptions, the unfinished one included.
    public private(set) var tokenCount = 0
    @usableFromInline var starts: [Int32] = [0]

    public init() {}

    /// Number of complete descriptions.
    @inlinable public var count: Int { starts.count - 1 }

    /// All tokens, description after description; indices start at 0.
    public var tokens: ArraySlice<Token> { storage[..<tokenCount] }

    /// Where the phrases of one description lie among `tokens`.
    @inlinable public func row(_ row: Int) -> Range<Int> { Int(starts[row])..<Int(starts[row + 1]) }

    /// Lends all tokens and the start of each row (`count + 1` numbers; the last is the number of tokens).
    @inlinable public func withTokens<R>(
        _ body: (_ tokens: UnsafeBufferPointer<Token>, _ starts: UnsafeBufferPointer<Int32>) throws -> R
    ) rethrows -> R {
        try storage.withUnsafeBufferPointer { tokens in
            try starts.withUnsafeBufferPointer { starts in
                try body(UnsafeBufferPointer(rebasing: tokens[..<Int(starts[starts.count - 1])]), starts)
            }
        }
    }

    /// Adds a token to the description that is being said.
    public mutating func append(_ token: Token) {
        makeRoom(for: 1)
        storage[tokenCount] = token
        tokenCount += 1
    }

    /// Ends the description that the tokens since the last call belong to.
    public mutating func endRow() { starts.append(Int32(truncatingIfNeeded: tokenCount)) }

    /// Forgets all descriptions and keeps the memory.
    public mutating func removeAll() {
        tokenCount = 0
        starts.removeAll(keepingCapacity: true)
        starts.append(0)
    }

    /// Lends memory for `capacity` more tokens; `body` returns how many it wrote.
    @inline(__always)
    mutating func write(upTo capacity: Int, _ body: (UnsafeMutablePointer<Token>) -> Int) {
        makeRoom(for: capacity)
        let start = tokenCount
        var written = 0
        storage.withUnsafeMutableBufferPointer { buffer in
            // SAFETY: makeRoom left at least `capacity` (≥ 1) initialised tokens from `start` on.
            if let base = buffer.baseAddress { written = body(base + start) }
        }
        tokenCount = start + written
    }

    @inline(__always)
    private mutating func makeRoom(for count: Int) {
        if storage.count < tokenCount + count { grow(to: tokenCount + count) }
    }

    @inline(never)
    private mutating func grow(to needed: Int) {
        let target = max(needed, storage.count * 2)
        let filler = Token(kind: 0, index: 0, weight: 0)
        storage.append(contentsOf: repeatElement(filler, count: target - storage.count))
    }
}
