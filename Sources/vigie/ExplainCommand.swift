import ArgumentParser
import Banking
import Descriptions
import Ledger
import RiskModels

struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Show a stored alert: description, reasons, counterfactual; --verify scores it again.",
        discussion: """
            --verify reads the stored tokens with the configured model: the score must come out bit for bit, \
            or the exit code is 1.
            """)

    @OptionGroup var common: CommonOptions
    @Argument(help: "Number of the alert (column alert_id).") var alert: Int64
    @Option(help: "Language: en or fr.") var language = "en"
    @Flag(help: "Derive the score again from the stored tokens and the model.") var verify = false

    func run() throws {
        let settings = try common.settings()
        guard let row = try settings.openLedger(as: nil).alert(alert) else {
            throw UsageError("there is no alert \(alert)")
        }
        print("alert \(row.alertID), job \(row.job), \(row.status)")
        print(
            "score \(row.score), \(row.band), \(row.outcome), probability \(row.probability), "
                + "by \(row.decidedBy)")
        if let unusualness = row.unusualness {
            print("more unusual than \(Figure.shareBelow(unusualness)) % of transactions")
        }
        print("model \(row.modelSHA256 ?? "none")")
        print(
            "transaction \(row.transactionID), account \(row.account), \(row.amount) \(row.currency), "
                + "\(row.effectiveAt)")
        print("\n\(isFrench ? row.descriptionFrench : row.descriptionEnglish)\n")
        for line in AlertText.lines(of: row, isFrench: isFrench) { print("  " + line) }
        if verify { try derive(row, settings) }
    }

    private var isFrench: Bool { language == "fr" }

    /// Scores the stored tokens again, and the counterfactual's.
    private func derive(_ row: AlertRow, _ settings: Settings) throws {
        let cascade = try settings.loadCascade()
        guard let place = cascade.steps.firstIndex(where: { $0.brick.model.sha256 == row.modelSHA256 }) else {
            throw UsageError("the configured cascade does not hold the model \(row.modelSHA256 ?? "none")")
        }
        func token(_ token: Alert.Token) -> Token {
            Token(kind: token.kind, index: token.index, weight: token.weight)
        }
        let tokens = row.tokens.map(token)
        var descriptions = [tokens]
        if let change = row.counterfactual.map({ token($0.token) }) {
            descriptions.append(tokens.map { $0.kind == change.kind ? change : $0 })
        }
        let again = ModelLoader.assess(
            descriptions.map { cascade.tokens($0[...], heardBy: place) },
            with: cascade.steps[place].brick
        ).map(\.probability)
        let stored = [row.probability] + (row.counterfactual.map { [$0.probability] } ?? [])
        guard again.map(\.bitPattern) == stored.map(\.bitPattern) else {
            print("\nNOT verified: the model gives \(again), stored are \(stored)")
            throw ExitCode(1)
        }
        print("\nverified: the stored tokens and the model give the same score, bit for bit")
    }
}

/// The reasons of an alert as lines for people.
enum AlertText {
    static func lines(of row: AlertRow, isFrench: Bool) -> [String] {
        func words(_ reason: Alert.Reason) -> String { isFrench ? reason.french : reason.english }
        var lines = row.reasons.map { reason in
            let points = reason.points == 0
                ? (isFrench ? "règle" : "rule") : "+" + Figure.fixed(reason.points, 0)
            return points.padding(toLength: 6, withPad: " ", startingAt: 0) + words(reason)
        }
        lines += row.surprises.map { reason in
            let bits = "+" + Figure.fixed(reason.points, 1)
            let opening = isFrench ? "inhabituel (\(bits) bits)\u{202F}: " : "unusual (\(bits) bits): "
            return opening + words(reason)
        }
        if let counterfactual = row.counterfactual {
            lines.append(isFrench ? counterfactual.french : counterfactual.english)
        }
        return lines
    }
}
