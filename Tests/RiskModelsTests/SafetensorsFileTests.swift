import RiskModels
import Testing

@Suite struct SafetensorsFileTests {
    private func code(_ bytes: [UInt8]) -> ModelFileError.Code? {
        do {
            _ = try SafetensorsFile(decoding: bytes)
            return nil
        } catch {
            return error.code
        }
    }

    private func file(_ header: String, data: [UInt8] = []) -> [UInt8] {
        withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) } + Array(header.utf8)
            + data
    }

    private let small = SafetensorsFile(
        tensors: ["b": Tensor([Float(1), 2]), "a": Tensor([Double(3)])], metadata: ["k": "v \"quoted\"\n é"]
    )

    @Test func `what is written is read again`() throws {
        #expect(try SafetensorsFile(decoding: small.encoded) == small)
    }

    @Test func `the layout is the one of the format`() {
        let header =
            "{\"__metadata__\":{\"k\":\"v\"},\"t\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}"
        let padded = header + String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
        let expected = file(padded, data: [0, 0, 128, 63])
        #expect(
            SafetensorsFile(tensors: ["t": Tensor([Float(1)])], metadata: ["k": "v"]).encoded == expected)
    }

    @Test func `every truncation is refused`() {
        let bytes = small.encoded
        for count in 0..<bytes.count { #expect(code(Array(bytes[..<count])) != nil, "\(count) bytes") }
        #expect(code(Array(bytes[..<(bytes.count - 1)])) == .truncated)
        #expect(code([1, 2, 3]) == .truncated)
    }

    @Test func `a byte too many is refused`() { #expect(code(small.encoded + [0]) == .badLayout) }

    @Test func `holes and overlaps are refused`() {
        let entry = "\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\""
        #expect(
            code(file("{\"a\":{\(entry):[0,2]},\"b\":{\(entry):[1,3]}}", data: [0, 0, 0])) == .badLayout)
        #expect(code(file("{\"a\":{\(entry):[1,3]}}", data: [0, 0, 0])) == .badLayout)
    }

    @Test func `offsets that do not fit the shape are refused`() {
        let data: [UInt8] = [0, 0, 0, 0]
        for shape in ["[3]", "[-1]", "[9223372036854775807,9223372036854775807]"] {
            let header = "{\"a\":{\"dtype\":\"U8\",\"shape\":\(shape),\"data_offsets\":[0,4]}}"
            #expect(code(file(header, data: data)) == .badLayout)
        }
        let backward = "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[4,0]}}"
        #expect(code(file(backward, data: data)) == .badLayout)
    }

    @Test func `unknown types are refused`() {
        let header = "{\"a\":{\"dtype\":\"C64\",\"shape\":[1],\"data_offsets\":[0,8]}}"
        #expect(code(file(header, data: [UInt8](repeating: 0, count: 8))) == .unknownType)
    }

    @Test func `not a number and infinity are refused`() {
        for value in [Float.nan, .infinity, -.infinity] {
            #expect(code(SafetensorsFile(tensors: ["t": Tensor([1, value])]).encoded) == .notFinite)
        }
        #expect(code(SafetensorsFile(tensors: ["t": Tensor([Double.nan])]).encoded) == .notFinite)
    }

    @Test func `broken headers are refused`() {
        let headers = [
            "", "[]", "{", "{\"a\":1}", "{\"a\":{}}", "{\"__metadata__\":{\"k\":1}}", "{\"a\":{},\"a\":{}}",
            "{\"a\":\"\\q\"}", "{} x",
        ]
        for header in headers { #expect(code(file(header)) == .malformedHeader, "\(header)") }
        #expect(code([255, 255, 255, 255, 255, 255, 255, 127, 0]) == .malformedHeader)
    }
}
