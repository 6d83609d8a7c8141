import Descriptions
import Foundation
import History

/// How a model lies in its safetensors file.
///
/// | part | where |
/// |---|---|
/// | `content_sha256`: of all the rest, so that a single flipped bit is found | `__metadata__` |
/// | format, kind, name, vocabulary, history, training, `setting.*` | `__metadata__` (strings; JSON inside) |
/// | `calibration.logits`, `calibration.log_odds` | F64 |
/// | `distribution.rate` (transactions a day), `.shares`, `.probabilities` | F64 |
/// | `golden.starts`, `.kinds` (entries of the vocabulary), `.indices` | U16, token columns |
/// | `golden.weights`, `.probabilities` | F32, F64 |
/// | everything else | the weights of the brick |
extension ModelFile {
    /// Raised when a file of an older program would be misread.
    static let format = "vigie-model-3"

    /// Reads and verifies a file as far as it can be without its brick.
    public init(contentsOf path: String) throws(ModelFileError) {
        let bytes = try SafetensorsFile.bytes(at: path)
        try self.init(decoding: bytes)
    }

    /// The same from bytes.
    public init(decoding bytes: [UInt8]) throws(ModelFileError) {
        let file = try SafetensorsFile(decoding: bytes)
        guard file.metadata["format"] == Self.format else {
            throw Self.fault(
                .foreign,
                "the format is \(file.metadata["format"]?.prefix(20) ?? "not stated"), not \(Self.format); "
                    + "train the model again with this program")
        }
        try file.checkSeal(of: bytes)
        let kindName = try Self.text("kind", file)
        guard let kind = Kind(rawValue: kindName) else {
            throw Self.fault(.foreign, "the kind of model \(kindName.prefix(40)) is not known")
        }
        let vocabulary: Vocabulary
        do {
            vocabulary = try Vocabulary(json: Self.text("vocabulary", file))
        } catch let error as ModelFileError {
            throw error
        } catch {
            throw Self.fault(.foreignVocabulary, "the vocabulary is refused: \(error)")
        }
        var weights = file.tensors
        func doubles(_ name: String) throws(ModelFileError) -> [Double] {
            guard let values = weights.removeValue(forKey: name)?.doubles else {
                throw Self.fault(.missing, "the F64 tensor \(name) is missing")
            }
            return values
        }
        let calibration = try Calibration(
            logits: doubles("calibration.logits"), logOdds: doubles("calibration.log_odds"))
        guard let calibration else { throw Self.fault(.missing, "the calibration does not rise strictly") }
        let distribution = try ScoreDistribution(
            transactionsPerDay: doubles("distribution.rate").first ?? 0,
            shares: doubles("distribution.shares"), probabilities: doubles("distribution.probabilities"))
        guard let distribution else { throw Self.fault(.missing, "the score distribution is not in order") }
        let golden = try GoldenVector(removingFrom: &weights, vocabulary)
        let settings = file.metadata.filter { $0.key.hasPrefix("setting.") }
        self.init(
            name: try Self.text("name", file), kind: kind, vocabulary: vocabulary, tensors: weights,
            calibration: calibration, distribution: distribution,
            history: try Self.decoded("history", file), training: try Self.decoded("training", file),
            golden: golden,
            settings: Dictionary(
                settings.map { (String($0.key.dropFirst("setting.".count)), $0.value) },
                uniquingKeysWith: { first, _ in first }))
        sha256 = SafetensorsFile.identity(of: bytes)
    }

    /// The whole model as one safetensors file; the same model always gives the same bytes.
    public func encoded() throws(ModelFileError) -> SafetensorsFile {
        var file = SafetensorsFile(tensors: tensors)
        file.tensors["calibration.logits"] = Tensor(calibration.logits)
        file.tensors["calibration.log_odds"] = Tensor(calibration.logOdds)
        file.tensors["distribution.rate"] = Tensor([distribution.transactionsPerDay])
        file.tensors["distribution.shares"] = Tensor(distribution.shares)
        file.tensors["distribution.probabilities"] = Tensor(distribution.probabilities)
        golden.add(to: &file.tensors, vocabulary)
        for (key, value) in settings { file.metadata["setting." + key] = value }
        file.metadata["format"] = Self.format
        file.metadata["kind"] = kind.rawValue
        file.metadata["name"] = name
        do {
            file.metadata["vocabulary"] = try vocabulary.json()
            file.metadata["history"] = try Self.json(history)
            file.metadata["training"] = try Self.json(training)
        } catch {
            throw ModelFileError(.unwritable, operation: "write model", cause: "\(error)")
        }
        file.seal()
        return file
    }

    /// Writes the file whole or not at all and takes its identity.
    public mutating func write(to path: String) throws(ModelFileError) {
        sha256 = try encoded().write(to: path)
    }

    // MARK: Parts

    private static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    private static func decoded<Value: Decodable>(
        _ key: String, _ file: SafetensorsFile
    ) throws(ModelFileError) -> Value {
        let text = try text(key, file)
        guard let value = try? JSONDecoder().decode(Value.self, from: Data(text.utf8)) else {
            throw fault(.missing, "the metadata entry \(key) cannot be understood")
        }
        return value
    }

    private static func text(_ key: String, _ file: SafetensorsFile) throws(ModelFileError) -> String {
        guard let text = file.metadata[key] else {
            throw fault(.missing, "the metadata entry \(key) is missing")
        }
        return text
    }

    static func fault(_ code: ModelFileError.Code, _ cause: String) -> ModelFileError {
        ModelFileError(code, operation: "read model", cause: cause)
    }
}
