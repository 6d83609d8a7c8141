import Banking
import Foundation
import Testing

@testable import Intake

private let minimal = """
    format: csv
    fields:
      transaction_id: ID
      account_id: ACC
      effective_at: {from: T, format: dd/MM/yyyy HH:mm, time_zone: "+02:00"}
      amount: {from: AMT, decimal_mark: ","}
      direction: {sign_of: amount, positive: credit, negative: debit}
      currency: {constant: EUR}

    """

private func outcomes(
    _ text: String, name: String = "x.csv", mapping: FieldMapping? = nil
) throws -> [(row: Int64, outcome: IntakeOutcome)] {
    try withFolder { folder in
        let path = folder.appending(path: name).path
        try Data(text.utf8).write(to: URL(filePath: path))
        var found: [(Int64, IntakeOutcome)] = []
        var intake = Intake(mapping: mapping, pseudonymiser: testPseudonymiser())
        try intake.readFile(path: path, latest: arrival) { found.append(($0, $1)) }
        return found
    }
}

private func transactions(_ outcomes: [(row: Int64, outcome: IntakeOutcome)]) -> [Transaction] {
    outcomes.compactMap { $0.outcome.transaction }
}

@Suite struct FieldMappingTests {
    @Test func `a bank statement with signed amounts is read`() throws {
        let mapping = try FieldMapping(yaml: minimal)
        let text = "ID,ACC,T,AMT,x\n1,A,09/03/2026 10:30,\"-12,5\",\n"
            + "2,A,09/03/2026 10:31,\"7,00\",\"y\"\"\"\n"
        let found = transactions(try outcomes(text, mapping: mapping))
        #expect(found.map(\.amount.amountMinor) == [1250, 700])
        #expect(found.map(\.direction) == [.debit, .credit])
        #expect(found.first?.effectiveAt.rfc3339 == "2026-03-09T08:30:00Z")
        #expect(found.first?.observedAt == found.first?.effectiveAt)
    }

    @Test func `a row as a JSON object gives the same transaction as the row`() throws {
        let mapping = try FieldMapping(yaml: minimal)
        let rows = ["ID,ACC,T,AMT,x", "1,A\\B,09/03/2026 10:30,\"-12,5\",\"quo\"\"te\""]
        let header = try Array(rows[0].utf8).withUnsafeBytes { try CSVHeader(row: $0, file: "x") }
        var json: [UInt8] = []
        let fault = Array(rows[1].utf8).withUnsafeBytes { header.jsonObject(ofRow: $0, into: &json) }
        #expect(fault == nil)
        let fromFile = try outcomes(rows.joined(separator: "\n"), mapping: mapping)
        let fromRow = try #require(transactions(fromFile).first)
        let fromJSON = try #require(read(json, mapping: mapping).transaction)
        #expect(fromRow.account == fromJSON.account && fromRow.idHash == fromJSON.idHash)
        #expect(fromRow.amount == fromJSON.amount && fromRow.effectiveAt == fromJSON.effectiveAt)
    }

    @Test func `rows with the wrong number of cells are refused`() throws {
        let found = try outcomes("ID,ACC,T,AMT\n1,2,3\n1,2,3,4,5\n", mapping: FieldMapping(yaml: minimal))
        let reasons = found.map { $0.outcome.rejection?.reason }
        #expect(reasons == ["wrong_column_count", "wrong_column_count"])
        #expect(found.map(\.row) == [1, 2])
    }

    @Test func `a header without a mapped column names the nearest one`() throws {
        let error = #expect(throws: IntakeError.self) {
            _ = try outcomes("ID,ACCT,T,AMT\n", mapping: FieldMapping(yaml: minimal))
        }
        #expect(error?.code == .headerLacksColumn)
        #expect(error?.cause.contains("did you mean `ACCT`?") == true)
    }

    @Test(arguments: [
        ("filds: {}", "line 1", "did you mean `fields`?"),
        ("fields:\n  acount_id: A", "line 2", "did you mean `account_id`?"),
        ("fields:\n  amount: {form: A}", "line 2", "did you mean `from`?"),
        ("fields:\n  currency: {constant: EURO}", "line 2", "ISO 4217"),
        ("fields:\n  channel: {from: c, values: {x: web}}", "line 2", "`online`"),
        ("fields:\n  effective_at: {from: c, format: yy}", "line 2", "rfc3339"),
        ("fields:\n  amount: A", "line 1", "`transaction_id` is not mapped"),
        ("format: xml", "line 1", "`csv`"), ("label: {fraud: F}", "line 1", "`delay`"),
        ("label: {fraud: F, delay: soon}", "line 1", "7d"), ("fields:\n  amount: a..b", "line 2", "no path"),
        ("fields: [", "2:1", "no YAML"), ("", "is", "empty"),
    ])
    func `a wrong mapping says where and what is allowed`(yaml: String, line: String, hint: String) {
        let error = #expect(throws: IntakeError.self) { _ = try FieldMapping(yaml: yaml) }
        #expect(error?.code == .mappingInvalid)
        let cause = error?.cause ?? ""
        #expect(cause.contains(line) && cause.contains(hint), "\(cause)")
    }

    @Test func `a word outside the translation is refused, and otherwise catches it`() throws {
        let line = "  channel: {from: CH, values: {W: online}}\n"
        let text = "ID,ACC,T,AMT,CH\n1,A,09/03/2026 10:30,1,Z\n"
        let strict = try outcomes(text, mapping: FieldMapping(yaml: minimal + line))
        #expect(transactions(strict).isEmpty)
        let open = line.replacing("}}", with: "}, otherwise: \"\"}")
        let found = transactions(try outcomes(text, mapping: FieldMapping(yaml: minimal + open)))
        #expect(found.count == 1 && found.first?.channel == nil)
    }

    @Test func `CSV with canonical names needs no mapping and may carry labels`() throws {
        let text = """
            transaction_id,account_id,effective_at,amount,currency,merchant_name,outcome,known_at,other
            1,A,2026-03-01T00:00:00Z,5.00,EUR,"Café, Bar",fraud,2026-03-05T00:00:00Z,x
            2,A,1772000000000,5,EUR,,,,
            """
        let found = try outcomes(text)
        #expect(transactions(found).map { $0.merchant.name.string } == ["Café, Bar", ""])
        let labels = found.compactMap { $0.outcome.label }
        #expect(labels.map { $0.outcome } == [.fraud])
        #expect(labels.map { $0.knownAt.rfc3339 } == ["2026-03-05T00:00:00Z"])
    }

    @Test func `the shipped nested mapping reads a card authorisation`() throws {
        let path = projectRoot.appending(path: "mappings/card-authorisation.yaml").path
        let json = """
            {"header":{"exchange_identification":123,"acquirer":"AQ1","creation_date_time":1773050400},
            "body":{
            "context":{"account":{"identification":"FR76"},"point_of_service":
            {"attendance":"ATTD","entry":"CTLS"}},
            "card":{"primary_account_number":"4111111111111111"},"transaction":{"local_date_time":
            "2026-03-09 12:00:00","amounts":[{"value":1999,"currency":"EUR"},{"value":"x"}],
            "credit_debit":"DBIT"},
            "acceptor":{"identification":"T1","common_name":"Bar","category_code":5813,
            "address":{"town":"Lyon",
            "country":"FR"},"position":["45.76",4.83]}}}
            """
        let found = try #require(read(json, mapping: FieldMapping(path: path)).transaction)
        #expect(found.id.string == "123:AQ1")
        #expect(found.effectiveAt.rfc3339 == "2026-03-09T10:00:00Z")
        #expect(found.observedAt.rfc3339 == "2026-03-09T10:00:00Z")
        #expect(found.amount.decimal == "19.99" && found.direction == .debit)
        #expect(found.channel == .inStore && found.entryMode == .contactless)
        #expect(found.merchant.categoryCode == 5813 && found.merchant.position.latitude == 45.76)
        #expect(found.card == testPseudonymiser().pseudonym("4111111111111111", in: .card))
    }
}

@Suite struct ShippedMappingTests {
    private func read(_ file: String, _ mapping: String, _ body: (Int64, IntakeOutcome) -> Void) throws {
        let path = try #require(sharedData).appending(path: file).path
        let yaml = projectRoot.appending(path: "mappings/\(mapping)").path
        var intake = Intake(mapping: try FieldMapping(path: yaml), pseudonymiser: testPseudonymiser())
        try intake.readFile(path: path, latest: arrival, body)
    }

    @Test(.enabled(if: sharedData != nil, "../shared/data is absent"))
    func `every client of the Taiwan file gives six months, oldest first`() throws {
        var rows: [Transaction] = []
        var defaults = 0
        var rejected = 0
        try read("taiwan-credit-default.csv.gz", "taiwan-credit.yaml") { row, outcome in
            switch outcome {
            case .transaction(let transaction, let label):
                if row <= 2 { rows.append(transaction) }
                if label?.outcome == .fraud { defaults += 1 }
            case .rejection: rejected += 1
            }
        }
        #expect(rejected == 0)
        #expect(defaults == 6636)
        #expect(rows.prefix(6).map { $0.id.string } == (4...9).map { "1-2005-0\($0)" })
        #expect(rows.prefix(6).map { $0.amount.amountMinor / 100 } == [0, 0, 0, 0, 689, 0])
        let balances = rows.prefix(6).compactMap { $0.balanceAfterMinor.map { $0 / 100 } }
        #expect(balances == [0, 0, 0, -689, -3102, -3913])
    }

    @Test(.enabled(if: sharedData != nil, "../shared/data is absent"))
    func `the Handbook file is read whole with its labels`() throws {
        var accepted = 0
        var frauds = 0
        var scenarios = [Int](repeating: 0, count: 4)
        try read("handbook-2018-04-to-08.csv.gz", "handbook.yaml") { _, outcome in
            guard case .transaction(let transaction, let label) = outcome, let label else { return }
            accepted += 1
            frauds += label.outcome == .fraud ? 1 : 0
            scenarios[Int(label.scenario)] += 1
            if accepted == 1 {
                #expect(transaction.id.string == "0" && transaction.amount.decimal == "57.16")
                #expect(label.knownAt.rfc3339 == "2018-04-08T00:00:31Z")
                #expect(label.counterpart == Digest.digest128("3156"))
            }
        }
        #expect(accepted == 1_466_282)
        #expect(frauds == scenarios[1] + scenarios[2] + scenarios[3])
    }
}
