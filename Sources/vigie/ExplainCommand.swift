import ArgumentParser
import Descriptions
import Ledger
import RiskModels

struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Show a stored alert with its description and reasons; --verify scores it again.",
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
                + "by \(row.decidedBy)"
        )
        print("model \(row.modelSHA256 ?? "none")")
        print(
            "transaction \(row.transactionID), account \(row.account), \(row.amount) \(row.currency), "
                + "\(row.effectiveAt)")
        print("\n\(language == "fr" ? row.descriptionFrench : row.descriptionEnglish)\n")
        for reason in row.reasons {
            print(
                "  \(Figure.fixed(reason.points, 1))\t\(language == "fr" ? reason.french : reason.english)")
        }
        guard verify else { return }
        let cascade = try settings.loadCascade()
        guard let step = cascade.steps.first(where: { $0.brick.model.sha256 == row.modelSHA256 }) else {
            throw UsageError("the configured cascade does not hold the model \(row.modelSHA256 ?? "none")")
        }
        let tokens = row.tokens.map { Token(kind: $0.kind, index: $0.index, weight: $0.weight) }
        let again = ModelLoader.assess([tokens], with: step.brick)[0].probability
        guard again.bitPattern == row.probability.bitPattern else {
            print("\nNOT verified: the model gives \(again)")
            throw ExitCode(1)
        }
        print("\nverified: the stored tokens and the model give the same score, bit for bit")
    }
}
