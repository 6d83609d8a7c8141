import ArgumentParser
import Banking
import Foundation
import Intake
import KafkaClient
import Logging

struct ProduceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "produce",
        abstract: "Send a file's records to a topic, keyed by account, in step with a consumer.",
        discussion: """
            JSON lines go out as they are; CSV rows go out as JSON objects of their columns, which the same \
            mapping reads. Key: the account's pseudonym. Time stamp: the record's effective_at (known_at for \
            labels). Records that Intake would refuse go out too, without a key: the reader dead-letters them.
            """)

    @OptionGroup var common: CommonOptions
    @Option(help: "The file (CSV or JSON lines, .gz).") var file: String
    @Option(help: "Mapping of the file; without it the setting intake.mapping.") var mapping: String?
    @Option(help: "Topic; without it the setting kafka.topics.transactions.") var topic: String?
    @Flag(help: "The records are labels.") var labels = false
    @Option(help: "Records per second; without it as fast as possible.") var rate: Double?
    @Option(help: "Do not run ahead of this job's committed progress by more than --window records.")
    var inStepWith: String?
    @Option(help: "Most records ahead of the consumer, over all partitions.") var window = 40_000

    func run() throws {
        let settings = try common.settings()
        let logger = try settings.logger()
        let name = topic ?? settings[labels ? .labelsTopic : .transactionsTopic]
        let sender = try RecordSender(
            settings, topic: name, rate: rate, window: window,
            follower: inStepWith.map { "vigie-\($0)" }, logger: logger)
        let mapping = try (self.mapping ?? settings.optional(.mapping)).map { try FieldMapping(path: $0) }
        if let mapping, mapping.transactionsPerRecord != 1 {
            throw UsageError(
                "the mapping unfolds rows: replay the file with --file instead of producing it")
        }
        var file = try RecordFile(path: file, delimiter: mapping?.delimiter ?? UInt8(ascii: ","))
        let isCSV = file.layout == .csv
        var header: CSVHeader?
        var json: [UInt8] = []
        var intake = Intake(mapping: mapping, pseudonymiser: try settings.pseudonymiser())
        var reader = try settings.labelReader()
        while let record = try file.next() {
            if isCSV, header == nil {
                header = try CSVHeader(
                    row: record.bytes, delimiter: mapping?.delimiter ?? UInt8(ascii: ","), file: self.file)
                continue
            }
            if let header {
                if header.jsonObject(ofRow: record.bytes, into: &json) != nil { json = Array(record.bytes) }
            } else {
                json.removeAll(keepingCapacity: true)
                json.append(contentsOf: record.bytes)
            }
            try json.withUnsafeBytes { bytes in
                if labels {
                    try sender.send(bytes, stamp: Self.stamp(ofLabel: bytes, &reader))
                } else {
                    try sender.send(bytes, stamp: Self.stamp(of: bytes, &intake))
                }
            }
        }
        try sender.finish()
        say("\(Figure.count(Int64(sender.count))) records sent to \(name)")
    }

    /// Key and time of a transaction; `nil` for a record that is none.
    private static func stamp(of bytes: UnsafeRawBufferPointer, _ intake: inout Intake) -> RecordSender
        .Stamp?
    {
        var transaction = Transaction()
        guard intake.read(bytes, observedAt: .present, into: &transaction) == nil else { return nil }
        return (transaction.account, transaction.effectiveAt)
    }

    private static func stamp(
        ofLabel bytes: UnsafeRawBufferPointer, _ reader: inout LabelReader
    ) -> RecordSender.Stamp? {
        var label = Label()
        guard reader.read(bytes, latest: .present, into: &label) == nil else { return nil }
        return (label.account, label.knownAt)
    }
}

/// Sends records to a topic at a rate, never too far ahead of a consumer.
final class RecordSender {
    typealias Stamp = (key: Pseudonym, time: Timestamp)

    private let producer: Producer
    private let topic: ProducerTopic
    private let rate: Double?
    private let window: Int
    private let follower: Consumer?
    private let partitions: [TopicPartition]
    private let started = ContinuousClock.now
    /// Progress of the consumer when sending began.
    private var base: Int64 = 0
    private(set) var count = 0

    init(
        _ settings: Settings, topic name: String, rate: Double?, window: Int, follower: String?,
        logger: Logger
    ) throws {
        let configuration = settings.kafka(logger)
        producer = try Producer(configuration)
        topic = try producer.topic(name)
        self.rate = rate
        self.window = max(window, 1)
        let partitionCount = try producer.partitionCount(of: name, timeout: .seconds(20))
        partitions = (0..<partitionCount).map { TopicPartition(topic: name, partition: Int32($0)) }
        self.follower = try follower.map { try Consumer(configuration, group: $0) }
        if self.follower != nil {
            let consumer = try Consumer(configuration)
            for partition in partitions {
                base += try consumer.watermarks(of: partition, timeout: .seconds(20)).upperBound
            }
        }
    }

    func send(_ payload: UnsafeRawBufferPointer, stamp: Stamp?) throws {
        try keepStep()
        if let stamp {
            var key = Array(stamp.key.hexadecimal.utf8)
            try key.withUnsafeMutableBytes { key in
                try producer.produce(
                    to: topic, key: UnsafeRawBufferPointer(key), payload: payload,
                    timestampMilliseconds: stamp.time.milliseconds)
            }
        } else {
            try producer.produce(to: topic, key: nil, payload: payload)
        }
        count += 1
    }

    /// Waits until everything is with the broker.
    func finish() throws {
        try producer.flush(timeout: .seconds(60))
        if producer.counts.failed > 0, let error = producer.counts.firstError { throw error }
    }

    private func keepStep() throws {
        if let rate {
            while Double(count) > rate * ((ContinuousClock.now - started) / .seconds(1)) {
                producer.poll(timeout: .milliseconds(1))
            }
        }
        guard let follower, count % 1000 == 0 else { return }
        while true {
            let done = try follower.committed(partitions, timeout: .seconds(20))
                .reduce(0) { $0 + max(0, $1.offset.rawValue) }
            if Int64(count) + base - done < Int64(window) { return }
            producer.poll(timeout: .milliseconds(20))
        }
    }
}
