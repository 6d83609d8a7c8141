import Foundation
import RiskModels
import Testing

@Suite struct ModelFileTests {
    @Test func `a model survives the way to disk and back`() throws {
        var model = try SmallScorecard.model()
        model.settings["layers"] = "2"
        model.training.study = "test"
        let path = FileManager.default.temporaryDirectory.appending(
            path: "\(UUID().uuidString).safetensors"
        ).path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try model.write(to: path)
        let read = try ModelFile(contentsOf: path)
        #expect(read.sha256 == model.sha256)
        #expect(read.vocabulary == model.vocabulary)
        #expect(read.tensors == model.tensors)
        #expect(read.golden == model.golden)
        #expect(read.training == model.training)
        #expect(read.settings == ["layers": "2"])
        #expect(try ModelLoader.load(path).name == "scorecard")
    }

    @Test func `the identity is the file's SHA-256`() {
        #expect(
            SafetensorsFile.identity(of: Array("abc".utf8))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test func `one flipped bit anywhere is refused or changes the identity`() throws {
        let bytes = try SmallScorecard.model().encoded().encoded
        let identity = SafetensorsFile.identity(of: bytes)
        for place in stride(from: 0, to: bytes.count, by: 37) {
            var broken = bytes
            broken[place] ^= 0x10
            let model = try? ModelFile(decoding: broken)
            #expect(model?.sha256 != identity)
        }
    }

    @Test func `points that give other bits than the golden vector are refused`() throws {
        var model = try SmallScorecard.model()
        model.tensors["scorecard.intercept"] = Tensor([-0.999_999_999])
        #expect { try ModelLoader.brick(model) } throws: {
            ($0 as? ModelFileError)?.code == .goldenMismatch
        }
    }

    @Test func `a golden token that the vocabulary lacks is refused`() throws {
        var model = try SmallScorecard.model()
        model.golden.descriptions[0][0].index = 40
        #expect { try ModelLoader.brick(model) } throws: {
            ($0 as? ModelFileError)?.code == .goldenMismatch
        }
    }

    @Test func `another format and another kind are refused`() throws {
        var file = try SmallScorecard.model().encoded()
        file.metadata["kind"] = "forest"
        file.seal()
        #expect { try ModelFile(decoding: file.encoded) } throws: {
            ($0 as? ModelFileError)?.code == .foreign
        }
        file.metadata["format"] = "vigie-model-99"
        #expect { try ModelFile(decoding: file.encoded) } throws: {
            ($0 as? ModelFileError)?.code == .foreign
        }
    }

    @Test func `a file that is not there is a retriable fault`() {
        #expect { try ModelFile(contentsOf: "/nowhere/model") } throws: {
            ($0 as? ModelFileError)?.isRetriable == true
        }
    }
}
