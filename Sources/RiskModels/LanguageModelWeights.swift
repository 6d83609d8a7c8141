import Descriptions

/// The float32 parameters of a language model in one array, as training keeps them.
///
/// The model file holds them as named tensors (`LanguageModelShape.name(of:)`, F32,
/// `LanguageModelShape.dimensions(of:)`) and the sizes as settings `width`, `layers`, `heads`, `queries` and
/// `causal` (0 or 1); pairs, if there are any, as in a scorecard's file.
public struct LanguageModelWeights: Sendable, Equatable {
    public let shape: LanguageModelShape
    /// All parameters; tensor after tensor in the order of `shape.parts`.
    public var values: [Float]
    /// What two phrases say together, beside the points of each.
    public var pairs: [ScorecardWeights.Pair] = []

    /// Largest magnitude of a parameter in a file. Far above any trained one, and low enough that no sum
    /// inside the engine can overflow float32: a description never scores NaN.
    public static let largestMagnitude: Float = 10_000

    /// - Parameter values: `shape.parameterCount` of them.
    public init(shape: LanguageModelShape, values: [Float]) {
        precondition(values.count == shape.parameterCount, "as many values as parameters")
        self.shape = shape
        self.values = values
    }

    /// What training starts from: matrices uniform in ±√(3 / inputs), the two that feed a residual smaller by
    /// √(2·layers), embeddings ±0.1, gains and gates 1, biases, points and the start 0. Same seed, same bits.
    public init(shape: LanguageModelShape, seed: UInt64) {
        var random = SplitMix64(state: seed)
        self.shape = shape
        values = []
        values.reserveCapacity(shape.parameterCount)
        let residual = (1 / Float(2 * shape.layers)).squareRoot()
        for part in shape.parts {
            let dimensions = shape.dimensions(of: part)
            let bound = (3 / Float(dimensions.last ?? 1)).squareRoot()
            for _ in 0..<shape.count(of: part) {
                switch part {
                case .kinds, .values, .queries, .judgingWeight: values.append(0.1 * random.symmetric())
                case .qkvWeight, .upWeight, .readingWeight: values.append(bound * random.symmetric())
                case .outputWeight, .downWeight: values.append(residual * bound * random.symmetric())
                case .attentionGain, .mlpGain, .finalGain, .readingGates: values.append(1)
                case .qkvBias, .outputBias, .upBias, .downBias, .judgingBias, .points, .readingStart,
                    .readingBias:
                    values.append(0)
                }
            }
        }
    }

    /// The numbers of one tensor, row-major.
    public subscript(part: LanguageModelShape.Part) -> ArraySlice<Float> {
        guard let place = shape.places[part] else { return [] }
        return values[place]
    }
}

extension LanguageModelWeights {
    /// Reads the weights of a model file.
    /// - Throws: `ModelFileError`: a setting or tensor is missing, has another shape than the vocabulary and
    ///   the settings ask for, or holds a number that is not finite or beyond `largestMagnitude`.
    public init(_ model: ModelFile) throws(ModelFileError) {
        func setting(_ name: String) throws(ModelFileError) -> Int {
            guard let value = model.settings[name].flatMap({ Int($0) }) else {
                throw Self.fault(.missing, "the setting \(name) is missing or no whole number")
            }
            return value
        }
        let causal = try setting("causal")
        guard causal == 0 || causal == 1 else { throw Self.fault(.wrongShape, "causal must be 0 or 1") }
        let shape = try LanguageModelShape(
            vocabulary: model.vocabulary, width: setting("width"), layers: setting("layers"),
            heads: setting("heads"), isCausal: causal == 1, queries: setting("queries"))
        guard let shape else { throw Self.fault(.wrongShape, "the engine does not serve these sizes") }
        let rows = LanguageModelShape.name(of: .values)
        if let found = model.tensors[rows]?.shape, found.count == 2, found[0] != shape.rowCount {
            throw Self.fault(
                .foreignVocabulary,
                "tensor \(rows) has \(found[0]) rows, the vocabulary \(shape.rowCount) places")
        }
        var values: [Float] = []
        values.reserveCapacity(shape.parameterCount)
        for part in shape.parts {
            let name = LanguageModelShape.name(of: part)
            guard let tensor = model.tensors[name] else {
                throw Self.fault(.missing, "the tensor \(name) is missing")
            }
            let dimensions = shape.dimensions(of: part)
            guard tensor.shape == dimensions, let numbers = tensor.floats else {
                throw Self.fault(
                    .wrongShape,
                    "tensor \(name) is \(tensor.element.rawValue) \(tensor.shape), not F32 \(dimensions)")
            }
            // The comparison is false for NaN.
            guard numbers.allSatisfy({ $0.magnitude <= Self.largestMagnitude }) else {
                throw Self.fault(
                    .notFinite, "tensor \(name) holds a number beyond ±\(Self.largestMagnitude)")
            }
            values += numbers
        }
        self.init(shape: shape, values: values)
        guard model.tensors.keys.contains(where: { $0.hasPrefix("scorecard.") }) else { return }
        pairs = try ScorecardWeights.Pair.read(model.tensors, model.vocabulary)
        guard pairs.allSatisfy({ $0.points.allSatisfy { $0.magnitude <= Self.largestMagnitude } }) else {
            throw Self.fault(.notFinite, "a pair holds a number beyond ±\(Self.largestMagnitude)")
        }
    }

    /// The mean of this model's log-odds and a scorecard's, weighed.
    /// - Parameters:
    ///   - scorecard: points for the very places of this model's vocabulary.
    ///   - share: of the scorecard, 0 to 1.
    public mutating func join(_ scorecard: ScorecardWeights, share: Float) {
        func mix(_ part: LanguageModelShape.Part, _ other: (Int) -> Float) {
            guard let places = shape.places[part] else { return }
            for (index, place) in places.enumerated() {
                values[place] = (1 - share) * values[place] + share * other(index)
            }
        }
        mix(.judgingWeight) { _ in 0 }
        mix(.judgingBias) { _ in Float(scorecard.intercept) }
        mix(.points) { scorecard.points[$0] }
        pairs = scorecard.pairs.map { pair in
            var pair = pair
            pair.points = pair.points.map { share * $0 }
            return pair
        }
    }

    /// The weights as tensors of a model file.
    public var tensors: [String: Tensor] {
        var result: [String: Tensor] = [:]
        for part in shape.parts {
            let bytes = self[part].flatMap { value in
                withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) }
            }
            result[LanguageModelShape.name(of: part)] = Tensor(
                element: .float32, shape: shape.dimensions(of: part), bytes: bytes)
        }
        guard !pairs.isEmpty else { return result }
        let kinds = Kind.allCases.filter { shape.entryPlaces[Int($0.rawValue)] >= 0 }
        return result.merging(ScorecardWeights.Pair.tensors(of: pairs, kinds)) { own, _ in own }
    }

    /// The sizes as settings of a model file.
    public var settings: [String: String] {
        [
            "width": "\(shape.width)", "layers": "\(shape.layers)", "heads": "\(shape.heads)",
            "causal": shape.isCausal ? "1" : "0", "queries": "\(shape.queries)",
        ]
    }

    static func fault(_ code: ModelFileError.Code, _ cause: String) -> ModelFileError {
        ModelFileError(code, operation: "check language model", cause: cause)
    }
}

/// A small generator for initial weights (Steele, Lea, Flood 2014: SplitMix64).
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// Uniform in [−1, 1), a multiple of 2⁻²³.
    mutating func symmetric() -> Float { Float(next() >> 40) / 8_388_608 - 1 }
}
