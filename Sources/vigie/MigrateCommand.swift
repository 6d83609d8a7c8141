import ArgumentParser
import Ledger

struct MigrateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Bring the database's schema up or down, or say where it is.",
        subcommands: [Status.self, Up.self, Down.self], defaultSubcommand: Status.self)

    struct Status: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List migrations and whether they are applied.")
        @OptionGroup var common: CommonOptions

        func run() throws {
            for line in try common.settings().migrator().status() {
                print("\(line.version)\t\(line.name)\t\(line.state)")
            }
        }
    }

    struct Up: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Apply what is missing, one transaction each.")
        @OptionGroup var common: CommonOptions
        @Option(help: "Stop at this version.") var to: Int?

        func run() throws {
            let applied = try common.settings().migrator().up(to: to)
            print(
                applied.isEmpty
                    ? "nothing to do" : "applied \(applied.map(String.init).joined(separator: ", "))")
        }
    }

    struct Down: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Undo migrations down to a version. Data in the tables they made is lost.")
        @OptionGroup var common: CommonOptions
        @Option(help: "Version to go back to; 0 removes everything.") var to: Int

        func run() throws {
            let undone = try common.settings().migrator().down(to: to)
            print(
                undone.isEmpty
                    ? "nothing to do" : "undone \(undone.map(String.init).joined(separator: ", "))")
        }
    }
}

extension Settings {
    func migrator() throws -> Migrator {
        try Migrator(conninfo: self[.postgresURL], folder: try Shipped.folder("migrations"))
    }
}
