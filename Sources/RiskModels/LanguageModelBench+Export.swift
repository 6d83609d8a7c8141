import Descriptions

extension LanguageModelBench {
    /// What another runtime needs to read the same as a configuration reads.
    public struct Export: Sendable {
        /// The model with the descriptions as its golden vector.
        public var model: ModelFile
        /// The same descriptions as a runtime without a vocabulary takes them, and what
        /// `LanguageModelReference` makes of them: `rows` (U16) and `weights` (F32), both
        /// [descriptions, phrases]: a phrase lies between that row of `embedding.values` and the next one;
        /// `logits` (F32) [descriptions].
        public var reference: SafetensorsFile
    }

    /// The model and the descriptions that `run` measures a configuration on.
    /// - Returns: `nil` for sizes that the engine does not serve.
    public static func export(
        _ configuration: Configuration, kernels: KernelSet
    ) throws(ModelFileError) -> Export? {
        guard let vocabulary = vocabulary(), let weights = weights(configuration, vocabulary),
            let distribution = ScoreDistribution(transactionsPerDay: 1, shares: [1], probabilities: [0])
        else { return nil }
        let descriptions = descriptions(configuration, vocabulary)
        var model = ModelFile(
            name: "bench-\(configuration.width)-\(configuration.layers)", kind: .languageModel,
            vocabulary: vocabulary, tensors: weights.tensors, calibration: .identity,
            distribution: distribution, settings: weights.settings)
        let assessments = ModelLoader.assess(descriptions, with: try LanguageModel(model, kernels: kernels))
        model.golden = GoldenVector(
            descriptions: descriptions, probabilities: assessments.map(\.probability))

        let reference = LanguageModelReference(weights)
        let places = descriptions.joined().map { reference.place(of: $0) }
        let shape = [configuration.batch, configuration.tokens]
        var file = SafetensorsFile()
        file.tensors["rows"] = Tensor(
            element: .uint16, shape: shape, bytes: Tensor(places.map { UInt16(clamping: $0.low) }).bytes)
        file.tensors["weights"] = Tensor(
            element: .float32, shape: shape, bytes: Tensor(descriptions.joined().map(\.weight)).bytes)
        file.tensors["logits"] = Tensor(descriptions.map { reference.read($0[...]).logit })
        return Export(model: model, reference: file)
    }

    /// Random weights with something in every tensor but the points: those are a scorecard's.
    static func weights(_ configuration: Configuration, _ vocabulary: Vocabulary) -> LanguageModelWeights? {
        guard
            let shape = LanguageModelShape(
                vocabulary: vocabulary, width: configuration.width, layers: configuration.layers,
                heads: configuration.heads)
        else { return nil }
        var weights = LanguageModelWeights(shape: shape, seed: 7)
        var random = SplitMix64(state: 8)
        for place in weights.values.indices { weights.values[place] += 0.05 * random.symmetric() }
        if let points = shape.places[.points] { for place in points { weights.values[place] = 0 } }
        return weights
    }

    /// As many random descriptions as a batch holds.
    static func descriptions(_ configuration: Configuration, _ vocabulary: Vocabulary) -> [[Token]] {
        var random = SplitMix64(state: 11)
        return (0..<configuration.batch).map { _ in
            (0..<configuration.tokens).map { place in
                let kind = vocabulary.entries[place % vocabulary.entries.count].kind
                return Token(
                    kind: kind.rawValue, index: UInt16(random.next() % 39),
                    weight: Float(random.next() >> 40) / 16_777_216)
            }
        }
    }
}
