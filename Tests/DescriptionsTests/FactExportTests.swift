import Banking
import Foundation
import History
import Testing

@testable import Descriptions

@Suite struct FactExportTests {
    private func line(
        _ format: FactExport.Format, _ facts: FactRow, _ transaction: Transaction, _ label: Label? = nil
    ) -> String {
        var bytes: [UInt8] = []
        FactExport(format: format).append(facts, of: transaction, label: label, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private func label() -> Label {
        var label = Label()
        label.outcome = .fraud
        label.knownAt = Timestamp(year: 2018, month: 8, day: 7)
        label.scenario = 2
        return label
    }

    @Test func `a CSV line has a cell for each column of the header`() {
        var header: [UInt8] = []
        FactExport(format: .csv).appendHeader(to: &header)
        let columns = String(decoding: header, as: UTF8.self).dropLast().split(
            separator: ",", omittingEmptySubsequences: false)
        #expect(columns.map(String.init) == FactExport.columnNames)
        for facts in [FactRow(), Examples.fullRow()] {
            let cells = line(.csv, facts, Examples.transaction(), label()).dropLast().split(
                separator: ",", omittingEmptySubsequences: false)
            #expect(cells.count == columns.count)
            #expect(cells[0] == "t-1")
            #expect(cells[1] == "000000000000000100000000000000ab")
            #expect(cells[2] == "2018-07-31T03:12:05.250Z")
            #expect(cells.suffix(3) == ["1", "2018-08-07T00:00:00Z", "2"])
        }
    }

    @Test func `cells carry names for codes and shortest figures for numbers`() throws {
        let cells = line(.csv, Examples.fullRow(), Examples.transaction()).dropLast().split(
            separator: ",", omittingEmptySubsequences: false)
        func cell(_ fact: Fact) -> Substring { cells[3 + Int(fact.rawValue)] }
        #expect(cell(.amount) == "249.9")
        #expect(cell(.balance) == "-1204.5")
        #expect(cell(.count10m) == "2")
        #expect(cell(.channel) == "online")
        #expect(cell(.currency) == "EUR")
        #expect(cell(.merchantCategory) == "5732")
        #expect(cell(.authorisationErrors) == "bad_pin insufficient_funds")
        #expect(cells.suffix(3) == ["", "", ""])
    }

    @Test func `every number is read back bit for bit`() throws {
        let seed: UInt64 = 41
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<20_000 {
            let value = Float(bitPattern: UInt32(truncatingIfNeeded: generator.next()))
            guard value.isFinite else { continue }
            var bytes: [UInt8] = []
            FactText.append(value, to: &bytes)
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(Float(text)?.bitPattern == value.bitPattern, "seed \(seed): \(text)")
        }
        for value in [0, 5, -7, 16_777_215, 16_777_216, -16_777_218] as [Float] {
            var bytes: [UInt8] = []
            FactText.append(value, to: &bytes)
            #expect(Float(String(decoding: bytes, as: UTF8.self)) == value)
        }
    }

    @Test func `a moment is written as the calendar says`() {
        let moments: [Int64] = [0, 1, 999, 1_533_006_725_250, 951_782_400_000, -1, 253_402_300_799_999]
        for milliseconds in moments {
            var bytes: [UInt8] = []
            FactText.append(Timestamp(milliseconds: milliseconds), to: &bytes)
            #expect(String(decoding: bytes, as: UTF8.self) == Timestamp(milliseconds: milliseconds).rfc3339)
        }
    }

    @Test(arguments: [
        "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "|cmd", "＝1", "a\"b", "a,b", "a\nb", "a;=1",
        "plain", "",
    ])
    func `no cell can start a formula or break out of its cell`(text: String) {
        var bytes: [UInt8] = []
        var copy = text
        copy.withUTF8 { FactExport.appendCell(UnsafeRawBufferPointer($0), &bytes) }
        let cell = String(decoding: bytes, as: UTF8.self)
        let isQuoted = cell.hasPrefix("\"") && cell.hasSuffix("\"") && cell.count >= 2
        let content = isQuoted
            ? String(cell.dropFirst().dropLast()).replacingOccurrences(of: "\"\"", with: "\"") : cell
        let first = content.drop { $0 == " " }.first
        #expect(first.map { !"=+-@\t\r|＝".contains($0) } ?? true, "\(cell)")
        #expect(content == text || content == "'" + text)
        if text.contains(where: { ",;\"\n".contains($0) }) { #expect(isQuoted) }
        if text == "plain" { #expect(cell == "plain") }
    }

    @Test func `a JSON line is one object with the facts that are present`() throws {
        var transaction = Examples.transaction()
        transaction.id = FixedText("a\"\\\u{1}\u{7F}é")
        let text = line(.jsonl, Examples.fullRow(), transaction, label())
        #expect(text.last == "\n" && !text.dropLast().contains("\n"))
        let parsed = try JSONSerialization.jsonObject(with: Data(text.utf8))
        let object = try #require(parsed as? [String: Any])
        #expect(object["transaction_id"] as? String == "a\"\\\u{1}\u{7F}é")
        #expect(object["channel"] as? String == "online")
        #expect(object["balance"] as? Double == -1204.5)
        #expect(object["label"] as? Int == 1)
        #expect(object.count == 3 + Fact.allCases.count + 3)
        let empty = line(.jsonl, FactRow(), Examples.transaction())
        let few = try #require(try JSONSerialization.jsonObject(with: Data(empty.utf8)) as? [String: Any])
        #expect(Set(few.keys) == ["transaction_id", "account_id", "effective_at"])
    }

    @Test func `numbers without a decimal text are left empty`() throws {
        var row = FactRow()
        row[number: .amount] = .infinity
        #expect(!line(.csv, row, Examples.transaction()).contains("inf"))
        #expect(!line(.jsonl, row, Examples.transaction()).contains("inf"))
    }

    @Test func `a reused buffer does not grow`() {
        let export = FactExport(format: .csv)
        var bytes: [UInt8] = []
        for _ in 0..<3 { export.append(Examples.fullRow(), of: Examples.transaction(), to: &bytes) }
        let capacity = bytes.capacity
        for _ in 0..<100 {
            bytes.removeAll(keepingCapacity: true)
            for _ in 0..<3 { export.append(Examples.fullRow(), of: Examples.transaction(), to: &bytes) }
        }
        #expect(bytes.capacity == capacity)
    }
}
