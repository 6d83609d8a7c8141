import Foundation

extension Vocabulary {
    /// Kinds by name and edges as doubles (every `Float` is exact as a double), keys sorted: the same
    /// vocabulary always gives the same bytes.
    private struct File: Codable {
        struct Entry: Codable {
            var kind: String
            var edges: [Double]?
            var codes: [UInt32]?
            var buckets: Int?
            var saysMissing: Bool?
        }
        var version: Int
        var entries: [Entry]
    }

    private static let fileVersion = 1

    /// JSON for the model file's metadata, deterministic to the byte.
    public func json() throws(DescriptionsError) -> String {
        let file = File(
            version: Self.fileVersion,
            entries: entries.map { entry in
                switch entry.values {
                case .edges(let edges):
                    File.Entry(kind: entry.kind.name, edges: edges.map(Double.init))
                case .categories(let codes, let buckets, let saysMissing):
                    File.Entry(
                        kind: entry.kind.name, codes: codes, buckets: buckets, saysMissing: saysMissing)
                }
            })
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        guard let data = try? encoder.encode(file) else { throw .invalidVocabulary("cannot be written") }
        return String(decoding: data, as: UTF8.self)
    }

    /// - Throws: `DescriptionsError` when the text is not JSON of a known version, names an unknown kind or
    ///   breaks the rules of `Values`.
    public init(json: String) throws(DescriptionsError) {
        guard let file = try? JSONDecoder().decode(File.self, from: Data(json.utf8)) else {
            throw .invalidVocabulary("not the JSON of a vocabulary")
        }
        guard file.version == Self.fileVersion else {
            throw .invalidVocabulary("version \(file.version) is not known")
        }
        var entries: [Entry] = []
        for entry in file.entries {
            guard let kind = Kind(name: entry.kind) else {
                throw .invalidVocabulary("kind \(entry.kind.prefix(40)) is not known")
            }
            if let edges = entry.edges {
                entries.append(Entry(kind: kind, values: .edges(edges.map { Float($0) })))
            } else if let codes = entry.codes, let buckets = entry.buckets,
                let saysMissing = entry.saysMissing
            {
                let values = Values.categories(codes: codes, buckets: buckets, saysMissing: saysMissing)
                entries.append(Entry(kind: kind, values: values))
            } else {
                throw .invalidVocabulary("\(kind.name) has neither edges nor codes")
            }
        }
        try self.init(entries: entries)
    }
}

extension Vocabulary: Codable {
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(json())
    }

    public init(from decoder: any Decoder) throws {
        try self.init(json: decoder.singleValueContainer().decode(String.self))
    }
}
