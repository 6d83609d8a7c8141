import Crypto
import Foundation

/// A safetensors file: named tensors and a map of strings, nothing that could run.
///
/// Layout (https://github.com/huggingface/safetensors): 8 bytes little-endian header length, a JSON header
/// `{"__metadata__": {…}, name: {"dtype", "shape", "data_offsets": [begin, end]}}`, then the data without
/// holes. Written with sorted names, no white space and the header padded with blanks to 8 bytes, so the
/// same content is the same file, byte for byte.
public struct SafetensorsFile: Sendable, Equatable {
    public var tensors: [String: Tensor]
    public var metadata: [String: String]

    public init(tensors: [String: Tensor] = [:], metadata: [String: String] = [:]) {
        self.tensors = tensors
        self.metadata = metadata
    }

    /// Longest header accepted, as in the reference implementation.
    static let longestHeader = 100_000_000

    // MARK: Write

    /// The file's bytes.
    public var encoded: [UInt8] {
        var entries: [String] = []
        if !metadata.isEmpty {
            let pairs = metadata.sorted { $0.key < $1.key }.map {
                JSONText.quoted($0.key) + ":" + JSONText.quoted($0.value)
            }
            entries.append("\"__metadata__\":{" + pairs.joined(separator: ",") + "}")
        }
        var data: [UInt8] = []
        for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
            let begin = data.count
            data += tensor.bytes
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            entries.append(
                JSONText.quoted(name) + ":{\"dtype\":\"\(tensor.element.rawValue)\",\"shape\":[\(shape)],"
                    + "\"data_offsets\":[\(begin),\(data.count)]}")
        }
        var header = Array(("{" + entries.joined(separator: ",") + "}").utf8)
        while header.count % 8 != 0 { header.append(UInt8(ascii: " ")) }
        return withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) } + header + data
    }

    /// Writes beside the target and renames, so that a reader never sees half a file.
    /// - Returns: the file's identity (`identity(of:)`).
    @discardableResult
    public func write(to path: String) throws(ModelFileError) -> String {
        let bytes = encoded
        do {
            try Data(bytes).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw ModelFileError(
                .unwritable, operation: "write model", cause: "\(path): \(error.localizedDescription)")
        }
        return Self.identity(of: bytes)
    }

    /// Entry of the metadata that holds the SHA-256 of the encoded file without this entry.
    static let sealKey = "content_sha256"

    /// States the content's own SHA-256 in the metadata, so that any damage shows.
    public mutating func seal() {
        metadata[Self.sealKey] = nil
        metadata[Self.sealKey] = Self.identity(of: encoded)
    }

    /// - Parameter bytes: what this file was read from.
    /// - Throws: `ModelFileError` unless these are the very bytes that were sealed.
    func checkSeal(of bytes: [UInt8]) throws(ModelFileError) {
        guard let stated = metadata[Self.sealKey] else {
            throw Self.fault(.missing, "the metadata entry \(Self.sealKey) is missing")
        }
        var open = self
        open.metadata[Self.sealKey] = nil
        guard Self.identity(of: open.encoded) == stated, encoded == bytes else {
            throw Self.fault(
                .damaged,
                "the content is not what \(Self.sealKey) says: the file was damaged or edited; copy it again")
        }
    }

    // MARK: Read

    /// The bytes of a file on disk.
    static func bytes(at path: String) throws(ModelFileError) -> [UInt8] {
        do {
            return try [UInt8](Data(contentsOf: URL(filePath: path)))
        } catch {
            throw ModelFileError(
                .unreadable, operation: "read model", cause: "\(path): \(error.localizedDescription)")
        }
    }

    /// Lower-case hexadecimal SHA-256.
    public static func identity(of bytes: [UInt8]) -> String {
        SHA256.hash(data: bytes).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }

    /// Reads and checks a file: lengths, offsets, types, shapes, and that every float is finite.
    public init(decoding bytes: [UInt8]) throws(ModelFileError) {
        guard bytes.count >= 8 else {
            throw Self.fault(
                .truncated, "the file has \(bytes.count) bytes, its header length alone needs 8")
        }
        let length = bytes[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length >= 2, length <= Self.longestHeader else {
            throw Self.fault(.malformedHeader, "a header of \(length) bytes cannot be")
        }
        guard bytes.count - 8 >= Int(length) else {
            throw Self.fault(
                .truncated, "the header should have \(length) bytes, \(bytes.count - 8) are there")
        }
        let header: JSONText.Value
        do {
            header = try JSONText.parse(bytes[8..<8 + Int(length)])
        } catch {
            throw Self.fault(
                .malformedHeader, "the header is not JSON: \(error.cause) at byte \(error.offset)")
        }
        guard case .object(let entries) = header else {
            throw Self.fault(.malformedHeader, "the header is not a JSON object")
        }
        self.init()
        var spans: [(begin: Int, end: Int, name: String)] = []
        let data = bytes[(8 + Int(length))...]
        for entry in entries {
            let (name, value) = (entry.key, entry.value)
            if name == "__metadata__" {
                metadata = try Self.metadata(value)
            } else {
                let (element, shape, span) = try Self.entry(value, name: name)
                guard span.upperBound <= data.count else {
                    throw Self.fault(
                        .truncated, "tensor \(name) ends at \(span.upperBound), the data at \(data.count)")
                }
                let slice = data[data.startIndex + span.lowerBound..<data.startIndex + span.upperBound]
                guard let tensor = Tensor(element: element, shape: shape, bytes: Array(slice)) else {
                    throw Self.fault(
                        .badLayout, "tensor \(name): shape \(shape) is not \(span.count) bytes")
                }
                guard tensor.isFinite else {
                    throw Self.fault(.notFinite, "tensor \(name) holds a NaN or an infinity")
                }
                tensors[name] = tensor
                spans.append((span.lowerBound, span.upperBound, name))
            }
        }
        try Self.checkCoverage(spans, dataCount: data.count)
    }

    private static func checkCoverage(
        _ spans: [(begin: Int, end: Int, name: String)], dataCount: Int
    ) throws(ModelFileError) {
        var reached = 0
        for span in spans.sorted(by: { ($0.begin, $0.end) < ($1.begin, $1.end) }) {
            guard span.begin == reached else {
                let what = span.begin < reached ? "overlaps the one before" : "leaves a hole before it"
                throw fault(.badLayout, "tensor \(span.name) \(what) at offset \(span.begin)")
            }
            reached = span.end
        }
        guard reached == dataCount else {
            throw fault(.badLayout, "\(dataCount - reached) bytes after the last tensor belong to none")
        }
    }

    private static func metadata(_ value: JSONText.Value) throws(ModelFileError) -> [String: String] {
        guard case .object(let pairs) = value else {
            throw fault(.malformedHeader, "__metadata__ is not an object")
        }
        var result: [String: String] = [:]
        for pair in pairs {
            let key = pair.key
            guard case .string(let text) = pair.value else {
                throw fault(.malformedHeader, "__metadata__.\(key) is not a string")
            }
            result[key] = text
        }
        return result
    }

    private static func entry(
        _ value: JSONText.Value, name: String
    ) throws(ModelFileError) -> (Tensor.Element, [Int], Range<Int>) {
        guard case .object(let pairs) = value, pairs.count == 3 else {
            throw fault(.malformedHeader, "tensor \(name) needs exactly dtype, shape and data_offsets")
        }
        let fields = Dictionary(pairs.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
        guard case .string(let type)? = fields["dtype"], let shape = fields["shape"]?.integers,
            let offsets = fields["data_offsets"]?.integers
        else { throw fault(.malformedHeader, "tensor \(name) needs dtype, shape and data_offsets") }
        guard let element = Tensor.Element(rawValue: type) else {
            throw fault(.unknownType, "tensor \(name) has the unknown type \(type.prefix(16))")
        }
        guard offsets.count == 2, offsets[0] >= 0, offsets[0] <= offsets[1] else {
            throw fault(.badLayout, "tensor \(name) has the offsets \(offsets)")
        }
        return (element, shape, offsets[0]..<offsets[1])
    }

    private static func fault(_ code: ModelFileError.Code, _ cause: String) -> ModelFileError {
        ModelFileError(code, operation: "read model", cause: cause)
    }
}
