import ArgumentParser
import Foundation
import KafkaClient

struct BrokerCommand: ParsableCommand, EndsOnSignal {
    static let configuration = CommandConfiguration(
        commandName: "broker",
        abstract: "Run an embedded Kafka broker for demos and tests: in memory, real protocol, real TCP.",
        discussion: """
            It is librdkafka's mock cluster. It keeps 5 MiB of each partition and forgets everything when it \
            stops, so it is no place for data that matters. Any Kafka client can use it: \
            kcat -b ADDRESS -L
            """)

    @Option(help: "A topic to create, as NAME or NAME:PARTITIONS. May be repeated.")
    var topic: [String] = ["transactions:4", "labels:1", "transactions.dlq:1"]

    @Option(help: "Number of brokers.")
    var brokers = 1

    @Option(help: "Also write the address to this file once the broker answers.")
    var addressFile: String?

    @Flag(help: "End when standard input closes, as it does when the starting process ends.")
    var withParent = false

    var endsInOrder: Bool { !withParent }

    func run() throws {
        let topics = try topic.map(Self.parse)
        let broker = try EmbeddedBroker(brokers: brokers, topics: topics)
        try FileHandle.standardOutput.write(contentsOf: Data((broker.bootstrapServers + "\n").utf8))
        if let addressFile {
            try Data((broker.bootstrapServers + "\n").utf8).write(
                to: URL(filePath: addressFile), options: .atomic)
        }
        if withParent {
            // Ctrl-C reaches the whole group; the parent still needs its broker to drain.
            signal(SIGINT, SIG_IGN)
            while readLine() != nil {}
        } else {
            SignalWatch.wait()
        }
        withExtendedLifetime(broker) {}
    }

    static func parse(_ text: String) throws(UsageError) -> (name: String, partitions: Int) {
        let parts = text.split(separator: ":")
        guard let name = parts.first, parts.count <= 2, let count = Int(parts.count == 2 ? parts[1] : "1"),
            (1...1000).contains(count)
        else { throw UsageError("--topic takes NAME or NAME:PARTITIONS (1 to 1000), not '\(text)'") }
        return (String(name), count)
    }
}
