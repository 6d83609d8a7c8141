import History
import Testing

@testable import Descriptions

@Suite struct VocabularyTests {
    @Test func `a vocabulary survives its JSON bit for bit`() throws {
        let edges: [Float] = [
            -Float.greatestFiniteMagnitude / 4, -0.1, 0, .leastNonzeroMagnitude, 0.1, 1 / 3, 220,
        ]
        let vocabulary = try Vocabulary(entries: [
            .init(kind: .usualAmount, values: .edges(edges)),
            .init(kind: .channel, values: .categories(codes: [3, 1, .max], buckets: 4, saysMissing: true)),
        ])
        let read = try Vocabulary(json: vocabulary.json())
        #expect(read == vocabulary)
        #expect(try read.json() == vocabulary.json())
    }

    @Test func `learning twice gives the same bytes`() throws {
        let table = Examples.table(rows: 1000, seed: 11)
        let first = try VocabularyLearner().learn(from: table).json()
        #expect(try VocabularyLearner().learn(from: table).json() == first)
    }

    @Test func `places of all kinds lie one behind the other`() throws {
        let vocabulary = try VocabularyLearner().learn(from: Examples.table(rows: 1000, seed: 12))
        var next = 0
        for entry in vocabulary.entries {
            #expect(vocabulary.rowOffsets[Int(entry.kind.rawValue)] == Int32(next))
            next += vocabulary.count(of: entry.kind)
        }
        #expect(vocabulary.rowCount == next)
        #expect(vocabulary.rowOffsets[Int(Kind.balance.rawValue)] == -1)
    }

    @Test(arguments: [
        #"{}"#, #"nonsense"#, #"{"version":2,"entries":[]}"#,
        #"{"version":1,"entries":[{"kind":"nothing","edges":[0,1]}]}"#,
        #"{"version":1,"entries":[{"kind":"amount"}]}"#,
        #"{"version":1,"entries":[{"kind":"amount","edges":[1]}]}"#,
        #"{"version":1,"entries":[{"kind":"amount","edges":[1,1]}]}"#,
        #"{"version":1,"entries":[{"kind":"amount","edges":[1,1e300]}]}"#,
        #"{"version":1,"entries":[{"kind":"channel","edges":[0,1]}]}"#,
        #"{"version":1,"entries":[{"kind":"amount","edges":[0,1]},{"kind":"amount","edges":[0,1]}]}"#,
        #"{"version":1,"entries":[{"kind":"channel","codes":[1,1],"buckets":2,"saysMissing":false}]}"#,
        #"{"version":1,"entries":[{"kind":"channel","codes":[0],"buckets":2,"saysMissing":false}]}"#,
        #"{"version":1,"entries":[{"kind":"channel","codes":[1],"buckets":0,"saysMissing":false}]}"#,
        #"{"version":1,"entries":[{"kind":"channel","codes":[1],"buckets":9999999,"saysMissing":true}]}"#,
        #"{"version":1,"entries":[{"kind":"hour","codes":[1],"buckets":2,"saysMissing":true}]}"#,
        #"{"version":1,"entries":[{"kind":"merchant_word","codes":[1],"buckets":2,"saysMissing":true}]}"#,
    ])
    func `a file that breaks the rules is refused`(json: String) {
        #expect(throws: DescriptionsError.self) { try Vocabulary(json: json) }
    }

    @Test func `no count of buckets can overflow`() {
        let values = Vocabulary.Values.categories(codes: [1], buckets: .max, saysMissing: false)
        #expect(throws: DescriptionsError.self) {
            try Vocabulary(entries: [.init(kind: .channel, values: values)])
        }
    }
}
