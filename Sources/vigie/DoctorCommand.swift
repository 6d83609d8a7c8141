import ArgumentParser
import Foundation
import Intake
import KafkaClient
import Ledger
import RiskModels

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check everything that `vigie run` needs, and say what to do about what is missing.")

    @OptionGroup var common: CommonOptions

    func run() throws {
        let settings = try common.settings()
        let logger = try settings.logger()
        var isWell = true
        func check(_ name: String, _ body: () throws -> String) {
            do {
                print("ok    \(name): \(try body())")
            } catch {
                isWell = false
                print("FAIL  \(name): \(error)")
            }
        }
        check("cascade") {
            let cascade = try settings.loadCascade()
            let bricks = cascade.steps.map { "\($0.brick.name) \($0.brick.model.sha256.prefix(12))" }
            return "\(cascade.name): \(bricks.joined(separator: ", ")), \(cascade.rules.rules.count) rules"
        }
        check("mapping") {
            guard let path = settings.optional(.mapping) else { return "none: canonical JSON" }
            return try FieldMapping(path: path).name
        }
        check("key file") {
            guard FileManager.default.fileExists(atPath: settings[.keyFile]) else {
                return "\(settings[.keyFile]) will be made on first use"
            }
            _ = try PseudonymKey(path: settings[.keyFile])
            return settings[.keyFile]
        }
        check("database") {
            let ledger = try settings.openLedger()
            defer { ledger.close() }
            return "schema \(Ledger.schemaVersion)"
        }
        check("broker") {
            let consumer = try Consumer(settings.kafka(logger))
            let count = try consumer.partitionCount(
                of: settings[.transactionsTopic], timeout: .seconds(10))
            return "\(settings[.bootstrapServers]), \(settings[.transactionsTopic]) has \(count) partitions"
        }
        if let path = settings.optional(.statusFile) {
            check("service") { try ServiceStatus.check(path, now: .present) }
        }
        if !isWell { throw ExitCode(1) }
    }
}
