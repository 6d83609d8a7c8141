import KafkaClient
import Testing

/// An embedded broker with one topic, and clients of it over TCP.
struct Rig {
    static let topicName = "transactions"
    /// Longer than anything here takes; a test that fails ends all the same.
    static let patience = Duration.seconds(15)

    let broker: EmbeddedBroker
    let configuration: KafkaConfiguration

    init(brokers: Int = 1, partitions: Int = 1, settings: [String: String] = [:]) throws {
        broker = try EmbeddedBroker(brokers: brokers, topics: [(Self.topicName, partitions)], onLog: { _ in })
        configuration = KafkaConfiguration(
            ["bootstrap.servers": broker.bootstrapServers], onLog: { _ in }
        ).with(settings)
    }

    func partition(_ number: Int32 = 0) -> TopicPartition {
        TopicPartition(topic: Self.topicName, partition: number)
    }

    /// Writes `payloads` to partition 0 and waits until all are acknowledged.
    func fill(_ payloads: [String], settings: [String: String] = [:]) throws {
        let producer = try Producer(configuration.with(settings))
        let topic = try producer.topic(Self.topicName)
        for payload in payloads {
            try producer.produce(to: topic, partition: 0, key: nil, payload: Array(payload.utf8))
        }
        try producer.flush(timeout: Self.patience)
        try #require(producer.counts.succeeded == payloads.count)
    }

    /// A reader of partition 0 from `offset`.
    func reader(from offset: KafkaOffset, settings: [String: String] = [:]) throws -> Consumer {
        let consumer = try Consumer(configuration.with(settings))
        try consumer.assign([partition().at(offset)])
        return consumer
    }
}

/// Asks again and again, with no pause of its own, until `condition` holds.
func wait(until condition: () throws -> Bool) throws {
    let end = ContinuousClock.now + Rig.patience
    while try !condition() { try #require(ContinuousClock.now < end, "it did not come true") }
}

extension Consumer {
    /// Polls until `count` payloads came, ignoring events; fails after the rig's patience.
    func texts(_ count: Int) throws -> [String] {
        var texts: [String] = []
        let end = ContinuousClock.now + Rig.patience
        while texts.count < count {
            try #require(ContinuousClock.now < end, "\(texts.count) of \(count) records came")
            drain(upTo: count - texts.count, timeout: .milliseconds(100)) { record in
                texts.append(String(decoding: record.payload, as: UTF8.self))
            }
        }
        return texts
    }

    /// Polls until `condition` holds of an event, and returns what it made of it.
    func firstEvent<Found>(_ condition: (ConsumerEvent) -> Found?) throws -> Found {
        let end = ContinuousClock.now + Rig.patience
        while true {
            try #require(ContinuousClock.now < end, "the event did not come")
            let outcome = poll(timeout: .milliseconds(100)) { _ in }
            if case .event(let event) = outcome, let found = condition(event) { return found }
        }
    }

    /// Polls, ignoring records and events, until `condition` holds.
    func poll(until condition: () -> Bool) throws {
        let end = ContinuousClock.now + Rig.patience
        while !condition() {
            try #require(ContinuousClock.now < end, "it did not come true")
            poll(timeout: .milliseconds(50)) { _ in }
        }
    }
}
