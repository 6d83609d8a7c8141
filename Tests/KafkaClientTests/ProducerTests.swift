import KafkaClient
import Testing

@Suite struct ProducerTests {
    @Test func `a record arrives with key, payload, headers and time`() throws {
        let rig = try Rig(partitions: 2)
        let producer = try Producer(rig.configuration)
        let headers = [
            KafkaHeader("source", text: "test"), KafkaHeader("none", nil), KafkaHeader("empty", []),
            KafkaHeader("source", text: "again"),
        ]
        try producer.produce(
            to: try producer.topic(Rig.topicName), partition: 1, key: Array("account".utf8),
            payload: Array("paid".utf8), headers: headers, timestampMilliseconds: 1_700_000_000_123)
        try producer.flush(timeout: Rig.patience)

        let consumer = try Consumer(rig.configuration)
        try consumer.assign([rig.partition(1).at(.beginning)])
        var seen = false
        try wait(until: {
            consumer.poll(timeout: .milliseconds(50)) { record in
                seen = true
                #expect(record.topic == Rig.topicName)
                let names = [Rig.topicName, Rig.topicName + "s", "transaction"]
                let matches = [record.isTopic(names[0]), record.isTopic(names[1]), record.isTopic(names[2])]
                #expect(matches == [true, false, false])
                #expect(record.partition == 1)
                #expect(record.offset == 0)
                #expect(record.timestampMilliseconds == 1_700_000_000_123)
                #expect(String(decoding: record.key, as: UTF8.self) == "account")
                #expect(String(decoding: record.payload, as: UTF8.self) == "paid")
                #expect(!record.keyIsNull && !record.payloadIsNull)
                let received = try? record.headers()
                #expect(received == headers)
                let last = record.withHeader("source") { String(decoding: $0, as: UTF8.self) }
                #expect(last == "again")
                let absent = record.withHeader("absent") { $0.count }
                #expect(absent == nil)
            }
            return seen
        })
    }

    @Test func `null and empty are told apart, and a tombstone is an ordinary record`() throws {
        let rig = try Rig()
        let producer = try Producer(rig.configuration)
        let topic = try producer.topic(Rig.topicName)
        let none: [UInt8]? = nil
        try producer.produce(to: topic, partition: 0, key: Array("k".utf8), payload: none)
        try producer.produce(to: topic, partition: 0, key: none, payload: [])
        try producer.produce(to: topic, partition: 0, key: [], payload: [1])
        try producer.flush(timeout: Rig.patience)

        var seen: [[Bool]] = []
        var sizes: [[Int]] = []
        let consumer = try rig.reader(from: 0)
        try wait(until: {
            consumer.poll(timeout: .milliseconds(50)) { record in
                seen.append([record.keyIsNull, record.payloadIsNull])
                sizes.append([record.key.count, record.payload.count])
            }
            return seen.count == 3
        })
        #expect(seen == [[false, true], [true, false], [false, false]])
        #expect(sizes == [[1, 0], [0, 0], [0, 1]])
    }

    @Test func `a full queue makes the producer wait`() throws {
        let rig = try Rig(settings: ["queue.buffering.max.messages": "10"])
        try rig.fill((0..<1000).map { "\($0)" })
        #expect(try rig.reader(from: 0).texts(1000) == (0..<1000).map { "\($0)" })
    }

    @Test func `a queue that stays full is a retriable error`() throws {
        let rig = try Rig(settings: ["queue.buffering.max.messages": "10"])
        try rig.broker.setDown()
        let producer = try Producer(rig.configuration, patience: .milliseconds(50))
        let topic = try producer.topic(Rig.topicName)
        let start = ContinuousClock.now
        let error = try #require(throws: KafkaError.self) {
            for _ in 0...10 {
                try producer.produce(to: topic, key: nil, payload: [1], headers: [KafkaHeader("a", [1])])
            }
        }
        #expect(error.code == .queueFull && error.isRetriable && error.operation == "produce")
        #expect(ContinuousClock.now - start >= .milliseconds(50))
        #expect(producer.counts.pending == 10)
    }

    @Test func `records that a broker never took are counted, with a retriable first error`() throws {
        let rig = try Rig(settings: ["message.timeout.ms": "300"])
        try rig.broker.setDown()
        let producer = try Producer(rig.configuration)
        let topic = try producer.topic(Rig.topicName)
        for _ in 0..<3 { try producer.produce(to: topic, key: nil, payload: [1]) }
        let early = #expect(throws: KafkaError.self) { try producer.flush(timeout: .zero) }
        #expect(early?.code == .timedOut)
        try producer.flush(timeout: Rig.patience)
        #expect(producer.counts.failed == 3 && producer.counts.succeeded == 0)
        #expect(producer.counts.firstError?.code == .messageTimedOut)
        #expect(producer.counts.firstError?.isRetriable == true)
        #expect(producer.latestFault?.isRetriable == true)
    }

    @Test func `records survive broker errors and lost connections, each once and in order`() throws {
        let rig = try Rig(settings: ["retry.backoff.ms": "10", "reconnect.backoff.ms": "10"])
        rig.broker.failNext(.produce, with: [.notLeaderForPartition, .transport, .notLeaderForPartition])
        let texts = (0..<500).map { "\($0)" }
        try rig.fill(texts, settings: ["batch.num.messages": "50"])
        #expect(try rig.reader(from: 0).texts(500) == texts)
        let consumer = try Consumer(rig.configuration)
        #expect(try consumer.watermarks(of: rig.partition(), timeout: Rig.patience) == 0..<500)
    }

    @Test func `a record that is too large is refused for good`() throws {
        let rig = try Rig()
        let producer = try Producer(rig.configuration)
        let topic = try producer.topic(Rig.topicName)
        let large = [UInt8](repeating: 1, count: 2_000_000)
        let error = #expect(throws: KafkaError.self) {
            try producer.produce(to: topic, key: nil, payload: large)
        }
        #expect(error?.isRetriable == false)
        #expect(error?.code.name == "MSG_SIZE_TOO_LARGE")
    }

    @Test func `records with the same key go to the same partition`() throws {
        let rig = try Rig(partitions: 4)
        let producer = try Producer(rig.configuration)
        let topic = try producer.topic(Rig.topicName)
        for number in 0..<200 { try producer.produce(to: topic, key: [UInt8(number % 10)], payload: [1]) }
        try producer.flush(timeout: Rig.patience)
        let consumer = try Consumer(rig.configuration)
        try consumer.assign((0..<4).map { rig.partition($0).at(0) })
        var partitions: [UInt8: Set<Int32>] = [:]
        var count = 0
        try wait(until: {
            let drained = consumer.drain(upTo: 200, timeout: .milliseconds(50)) { record in
                partitions[record.key.first ?? 255, default: []].insert(record.partition)
            }
            count += drained.records
            return count == 200
        })
        #expect(partitions.count == 10)
        #expect(partitions.values.allSatisfy { $0.count == 1 })
        #expect(Set(partitions.values.joined()).count > 1)
    }
}
