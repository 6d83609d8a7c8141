import Descriptions
import History
import Testing

@testable import Training

@Suite struct DriftFilterTests {
    @Test func `a kind that moved away is muted and a steady one is not`() throws {
        let vocabulary = try Vocabulary(entries: [
            .init(kind: .accountAgeDays, values: .edges([0, 10, 20, 30, 40])),
            .init(kind: .amount, values: .edges([0, 10, 20, 30, 40])),
        ])
        func matrix(age: Float) -> TokenMatrix {
            var facts = FactTable()
            for place in 0..<100 {
                var row = FactRow()
                row[number: .accountAgeDays] = age + Float(place % 10)
                row[number: .amount] = Float(place % 40)
                facts.append(row, label: 0)
            }
            return TokenMatrix(facts: facts, rows: Array(0..<100), vocabulary: vocabulary)
        }
        let muted = DriftFilter().muted(training: matrix(age: 0), validation: matrix(age: 30))
        #expect(muted == [.accountAgeDays])
        #expect(DriftFilter().muted(training: matrix(age: 0), validation: matrix(age: 0)).isEmpty)
    }
}
