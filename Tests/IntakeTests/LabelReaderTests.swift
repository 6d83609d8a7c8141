import Banking
import Foundation
import Testing

@testable import Intake

@Suite struct LabelReaderTests {
    private let json = #"{"transaction_id":"t","account_id":"a","effective_at":"2026-03-01T00:00:00Z","#
        + #""merchant_id":"m","outcome":"confirmed_fraud","known_at":"2026-03-08T00:00:00Z","scenario":3}"#

    private func read(_ json: String, into label: inout Label) -> String {
        var reader = LabelReader(pseudonymiser: testPseudonymiser())
        let rejection = Array(json.utf8).withUnsafeBytes { reader.read($0, latest: arrival, into: &label) }
        return rejection.map { "\($0.field): \($0.reason)" } ?? "accepted"
    }

    @Test func `a label has the same keys as its transaction`() throws {
        var label = Label()
        #expect(read(json, into: &label) == "accepted")
        #expect(label.outcome == .fraud && label.scenario == 3)
        #expect(label.transactionIDHash == Digest.digest64("t"))
        #expect(label.account == testPseudonymiser().pseudonym("a", in: .account))
        #expect(label.counterpart == Digest.digest128("m"))
        #expect(label.knownAt.rfc3339 == "2026-03-08T00:00:00Z")
    }

    @Test(arguments: [
        ("\"confirmed_fraud\"", "\"perhaps\"", "outcome: unknown_value"),
        ("\"confirmed_fraud\"", "1", "outcome: unknown_value"),
        ("2026-03-08", "2026-02-08", "known_at: out_of_range"),
        ("2026-03-08", "2099-02-08", "known_at: in_the_future"),
        (",\"known_at\":\"2026-03-08T00:00:00Z\"", "", "known_at: missing"),
        ("\"scenario\":3", "\"scenario\":256", "scenario: out_of_range"),
        ("\"scenario\":3", "\"scenario\":-1", "scenario: not_a_number"),
        ("\"account_id\":\"a\",", "", "account_id: missing"),
    ])
    func `a bad label is refused`(from: String, to: String, verdict: String) {
        var label = Label()
        #expect(read(json.replacing(from, with: to), into: &label) == verdict)
    }

    @Test func `the amount of a label is optional and needs its currency`() {
        var label = Label()
        #expect(read(json, into: &label) == "accepted")
        #expect(label.amount == nil)
        func with(_ fields: String) -> String {
            read(json.replacing("\"scenario\":3", with: fields), into: &label)
        }
        #expect(with(#""amount":"1200","currency":"JPY""#) == "accepted")
        #expect(label.amount?.amountMinor == 1200 && label.amount?.currency.code == "JPY")
        #expect(with(#""amount":12.5,"currency":"EUR""#) == "accepted")
        #expect(label.amount?.amountMinor == 1250)
        #expect(with(#""amount":12.5"#) == "currency: missing")
        #expect(with(#""currency":"EUR""#) == "amount: missing")
        #expect(with(#""amount":-12.5,"currency":"EUR""#) == "amount: negative")
    }

    @Test func `the account decides about the counterpart before the merchant`() {
        var label = Label()
        let both = json.replacing("\"scenario\":3", with: "\"counterpart_account_id\":\"c\"")
        #expect(read(both, into: &label) == "accepted")
        #expect(label.counterpart == testPseudonymiser().pseudonym("c", in: .counterpart))
    }

    @Test func `a file of labels is read row by row`() throws {
        let text = "transaction_id,account_id,effective_at,outcome,known_at\n"
            + "t,a,2026-03-01T00:00:00Z,1,2026-03-02T00:00:00Z\nt,a,x,1,y\n"
        try withFolder { folder in
            let path = folder.appending(path: "labels.csv").path
            try Data(text.utf8).write(to: URL(filePath: path))
            var found: [String] = []
            var reader = LabelReader(pseudonymiser: testPseudonymiser())
            try reader.readFile(path: path, latest: arrival) { row, outcome in
                switch outcome {
                case .label(let label): found.append("\(row) \(label.outcome)")
                case .rejection(let rejection): found.append("\(row) \(rejection.reason)")
                }
            }
            #expect(found == ["1 fraud", "2 not_a_timestamp"])
        }
    }
}
