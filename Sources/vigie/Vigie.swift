import ArgumentParser
import Banking
import Foundation
import Intake
import KafkaClient
import Ledger
import Pipeline
import PostgresClient
import RiskModels
import Training

/// The command line: wiring only. Every command is a few lines over the rooms.
@main
struct Vigie: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vigie",
        abstract: "Watches a bank's transaction stream: Kafka in, small models on CPU, PostgreSQL out.",
        discussion: """
            Settings come from one YAML file (--config), overridden by VIGIE_* variables, overridden by --set.

            Exit codes: 0 done; 1 failed; 64 wrong usage or configuration; 65 bad data (poisoned stream, \
            file that cannot be read as described); 69 broker or database not available; 75 stopped in \
            favour of another instance, or before everything was durable (start again).
            """,
        version: "0.1.0",
        subcommands: [
            DemoCommand.self, RunCommand.self, ReplayCommand.self, TrainCommand.self, EvaluateCommand.self,
            ModelCommand.self, DescribeCommand.self, ExplainCommand.self, SimulateCommand.self,
            ProduceCommand.self, BrokerCommand.self, MigrateCommand.self, PseudonymCommand.self,
            DoctorCommand.self, BenchCommand.self,
        ])

    static func main() {
        // First of all: a signal that comes early must wait for the command that listens to it.
        SignalWatch.hold()
        // A reader that goes away (head, a closed pager) must not kill a command that still has work to do.
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try parseAsRoot()
            if (command as? any EndsOnSignal)?.endsInOrder != true { SignalWatch.letGo() }
            if let plan = try Failpoint.configured() { say("vigie: VIGIE_FAILPOINT is set: \(plan)") }
            try command.run()
        } catch let error where ExitStatus(of: error) != nil {
            say("vigie: \(error)")
            Foundation.exit(ExitStatus(of: error)?.rawValue ?? 1)
        } catch {
            exit(withError: error)
        }
    }
}

/// What an exit code means to a script.
enum ExitStatus: Int32 {
    case failure = 1
    case usage = 64
    case badData = 65
    case unavailable = 69
    case startAgain = 75

    /// `nil` for errors of the argument parser, which knows its own.
    init?(of error: any Error) {
        switch error {
        case is UsageError, is CascadeError, is ModelFileError, is FailpointError: self = .usage
        case let error as PipelineError:
            switch error.code {
            case .poisoned, .unreadable: self = .badData
            case .source, .delivery: self = .unavailable
            case .fenced, .drainDeadline: self = .startAgain
            }
        case let error as LedgerError:
            switch error.code {
            case .postgres, .notDelivered: self = .unavailable
            case .fenced: self = .startAgain
            case .otherCluster, .schemaTooOld, .schemaTooNew, .migration: self = .usage
            case .unreadableRow: self = .badData
            }
        case let error as IntakeError:
            switch error.code {
            case .fileUnreadable, .fileTruncated, .fileCorrupt, .headerInvalid, .headerLacksColumn:
                self = .badData
            default: self = .usage
            }
        case let error as TrainingError: self = error.code == .badStudy ? .usage : .badData
        case is KafkaError, is PostgresError: self = .unavailable
        case is ExitCode, is CleanExit, is ValidationError: return nil
        default:
            // The argument parser's own errors are not public types.
            if String(reflecting: type(of: error)).hasPrefix("ArgumentParser.") { return nil }
            self = .failure
        }
    }
}

/// Writes one line to standard error: for people, while standard output stays for results.
func say(_ line: String) { sayPart(line + "\n") }

/// The same without the end of the line. A log that cannot be written (its disk is full, its reader gone)
/// must not stop the program.
func sayPart(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
}
