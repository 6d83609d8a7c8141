import Descriptions

/// The numbers of a scorecard, as training makes them and the model file keeps them.
///
/// | tensor | type and shape | meaning |
/// |---|---|---|
/// | `scorecard.intercept` | F64 [1] | log-odds of an empty description |
/// | `scorecard.points` | F32 [places of the vocabulary] | log-odds per place |
/// | `scorecard.means` | F32 [entries of the vocabulary] | average points of a kind where it is said |
/// | `scorecard.pair_kinds` | U16 [2·pairs] | places in the vocabulary's entries |
/// | `scorecard.pair_sizes` | U16 [2·pairs] | grid size of each side, 2…64 |
/// | `scorecard.pair_coordinates` | F32 | per pair: of the first kind's places, then the second's |
/// | `scorecard.pair_points` | F32 | per pair: grid, row-major, first kind slowest |
public struct ScorecardWeights: Sendable, Equatable {
    /// Two kinds that speak together.
    public struct Pair: Sendable, Equatable {
        public var first: Kind
        public var second: Kind
        /// Grid coordinate of each place of the first kind, rising, in [0, firstSize − 1].
        public var firstCoordinates: [Float]
        public var secondCoordinates: [Float]
        public var firstSize: Int
        public var secondSize: Int
        /// `firstSize × secondSize` log-odds, row-major.
        public var points: [Float]

        public init(
            first: Kind, second: Kind, firstCoordinates: [Float], secondCoordinates: [Float],
            firstSize: Int, secondSize: Int, points: [Float]
        ) {
            self.first = first
            self.second = second
            self.firstCoordinates = firstCoordinates
            self.secondCoordinates = secondCoordinates
            self.firstSize = firstSize
            self.secondSize = secondSize
            self.points = points
        }

        /// Grid cell and the part of the way to the next one, for a place (index + weight).
        @inlinable static func cell(_ place: Float, _ coordinates: [Float], size: Int) -> (Int, Double) {
            let index = Int(place)
            let weight = Double(place - Float(index))
            let low = Double(coordinates[index])
            let next = min(index + 1, coordinates.count - 1)
            let coordinate = low + weight * (Double(coordinates[next]) - low)
            let cell = min(Int(coordinate), size - 2)
            return (cell, coordinate - Double(cell))
        }

        /// The four corners around two places and the share of each.
        @inlinable public func corners(
            _ firstPlace: Float, _ secondPlace: Float
        ) -> (corner: Int, along: Double, across: Double) {
            let (row, along) = Self.cell(firstPlace, firstCoordinates, size: firstSize)
            let (column, across) = Self.cell(secondPlace, secondCoordinates, size: secondSize)
            return (row * secondSize + column, along, across)
        }

        /// Bilinear interpolation in the grid.
        @inlinable func points(_ firstPlace: Float, _ secondPlace: Float) -> Double {
            let (corner, along, across) = corners(firstPlace, secondPlace)
            let below = corner + secondSize
            let top =
                Double(points[corner]) + across * (Double(points[corner + 1]) - Double(points[corner]))
            let bottom =
                Double(points[below]) + across * (Double(points[below + 1]) - Double(points[below]))
            return top + along * (bottom - top)
        }
    }

    public var intercept: Double
    /// One per place of the vocabulary.
    public var points: [Float]
    /// Average log-odds of a kind where it is said, by raw value of the kind; 0 for kinds not said.
    public var means: [Float]
    public var pairs: [Pair]

    public init(intercept: Double, points: [Float], means: [Float], pairs: [Pair] = []) {
        self.intercept = intercept
        self.points = points
        self.means = means
        self.pairs = pairs
    }

    // MARK: File

    /// The tensors of the table above.
    public func tensors(for vocabulary: Vocabulary) -> [String: Tensor] {
        let said = [
            "scorecard.intercept": Tensor([intercept]),
            "scorecard.points": Tensor(points),
            "scorecard.means": Tensor(vocabulary.entries.map { means[Int($0.kind.rawValue)] }),
        ]
        return said.merging(Pair.tensors(of: pairs, vocabulary.entries.map(\.kind))) { own, _ in own }
    }

    /// - Throws: `ModelFileError` when a tensor is missing or has another shape than the vocabulary asks for.
    init(tensors: [String: Tensor], vocabulary: Vocabulary) throws(ModelFileError) {
        guard let intercept = tensors["scorecard.intercept"]?.doubles, intercept.count == 1 else {
            throw Self.fault(.missing, "the F64 tensor scorecard.intercept is missing")
        }
        self.intercept = intercept[0]
        if let found = tensors["scorecard.points"]?.floats?.count, found != vocabulary.rowCount {
            throw Self.fault(
                .foreignVocabulary,
                "scorecard.points has \(found) numbers, the vocabulary \(vocabulary.rowCount) places")
        }
        points = try Self.floats("points", of: tensors, count: vocabulary.rowCount)
        let said = try Self.floats("means", of: tensors, count: vocabulary.entries.count)
        means = [Float](repeating: 0, count: 256)
        for (entry, mean) in zip(vocabulary.entries, said) { means[Int(entry.kind.rawValue)] = mean }
        pairs = try Pair.read(tensors, vocabulary)
    }

    fileprivate static func floats(
        _ name: String, of tensors: [String: Tensor], count: Int
    ) throws(ModelFileError) -> [Float] {
        guard let values = tensors["scorecard." + name]?.floats else {
            throw fault(.missing, "the F32 tensor scorecard.\(name) is missing")
        }
        guard values.count == count else {
            throw fault(.wrongShape, "scorecard.\(name) has \(values.count) numbers, not \(count)")
        }
        return values
    }

    fileprivate static func fault(_ code: ModelFileError.Code, _ cause: String) -> ModelFileError {
        ModelFileError(code, operation: "check scorecard", cause: cause)
    }
}

extension ScorecardWeights.Pair {
    /// The four tensors of pairs in a file.
    /// - Parameter kinds: the kinds of the vocabulary's entries, in their order.
    static func tensors(of pairs: [Self], _ kinds: [Kind]) -> [String: Tensor] {
        let entryOfKind = Dictionary(
            kinds.enumerated().map { ($1, UInt16($0)) }, uniquingKeysWith: { a, _ in a })
        return [
            "scorecard.pair_kinds": Tensor(
                pairs.flatMap { [entryOfKind[$0.first] ?? 0, entryOfKind[$0.second] ?? 0] }),
            "scorecard.pair_sizes": Tensor(
                pairs.flatMap { [UInt16($0.firstSize), UInt16($0.secondSize)] }),
            "scorecard.pair_coordinates": Tensor(
                pairs.flatMap { $0.firstCoordinates + $0.secondCoordinates }),
            "scorecard.pair_points": Tensor(pairs.flatMap(\.points)),
        ]
    }

    /// The pairs of a file.
    /// - Throws: `ModelFileError` when a tensor is missing or has another shape than the vocabulary asks for.
    static func read(
        _ tensors: [String: Tensor], _ vocabulary: Vocabulary
    ) throws(ModelFileError) -> [Self] {
        let frames = try frames(tensors, vocabulary)
        let coordinateCount = frames.reduce(0) { $0 + $1.first.values.count + $1.second.values.count }
        let pointCount = frames.reduce(0) { $0 + $1.sizes.0 * $1.sizes.1 }
        func floats(_ name: String, count: Int) throws(ModelFileError) -> ArraySlice<Float> {
            try ScorecardWeights.floats(name, of: tensors, count: count)[...]
        }
        var coordinates = try floats("pair_coordinates", count: coordinateCount)
        var grid = try floats("pair_points", count: pointCount)
        var pairs: [Self] = []
        for frame in frames {
            let pair = Self(
                first: frame.first.kind, second: frame.second.kind,
                firstCoordinates: coordinates.take(frame.first.values.count),
                secondCoordinates: coordinates.take(frame.second.values.count),
                firstSize: frame.sizes.0, secondSize: frame.sizes.1,
                points: grid.take(frame.sizes.0 * frame.sizes.1))
            let fits =
                pair.firstCoordinates.allSatisfy { $0 >= 0 && $0 <= Float(pair.firstSize - 1) }
                && pair.secondCoordinates.allSatisfy { $0 >= 0 && $0 <= Float(pair.secondSize - 1) }
            guard fits else {
                throw ScorecardWeights.fault(.wrongShape, "a pair's coordinate lies outside its grid")
            }
            pairs.append(pair)
        }
        return pairs
    }

    private typealias Frame = (first: Vocabulary.Entry, second: Vocabulary.Entry, sizes: (Int, Int))

    /// The pairs without their numbers.
    private static func frames(
        _ tensors: [String: Tensor], _ vocabulary: Vocabulary
    ) throws(ModelFileError) -> [Frame] {
        guard let kinds = tensors["scorecard.pair_kinds"]?.integers16,
            let sizes = tensors["scorecard.pair_sizes"]?.integers16
        else { throw ScorecardWeights.fault(.missing, "the U16 tensors of the pairs are missing") }
        guard kinds.count == sizes.count, kinds.count % 2 == 0, kinds.count <= 512,
            kinds.allSatisfy({ Int($0) < vocabulary.entries.count }),
            sizes.allSatisfy({ (2...64).contains($0) })
        else { throw ScorecardWeights.fault(.wrongShape, "the pairs do not fit the vocabulary") }
        return stride(from: 0, to: kinds.count, by: 2).map { place in
            (
                vocabulary.entries[Int(kinds[place])], vocabulary.entries[Int(kinds[place + 1])],
                (Int(sizes[place]), Int(sizes[place + 1]))
            )
        }
    }
}

extension [ScorecardWeights.Pair] {
    /// Adds the log-odds of all pairs whose kinds are both said, in their order.
    /// - Parameter places: index and weight of each kind by raw value; below 0 where it is not said.
    func added(to points: Double, at places: UnsafeMutableBufferPointer<Float>) -> Double {
        var sum = points
        for pair in self {
            let first = places[Int(pair.first.rawValue)]
            let second = places[Int(pair.second.rawValue)]
            if first >= 0, second >= 0 { sum += pair.points(first, second) }
        }
        return sum
    }
}

extension ArraySlice {
    /// Takes the first elements away; there must be as many.
    fileprivate mutating func take(_ count: Int) -> [Element] {
        defer { self = dropFirst(count) }
        return Array(prefix(count))
    }
}
