/// Finite numbers in rising order, and what edges are made of.
struct SortedValues {
    let sorted: [Float]

    init(_ values: [Float]) { sorted = values.filter(\.isFinite).sorted() }
    init(sorted: [Float]) { self.sorted = sorted }

    /// The value below which `share` of the values lie (lower value, no interpolation); 0 of none.
    func quantile(_ share: Double) -> Float {
        guard !sorted.isEmpty else { return 0 }
        let place = Int(share * Double(sorted.count - 1))
        return sorted[min(max(place, 0), sorted.count - 1)]
    }

    /// The distinct values, or `nil` when there are more than `limit`.
    func distinct(atMost limit: Int) -> [Float]? {
        var distinct: [Float] = []
        for value in sorted where distinct.last != value {
            guard distinct.count < limit else { return nil }
            distinct.append(value)
        }
        return distinct
    }

    /// The values without the one that occurs most often (the lowest of several).
    func withoutMode() -> [Float] {
        var (best, bestLength) = (0, 0)
        var start = 0
        for index in sorted.indices {
            if sorted[index] != sorted[start] { start = index }
            if index - start + 1 > bestLength { (best, bestLength) = (start, index - start + 1) }
        }
        return Array(sorted[..<best] + sorted[(best + bestLength)...])
    }
}

/// Edges in the making: taken in order of importance until the cap, none closer to another than useful.
struct EdgeSet {
    let cap: Int
    let smallestGap: Float
    private(set) var sorted: [Float] = []

    init(cap: Int, smallestGap: Float) {
        self.cap = cap
        self.smallestGap = smallestGap
    }

    /// Adds an edge unless the set is full or has one as near.
    mutating func insert(_ edge: Float) {
        let place = sorted.firstIndex { $0 >= edge } ?? sorted.count
        if place < sorted.count, sorted[place] - edge <= smallestGap { return }
        if place > 0, edge - sorted[place - 1] <= smallestGap { return }
        add(edge)
    }

    /// Adds both sides of a jump, however near; both or none.
    mutating func insertPair(_ below: Float, _ above: Float) {
        let missing = [below, above].filter { !sorted.contains($0) }
        guard sorted.count + missing.count <= cap else { return }
        for edge in missing { add(edge) }
    }

    private mutating func add(_ edge: Float) {
        guard edge.isFinite, sorted.count < cap, !sorted.contains(edge) else { return }
        // −0 and 0 are one edge.
        let edge = edge == 0 ? 0 : edge
        sorted.insert(edge, at: sorted.firstIndex { $0 > edge } ?? sorted.count)
    }
}
