import Banking
import Foundation
import Ledger
import Simulator
import Training

/// What the demo shows at its end: the highest alerts with their reasons, and how the truth compares.
struct DemoResults: Sendable {
    let settings: Settings
    let psql: String
    let language: String

    init(settings: Settings, services: LocalServices, language: String) {
        self.settings = settings
        psql = services.cluster.psql(database: "vigie")
        self.language = language
    }

    /// - Parameter truth: fraud scenario by transaction id, 0 for honest ones.
    func show(truth: [String: UInt8]) throws {
        let ledger = try settings.openLedger(as: nil)
        let job = settings[.job]
        print("\nThe ten highest alerts\n")
        for alert in try ledger.alerts(top: 10, job: job) { show(alert, truth[alert.transactionID] ?? 0) }
        let unusual = try ledger.unusualAlerts(top: 5, job: job)
        if !unusual.isEmpty {
            print("The most unusual alerts, by how rarely history says such phrases: no labels needed\n")
            for alert in unusual { show(alert, truth[alert.transactionID] ?? 0) }
        }
        try compare(ledger, job, truth)
        print("\nQuery more:\n  \(psql) -c 'SELECT * FROM vigie.open_alerts LIMIT 20'\n")
    }

    func sayHowToGoOn() {
        print(
            """
            Still running (Ctrl-C ends it). Send a transaction by hand:
              echo '{"transaction_id":"by-hand-1","account_id":"acc-1","effective_at":"2026-01-05T03:12:00Z",\
            "amount":249.90,"currency":"EUR"}' | kcat -P -b \(settings[.bootstrapServers]) -t transactions
            """)
    }

    private func show(_ alert: AlertRow, _ scenario: UInt8) {
        let isFrench = language == "fr"
        let story = FraudScenario(rawValue: scenario).map { "fraud: \($0.name)" } ?? "honest"
        print("\(alert.score)  \(alert.band), \(alert.outcome), \(alert.amount) \(alert.currency), "
            + "\(alert.effectiveAt)  [truth: \(story)]")
        print("     \(isFrench ? alert.descriptionFrench : alert.descriptionEnglish)")
        if let unusualness = alert.unusualness {
            let percent = Figure.shareBelow(unusualness)
            print("     " + (isFrench
                ? "plus inhabituel que \(percent) % des opérations"
                : "more unusual than \(percent) % of transactions"))
        }
        for line in AlertText.lines(of: alert, isFrench: isFrench) { print("       " + line) }
        print("")
    }

    /// Detection against the simulator's truth, from the rows in the database.
    private func compare(_ ledger: Ledger, _ job: String, _ truth: [String: UInt8]) throws {
        var scores: [Double] = []
        var labels: [UInt8] = []
        var found: [UInt8: (frauds: Int, alerts: Int)] = [:]
        var alerts = (all: 0, right: 0)
        try ledger.forEachDecision(job: job) { decision in
            let scenario = truth[decision.transactionID.string] ?? 0
            scores.append(decision.probability)
            labels.append(scenario > 0 ? 1 : 0)
            let isAlert = decision.outcome != .approve
            if isAlert {
                alerts.all += 1
                if scenario > 0 { alerts.right += 1 }
            }
            if scenario > 0 {
                found[scenario, default: (0, 0)].frauds += 1
                if isAlert { found[scenario, default: (0, 0)].alerts += 1 }
            }
        }
        print("Against the simulator's truth, which the model never saw")
        let frauds = labels.count { $0 == 1 }
        print("  \(Figure.count(Int64(scores.count))) transactions, \(frauds) frauds; average precision "
            + Figure.fixed(Metrics.averagePrecision(scores, labels), 3) + ", area under the ROC curve "
            + Figure.fixed(Metrics.areaUnderROC(scores, labels), 3))
        print("  \(alerts.all) alerts, of which \(alerts.right) are frauds")
        for scenario in FraudScenario.allCases {
            guard let counts = found[scenario.rawValue] else { continue }
            print("  \(scenario.name): \(counts.alerts) of \(counts.frauds) transactions alerted")
        }
    }
}
