import Descriptions
import Foundation
import Testing

@testable import RiskModels

/// Whatever is wrong with a model file, it is refused with a reason: never a crash, never another score.
@Suite struct ModelRefusalTests {
    enum Made: CaseIterable {
        case scorecard, languageModel

        func model() throws -> ModelFile {
            switch self {
            case .scorecard: try SmallScorecard.model()
            case .languageModel: try #require(try LanguageModelExamples.wholeModel())
            }
        }

        func file() throws -> [UInt8] { try model().encoded().encoded }
    }

    /// Why the bytes are refused; `nil` when they are taken.
    private func fault(_ bytes: [UInt8]) -> ModelFileError? {
        do {
            _ = try ModelLoader.brick(ModelFile(decoding: bytes))
            return nil
        } catch {
            return error
        }
    }

    /// The same of a model that is sealed as it is.
    private func fault(_ model: ModelFile) throws -> ModelFileError? { fault(try model.encoded().encoded) }

    @Test(arguments: Made.allCases)
    func `a file as it was written is taken`(made: Made) throws { #expect(fault(try made.file()) == nil) }

    @Test(arguments: Made.allCases)
    func `any flipped bit is found`(made: Made) throws {
        let bytes = try made.file()
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed \(seed)")
        var random = SplitMix64(state: seed)
        let header = Int(bytes[0]) | Int(bytes[1]) << 8 | Int(bytes[2]) << 16
        for number in 0..<200 {
            var broken = bytes
            // Every fourth in the header, where a flip changes what the rest means.
            let places = number % 4 == 0 ? header + 8 : bytes.count
            let place = Int(random.next() % UInt64(places))
            let bit = UInt8(1) << (random.next() % 8)
            broken[place] ^= bit
            let fault = fault(broken)
            #expect(fault != nil, "bit \(bit) of byte \(place)")
            #expect(fault?.cause.isEmpty == false)
        }
    }

    @Test func `each bit of a small file's header is found`() throws {
        let bytes = try Made.scorecard.file()
        let header = Int(bytes[0]) | Int(bytes[1]) << 8
        for place in 0..<header + 8 {
            var broken = bytes
            broken[place] ^= 1 << UInt8(place % 8)
            #expect(fault(broken) != nil, "byte \(place)")
        }
    }

    @Test(arguments: Made.allCases)
    func `a cut file is refused as cut`(made: Made) throws {
        let bytes = try made.file()
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed \(seed)")
        var random = SplitMix64(state: seed)
        let random50 = (0..<50).map { _ in Int(random.next() % UInt64(bytes.count)) }
        for count in [0, 1, 7, 8, bytes.count / 2, bytes.count - 1] + random50 {
            let fault = fault(Array(bytes[..<count]))
            #expect(fault?.code == .truncated, "\(count) bytes: \(fault.map { "\($0)" } ?? "taken")")
        }
        #expect(fault(bytes + [0])?.code == .badLayout)
    }

    @Test(arguments: Made.allCases)
    func `a number that is none is refused`(made: Made) throws {
        let whole = try made.model()
        for (name, tensor) in whole.tensors.sorted(by: { $0.key < $1.key }) {
            let size = tensor.element.byteCount
            guard [.float32, .float64].contains(tensor.element), !tensor.bytes.isEmpty else { continue }
            var bytes = tensor.bytes
            // All bits set is a NaN in either format.
            for offset in 0..<size { bytes[bytes.count - size + offset] = 0xff }
            var model = whole
            model.tensors[name] = Tensor(element: tensor.element, shape: tensor.shape, bytes: bytes)
            let fault = try fault(model)
            #expect(fault?.code == .notFinite && fault?.cause.contains(name) == true, "\(name)")
        }
    }

    @Test(arguments: Made.allCases)
    func `a tensor of another shape is refused by name`(made: Made) throws {
        let whole = try made.model()
        for name in whole.tensors.keys.sorted() where name != "scorecard.intercept" {
            guard let tensor = whole.tensors[name], tensor.shape.reduce(1, *) > 0 else { continue }
            var model = whole
            let size = tensor.element.byteCount
            model.tensors[name] = Tensor(
                element: tensor.element, shape: [tensor.bytes.count / size - 1],
                bytes: Array(tensor.bytes.dropLast(size)))
            let fault = try fault(model)
            #expect(fault != nil, "\(name)")
        }
    }

    @Test(arguments: Made.allCases)
    func `a foreign vocabulary is refused as such`(made: Made) throws {
        var model = try made.model()
        model.vocabulary = try Vocabulary(entries: Array(model.vocabulary.entries.dropLast()))
        #expect(try fault(model)?.code == .foreignVocabulary)
        model = try made.model()
        var entries = model.vocabulary.entries
        entries[0] = Vocabulary.Entry(kind: entries[0].kind, values: .edges((0..<50).map(Float.init)))
        model.vocabulary = try Vocabulary(entries: entries)
        let error = try fault(model)
        #expect(error?.code == .foreignVocabulary)
        #expect(error?.cause.contains("places") == true)
        var file = try made.model().encoded()
        file.metadata["vocabulary"] = file.metadata["vocabulary"]?.replacing("amount", with: "amuont")
        file.seal()
        #expect(fault(file.encoded)?.code == .foreignVocabulary)
    }

    @Test(arguments: Made.allCases)
    func `an edited file is refused unless it is sealed again`(made: Made) throws {
        var file = try made.model().encoded()
        file.metadata["name"] = "better"
        #expect(fault(file.encoded)?.code == .damaged)
        file.seal()
        #expect(fault(file.encoded) == nil)
        file.metadata[SafetensorsFile.sealKey] = nil
        #expect(fault(file.encoded)?.code == .missing)
    }

    @Test(arguments: Made.allCases)
    func `bits that this program does not reproduce are refused`(made: Made) throws {
        var model = try made.model()
        model.golden.probabilities[1] = model.golden.probabilities[1].nextUp
        #expect(try fault(model)?.code == .goldenMismatch)
    }

    @Test func `rarity must be one finite number per row of the vocabulary and one behind`() throws {
        var model = try Made.languageModel.model()
        model.tensors["unusualness.rarity"] = Tensor([Float]([1, 2]))
        #expect(try fault(model)?.code == .wrongShape)
        model.tensors["unusualness.rarity"] = nil
        #expect(try fault(model)?.code == .missing)
    }
}
