import Foundation

@testable import Training

/// A bank of a few hundred cards in a CSV file, with one kind of fraud that facts can see.
struct SmallBank {
    let folder: URL
    let study: Study

    /// Writes the file. The same seed gives the same bytes.
    init(seed: UInt64, accounts: Int = 120, days: Int = 40) throws {
        folder = FileManager.default.temporaryDirectory.appending(
            path: "vigie-small-bank-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var state = seed
        func random() -> Double {
            state = state &+ 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return Double((z ^ (z >> 31)) >> 11) / 9_007_199_254_740_992
        }
        var lines = ["id,time,card,shop,amount,fraud"]
        var number = 0
        for day in 0..<days {
            for second in stride(from: 600, to: 86_400, by: 86_400 / accounts) {
                let card = Int(random() * Double(accounts))
                let isFraud = random() < 0.03
                let amount = Int(((isFraud ? 150 : 20) + random() * 40 + Double(card % 7)) * 100)
                let time = Date(timeIntervalSince1970: 1_525_132_800 + Double(day * 86_400 + second))
                    .formatted(.iso8601)
                let cents = String(amount % 100)
                let decimal = "\(amount / 100).\(cents.count == 1 ? "0" : "")\(cents)"
                lines.append(
                    "t\(number),\(time),c\(card),s\(Int(random() * 30)),\(decimal),\(isFraud ? 1 : 0)")
                number += 1
            }
        }
        try lines.joined(separator: "\n").write(
            to: folder.appending(path: "bank.csv"), atomically: true, encoding: .utf8)
        try """
        name: small
        format: csv
        fields:
          transaction_id: id
          account_id: card
          effective_at: time
          amount: amount
          currency: {constant: EUR}
          merchant.id: shop
        label:
          fraud: {from: fraud, values: {0: genuine, 1: fraud}}
          delay: 3d
        """.write(to: folder.appending(path: "mapping.yaml"), atomically: true, encoding: .utf8)
        study = try Study(
            yaml: """
                name: small
                data: bank.csv
                mapping: mapping.yaml
                history_from: 2018-05-01
                label_delay_days: 3
                selection:
                  train: {from: 2018-05-05, to: 2018-05-18}
                  validation: {from: 2018-05-21, to: 2018-05-28}
                train: {from: 2018-05-05, to: 2018-05-28}
                test: {from: 2018-05-31, to: 2018-06-09}
                alert_budget_per_day: 4
                """, file: folder.appending(path: "study.yaml").path)
    }

    func remove() { try? FileManager.default.removeItem(at: folder) }
}
