import Banking

/// A closed list of words, found by the digest of their bytes.
struct WordTable<Value: Sendable>: Sendable {
    private let digests: [UInt64]
    private let values: [Value]
    /// The words in their documented order.
    let words: [String]

    init(_ pairs: [(String, Value)]) {
        words = pairs.map(\.0)
        digests = pairs.map { Digest.digest64($0.0) }
        values = pairs.map(\.1)
    }

    @inline(__always)
    subscript(bytes: UnsafeRawBufferPointer) -> Value? {
        let digest = Digest.digest64(bytes)
        for index in digests.indices where digests[index] == digest { return values[index] }
        return nil
    }
}

/// The words of canonical JSON.
enum Words {
    static let directions = WordTable<Direction>([("debit", .debit), ("credit", .credit)])
    static let channels = WordTable(Channel.allCases.map { ($0.name, $0) })
    static let entryModes = WordTable(EntryMode.allCases.map { ($0.name, $0) })
    static let errors = WordTable(AuthorisationErrors.names.map { ($0.name, $0.error) })
    static let outcomes = WordTable<Label.Outcome>([
        ("fraud", .fraud), ("genuine", .genuine), ("confirmed_fraud", .fraud), ("false_positive", .genuine),
    ])
    /// What a column of a history file may hold besides.
    static let columnOutcomes = WordTable<Label.Outcome>([
        ("1", .fraud), ("0", .genuine), ("true", .fraud), ("false", .genuine),
    ])
}
