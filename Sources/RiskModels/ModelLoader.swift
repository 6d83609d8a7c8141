/// From a file to a brick that is safe to swap in: hash, layout, finite, shapes, golden vector.
public enum ModelLoader {
    /// Reads and verifies a file.
    /// - Throws: `ModelFileError`: everything that can be wrong with a file, never a crash.
    public static func load(_ path: String) throws(ModelFileError) -> any Brick {
        try brick(ModelFile(contentsOf: path))
    }

    /// Makes the brick of a model and verifies its golden vector.
    /// - Parameter kernels: `nil` for the set that this CPU runs best.
    public static func brick(
        _ model: ModelFile, kernels: KernelSet? = nil
    ) throws(ModelFileError) -> any Brick {
        let brick: any Brick
        switch model.kind {
        case .scorecard: brick = try Scorecard(model)
        case .languageModel: brick = try LanguageModel(model, kernels: kernels)
        case .credit:
            throw ModelFileError(
                .foreign, operation: "read model",
                cause: "a credit model is no brick of a fraud cascade: the readings are kept apart")
        }
        try verifyGolden(of: brick)
        return brick
    }

    /// What a whole verification went through.
    public struct Verification: Sendable, Equatable {
        /// Instruction sets that gave the stored bits; `portable` for a brick without kernels of its own.
        public var kernels: [String]
        public var goldenCount: Int
    }

    /// Verifies a model on every instruction set that this CPU has.
    public static func verify(_ model: ModelFile) throws(ModelFileError) -> Verification {
        var verification = Verification(kernels: [], goldenCount: model.golden.probabilities.count)
        guard model.kind == .languageModel else {
            _ = try brick(model)
            verification.kernels = ["portable"]
            return verification
        }
        for set in KernelSet.all {
            do {
                _ = try brick(model, kernels: set)
            } catch {
                var named = error
                named.cause = "\(set.name): \(error.cause)"
                throw named
            }
            verification.kernels.append(set.name)
        }
        return verification
    }
}
