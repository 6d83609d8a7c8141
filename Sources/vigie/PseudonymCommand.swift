import ArgumentParser
import Intake

struct PseudonymCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pseudonym",
        abstract: "Print the pseudonym under which an identifier stands in the tables.",
        discussion: """
            Needs the key file. The identifier is read from standard input, so that it stands in no shell \
            history: vigie pseudonym account <<< ACCOUNT
            """)

    @OptionGroup var common: CommonOptions
    @Argument(help: "account, card, counterpart or device.") var domain: String

    func run() throws {
        guard let domain = Pseudonymiser.Domain.allCases.first(where: { $0.name == domain }) else {
            let names = Pseudonymiser.Domain.allCases.map(\.name).joined(separator: ", ")
            throw UsageError("the kind of identifier is one of \(names), not '\(self.domain)'")
        }
        let settings = try common.settings()
        let pseudonymiser = Pseudonymiser(key: try PseudonymKey(path: settings[.keyFile]))
        while let line = readLine(), !line.isEmpty {
            print(pseudonymiser.pseudonym(line, in: domain))
        }
    }
}
