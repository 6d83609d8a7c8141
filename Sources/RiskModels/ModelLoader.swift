/// From a file to a brick that is safe to swap in: hash, layout, finite, shapes, golden vector.
public enum ModelLoader {
    /// Reads and verifies a file.
    /// - Throws: `ModelFileError`: everything that can be wrong with a file, never a crash.
    public static func load(_ path: String) throws(ModelFileError) -> any Brick {
        try brick(ModelFile(contentsOf: path))
    }

    /// Makes the brick of a model and verifies its golden vector.
    public static func brick(_ model: ModelFile) throws(ModelFileError) -> any Brick {
        let brick: any Brick
        switch model.kind {
        case .scorecard: brick = try Scorecard(model)
        case .languageModel: brick = try LanguageModel(model)
        case .credit:
            throw ModelFileError(
                .foreign, operation: "read model",
                cause: "a credit model is no brick of a fraud cascade: the readings are kept apart")
        }
        try verifyGolden(of: brick)
        return brick
    }
}
