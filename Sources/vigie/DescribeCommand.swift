import ArgumentParser
import Banking
import Descriptions
import Foundation
import History
import Intake
import RiskModels

struct DescribeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe",
        abstract: "Print what the model reads: text and tokens of records, or every fact of a stream.",
        discussion: """
            Records come from a file, or as canonical JSON lines on standard input; those before a \
            record are its history. text prints description and tokens, json the same for scripts; \
            csv and jsonl export every fact, point in time, for a data scientist's own tools.
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json, csv, jsonl
    }

    @OptionGroup var common: CommonOptions
    @Option(help: "File (CSV or JSON lines, .gz); without it standard input.") var file: String?
    @Option(help: "Mapping of the records; without it the setting intake.mapping.") var mapping: String?
    @Option(help: "text, json, csv or jsonl.") var format = Format.text
    @Option(help: "Language of the text: en or fr.") var language = "en"
    @Option(help: "Only records from this moment on are printed; earlier ones make history.") var from:
        String?
    @Option(help: "Only records before this moment are printed.") var to: String?

    func run() throws {
        let settings = try common.settings()
        guard let language = Language(rawValue: language) else {
            throw UsageError("--language is en or fr, not '\(self.language)'")
        }
        let from = try self.from.map { try Timestamp.argument($0, for: "--from") }
        let to = try self.to.map { try Timestamp.argument($0, for: "--to") }
        let printer = try RecordPrinter(settings, format: format, language: language)
        var intake = try settings.intake(mapping: mapping)
        var row = FactRow()
        func show(_ transaction: Transaction, _ label: Label?) throws {
            if let label { printer.historian.learn(label) }
            printer.historian.read(transaction, partition: 0, into: &row)
            if let from, transaction.effectiveAt < from { return }
            if let to, transaction.effectiveAt >= to { return }
            try printer.print(transaction, label, row)
        }
        if let file {
            try intake.readFile(path: file, latest: .present) { number, outcome in
                switch outcome {
                case .transaction(let transaction, let label): try show(transaction, label)
                case .rejection(let rejection, _): Self.report(rejection, number)
                }
            }
        } else {
            var number: Int64 = 0
            while let line = readLine() {
                defer { number += 1 }
                let bytes = Array(line.utf8)
                let rejection = try bytes.withUnsafeBytes { bytes in
                    try intake.readEach(bytes, observedAt: .present) { try show(copy $0, $1) }
                }
                if let rejection { Self.report(rejection, number) }
            }
        }
        try printer.finish()
    }

    private static func report(_ rejection: Rejection, _ number: Int64) {
        say("record \(number): \(rejection.field): \(rejection.reason). \(rejection.hint)")
    }
}

/// Writes records out in one of the formats of `vigie describe`.
private final class RecordPrinter {
    let historian: Historian
    private let format: DescribeCommand.Format
    private let describer: Describer?
    private let writer: DescriptionWriter
    private let export: FactExport
    private let output: OutputFile
    private var bytes: [UInt8] = []

    init(_ settings: Settings, format: DescribeCommand.Format, language: Language) throws {
        self.format = format
        writer = DescriptionWriter(language: language)
        export = FactExport(format: format == .jsonl ? .jsonl : .csv)
        output = try OutputFile("-")
        switch format {
        case .text, .json:
            let cascade = try settings.loadCascade()
            describer = Describer(vocabulary: cascade.vocabulary)
            historian = Historian(configuration: cascade.history)
        case .csv, .jsonl:
            describer = nil
            historian = Historian()
            if format == .csv { export.appendHeader(to: &bytes) }
        }
    }

    func print(_ transaction: Transaction, _ label: Label?, _ row: FactRow) throws {
        if let describer {
            let tokens = describer.tokens(row)
            let text = writer.text(facts: row, of: transaction, tokens: tokens)
            if format == .text {
                bytes += (text + "\n  " + TokenListing.text(tokens, facts: row) + "\n").utf8
            } else {
                let quoted = String(decoding: try JSONEncoder().encode(text), as: UTF8.self)
                bytes += "{\"text\":\(quoted),\"tokens\":\(TokenListing.json(tokens, facts: row))}\n".utf8
            }
        } else {
            export.append(row, of: transaction, label: label, to: &bytes)
        }
        if bytes.count > 1 << 16 { try finish() }
    }

    func finish() throws {
        try output.write(bytes)
        bytes.removeAll(keepingCapacity: true)
    }
}
