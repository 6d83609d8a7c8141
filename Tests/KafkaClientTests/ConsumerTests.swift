import KafkaClient
import Synchronization
import Testing

@Suite struct ConsumerTests {
    @Test(arguments: [KafkaOffset(100), KafkaOffset(4)])
    func `an offset outside the log halts the partition and says so`(offset: KafkaOffset) throws {
        let rig = try Rig()
        try rig.fill(["a", "b", "c"])
        let consumer = try rig.reader(from: offset)
        let place = try consumer.firstEvent { event -> TopicPartition? in
            if case .offsetOutOfRange(let place, _, _) = event { place } else { nil }
        }
        #expect(place == rig.partition())
        let drained = consumer.drain(upTo: 10, timeout: .milliseconds(300)) { _ in }
        #expect(drained == Drained(records: 0, event: nil))
        try consumer.assign([rig.partition().at(1)])
        #expect(try consumer.texts(2) == ["b", "c"])
    }

    @Test func `records that the broker no longer keeps are missed aloud`() throws {
        let rig = try Rig()
        // More than the 5 MiB of a partition that the embedded broker keeps.
        try rig.fill(
            (0..<10).map { "\($0)" + String(repeating: "x", count: 900_000) },
            settings: ["compression.type": "none"])
        let consumer = try rig.reader(from: 0)
        let offset = try consumer.firstEvent { event -> Int64? in
            if case .offsetOutOfRange(_, let offset, _) = event { offset } else { nil }
        }
        #expect(offset == 0)
        let kept = try consumer.watermarks(of: rig.partition(), timeout: Rig.patience)
        #expect(kept.upperBound == 10 && (1..<10).contains(kept.lowerBound))
        try consumer.assign([rig.partition().at(.beginning)])
        #expect(try consumer.texts(1).first?.first == "\(kept.lowerBound)".first)
    }

    @Test func `reading starts where it was told and the end is an event`() throws {
        let rig = try Rig()
        try rig.fill(["a", "b", "c"])
        let consumer = try rig.reader(from: 1, settings: ["enable.partition.eof": "true"])
        #expect(try consumer.texts(2) == ["b", "c"])
        let end = try consumer.firstEvent { event -> Int64? in
            if case .reachedEnd(rig.partition(), let offset) = event { offset } else { nil }
        }
        #expect(end == 3)
        #expect(try consumer.position([rig.partition()]) == [rig.partition().at(3)])
        #expect(try consumer.assignment() == [rig.partition()])
    }

    @Test func `a drain takes what waits, up to its maximum`() throws {
        let rig = try Rig()
        try rig.fill((0..<100).map { "\($0)" })
        let consumer = try rig.reader(from: 0)
        _ = try consumer.texts(1)
        #expect(consumer.drain(upTo: 60, timeout: Rig.patience) { _ in }.records == 60)
        #expect(consumer.drain(upTo: 60, timeout: Rig.patience) { _ in }.records == 39)
    }

    @Test func `an error of the closure comes out as it is, behind the record`() throws {
        struct Stop: Error {}
        let rig = try Rig()
        try rig.fill(["a", "b"])
        let consumer = try rig.reader(from: 0)
        var offsets: [Int64] = []
        #expect(throws: Stop.self) {
            while true {
                try consumer.poll(timeout: Rig.patience) { (record) throws(Stop) in
                    offsets.append(record.offset)
                    throw Stop()
                }
            }
        }
        #expect(offsets == [0])
        #expect(try consumer.texts(1) == ["b"])
    }

    @Test func `a start that is no place in a log is refused`() throws {
        let rig = try Rig()
        let consumer = try Consumer(rig.configuration)
        let error = #expect(throws: KafkaError.self) { try consumer.assign([rig.partition().at(-1001)]) }
        #expect(error?.code == .invalidArgument)
    }

    @Test func `watermarks and the number of partitions are read from the broker`() throws {
        let rig = try Rig(partitions: 3)
        try rig.fill(["a", "b", "c"])
        let consumer = try Consumer(rig.configuration)
        #expect(try consumer.watermarks(of: rig.partition(0), timeout: Rig.patience) == 0..<3)
        #expect(try consumer.watermarks(of: rig.partition(2), timeout: Rig.patience) == 0..<0)
        #expect(try consumer.partitionCount(of: Rig.topicName, timeout: Rig.patience) == 3)
    }

    @Test func `a topic that does not exist is a retriable error`() throws {
        let consumer = try Consumer(Rig().configuration)
        let error = #expect(throws: KafkaError.self) {
            _ = try consumer.partitionCount(of: "nowhere", timeout: .seconds(2))
        }
        #expect(error?.isRetriable == true)
        #expect(error?.operation == "metadata")
    }

    @Test func `statistics come on the poll thread as JSON`() throws {
        let rig = try Rig(settings: ["statistics.interval.ms": "50"])
        var statistics: String?
        let consumer = try Consumer(rig.configuration) { statistics = $0 }
        try consumer.poll(until: { statistics != nil })
        #expect(statistics?.hasPrefix("{") == true)
        #expect(statistics?.contains("\"type\": \"consumer\"") == true)
    }

    @Test func `librdkafka's log goes to the given closure`() throws {
        let lines = Mutex<[String]>([])
        let rig = try Rig(settings: ["debug": "generic"])
        var configuration = rig.configuration
        configuration.onLog = { line in lines.withLock { $0.append(line.facility) } }
        _ = try Consumer(configuration)
        #expect(lines.withLock { !$0.isEmpty })
    }
}
