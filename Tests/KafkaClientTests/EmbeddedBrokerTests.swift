import KafkaClient
import Testing

@Suite struct EmbeddedBrokerTests {
    @Test func `each broker listens on an address of this machine`() throws {
        let broker = try EmbeddedBroker(brokers: 3, onLog: { _ in })
        let addresses = broker.bootstrapServers.split(separator: ",")
        #expect(Set(addresses).count == 3)
        #expect(addresses.allSatisfy { $0.hasPrefix("127.0.0.1:") })
    }

    @Test func `a broker without a number of partitions or brokers is refused`() throws {
        #expect(throws: KafkaError.self) { _ = try EmbeddedBroker(brokers: 0) }
        let broker = try EmbeddedBroker(onLog: { _ in })
        #expect(throws: KafkaError.self) { try broker.createTopic("none", partitions: 0) }
    }

    @Test func `a topic can be made only once`() throws {
        let rig = try Rig()
        #expect(throws: KafkaError.self) { try rig.broker.createTopic(Rig.topicName, partitions: 1) }
    }

    @Test func `a broker that is down is a retriable error, and reading goes on when it is back`() throws {
        let rig = try Rig(settings: ["reconnect.backoff.ms": "10", "reconnect.backoff.max.ms": "50"])
        try rig.fill(["a"])
        let consumer = try rig.reader(from: 0)
        #expect(try consumer.texts(1) == ["a"])
        try rig.broker.setDown()
        let error = try consumer.firstEvent { event -> KafkaError? in
            if case .failed(let error) = event { error } else { nil }
        }
        #expect(error.isRetriable)
        let metadata = #expect(throws: KafkaError.self) {
            _ = try consumer.partitionCount(of: Rig.topicName, timeout: .milliseconds(200))
        }
        #expect(metadata?.isRetriable == true)
        try rig.broker.setUp()
        try rig.fill(["b"])
        #expect(try consumer.texts(1) == ["b"])
    }

    @Test func `an error of a topic is told, and ends`() throws {
        let rig = try Rig()
        let consumer = try Consumer(rig.configuration)
        rig.broker.setTopicError(Rig.topicName, .topicAuthorizationFailed)
        let error = #expect(throws: KafkaError.self) {
            _ = try consumer.partitionCount(of: Rig.topicName, timeout: Rig.patience)
        }
        #expect(error?.code == .topicAuthorizationFailed)
        #expect(error?.isRetriable == false)
        rig.broker.setTopicError(Rig.topicName, nil)
        #expect(try consumer.partitionCount(of: Rig.topicName, timeout: Rig.patience) == 1)
    }

    @Test func `failures that were taken back are not met`() throws {
        let rig = try Rig()
        // 10: the batch is too large for the broker.
        let rejected = KafkaError.Code(rawValue: 10)
        let producer = try Producer(rig.configuration.with(["enable.idempotence": "false"]))
        let topic = try producer.topic(Rig.topicName)
        rig.broker.failNext(.produce, with: [rejected])
        try producer.produce(to: topic, partition: 0, key: nil, payload: [1])
        try producer.flush(timeout: Rig.patience)
        #expect(producer.counts.firstError?.code == rejected)
        rig.broker.failNext(.produce, with: [rejected])
        rig.broker.clearFailures(of: .produce)
        try producer.produce(to: topic, partition: 0, key: nil, payload: [1])
        try producer.flush(timeout: Rig.patience)
        #expect(producer.counts.failed == 1 && producer.counts.succeeded == 1)
    }

    @Test func `commits are found at a coordinator that moved`() throws {
        let rig = try Rig(brokers: 2)
        let start = rig.partition().at(7)
        try rig.broker.setCoordinator(ofGroup: "readers", to: 1)
        let consumer = try Consumer(rig.configuration, group: "readers")
        try consumer.commit([start], waiting: true)
        try rig.broker.setCoordinator(ofGroup: "readers", to: 2)
        let onlooker = try Consumer(rig.configuration, group: "readers")
        #expect(try onlooker.committed([rig.partition()], timeout: Rig.patience) == [start])
    }

    @Test(arguments: [0, 3, -1] as [Int32])
    func `a broker that does not exist cannot lead or coordinate`(broker: Int32) throws {
        let rig = try Rig(brokers: 2)
        #expect(throws: KafkaError.self) {
            try rig.broker.setCoordinator(ofGroup: "readers", to: broker)
        }
        #expect(throws: KafkaError.self) { try rig.broker.setLeader(of: rig.partition(), to: broker) }
        #expect(throws: KafkaError.self) { try rig.broker.setDown(broker: broker) }
    }

    @Test func `a group whose coordinator is away is a retriable error`() throws {
        let rig = try Rig(brokers: 2)
        try rig.broker.setCoordinator(ofGroup: "readers", to: 2)
        try rig.broker.setDown(broker: 2)
        let consumer = try Consumer(rig.configuration, group: "readers")
        let error = #expect(throws: KafkaError.self) {
            _ = try consumer.committed([rig.partition()], timeout: .milliseconds(300))
        }
        #expect(error?.isRetriable == true)
    }

    @Test func `reading follows a leader that moves`() throws {
        let rig = try Rig(brokers: 2, settings: ["topic.metadata.refresh.interval.ms": "200"])
        try rig.broker.setLeader(of: rig.partition(), to: 1)
        try rig.fill(["a"])
        let consumer = try rig.reader(from: 0)
        #expect(try consumer.texts(1) == ["a"])
        try rig.broker.setLeader(of: rig.partition(), to: 2)
        try rig.fill(["b"])
        #expect(try consumer.texts(1) == ["b"])
    }

    @Test func `a slow broker answers late`() throws {
        let rig = try Rig()
        let consumer = try Consumer(rig.configuration)
        _ = try consumer.partitionCount(of: Rig.topicName, timeout: Rig.patience)
        try rig.broker.setRoundTrip(.milliseconds(200))
        let start = ContinuousClock.now
        _ = try consumer.partitionCount(of: Rig.topicName, timeout: Rig.patience)
        #expect(ContinuousClock.now - start >= .milliseconds(200))
    }

    @Test func `a delayed request is met once`() throws {
        let rig = try Rig()
        let consumer = try Consumer(rig.configuration)
        _ = try consumer.watermarks(of: rig.partition(), timeout: Rig.patience)
        try rig.broker.delayNext(.listOffsets, broker: 1, by: .milliseconds(150))
        var start = ContinuousClock.now
        _ = try consumer.watermarks(of: rig.partition(), timeout: Rig.patience)
        #expect(ContinuousClock.now - start >= .milliseconds(150))
        start = .now
        _ = try consumer.watermarks(of: rig.partition(), timeout: Rig.patience)
        #expect(ContinuousClock.now - start < .milliseconds(150))
    }
}
