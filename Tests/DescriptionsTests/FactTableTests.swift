import History
import Testing

@testable import Descriptions

@Suite struct FactTableTests {
    @Test func `rows and labels come back across chunks`() {
        var table = FactTable()
        for index in 0..<10_000 {
            var row = FactRow()
            row[number: .amount] = Float(index)
            table.append(row, label: UInt8(index % 4))
        }
        #expect(table.count == 10_000)
        for index in [0, 1, 4095, 4096, 8191, 8192, 9999] {
            #expect(table[index][number: .amount] == Float(index))
            #expect(table.bits(row: index, slot: Int(Fact.amount.rawValue)) == Float(index).bitPattern)
            #expect(table.labels[index] == (index % 4 <= 1 ? UInt8(index % 4) : FactTable.unknownLabel))
        }
        table.setLabel(1, row: 4097)
        #expect(table.labels[4097] == 1)
    }
}
