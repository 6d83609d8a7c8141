import Glibc
import KafkaClient
import Testing

@Suite struct MergedPartitionsTests {
    /// A record as written and read: its second stands in front.
    struct Entry: Hashable {
        var partition: Int32
        var text: String
        var second: Int64 { Int64(text.prefix { $0 != " " }) ?? 0 }
    }

    @Test(arguments: [UInt64(1), 2])
    func `a backlog of unequal partitions is read in the order of its times`(seed: UInt64) throws {
        let rig = try Rig(partitions: 4)
        var random = Splits(state: seed)
        // Partition 0 has most records, partition 3 three, partition 2 none; all over the same time.
        var entries: [Entry] = []
        for index in 0..<30_000 {
            let draw = random.next() % 100
            let partition: Int32 = index % 10_000 == 17 ? 3 : draw < 90 ? 0 : 1
            entries.append(Entry(partition: partition, text: "\(index / 3 + 1) \(index)"))
        }
        try rig.write(entries)
        // Equal times by partition, as each partition has them.
        let expected = entries.enumerated().sorted { left, right in
            let (a, b) = (left.element, right.element)
            return (a.second, a.partition, left.offset) < (b.second, b.partition, right.offset)
        }.map(\.element)
        let reader = try rig.merged(4)
        #expect(try reader.entries(entries.count) == expected)
        #expect(reader.drain(upTo: 10, timeout: .milliseconds(50)) { _ in }.records == 0)
    }

    @Test func `partitions at their end hold nobody up, and a late record comes at once`() throws {
        let rig = try Rig(partitions: 3)
        try rig.write([Entry(partition: 0, text: "5 a"), Entry(partition: 1, text: "6 b")])
        let reader = try rig.merged(3)
        #expect(try reader.entries(2).map(\.text) == ["5 a", "6 b"])
        for text in ["90 c", "7 d", "91 e"] {
            let entry = Entry(partition: 1, text: text)
            try rig.write([entry])
            #expect(try reader.entries(1) == [entry])
        }
    }

    @Test func `a time stamp of tomorrow holds nothing up`() throws {
        let rig = try Rig(partitions: 2)
        try rig.write([
            Entry(partition: 0, text: "10 a"), Entry(partition: 0, text: "99000000000 b"),
            Entry(partition: 0, text: "30 c"), Entry(partition: 1, text: "20 d"),
        ])
        #expect(
            try rig.merged(2).entries(4).map(\.text) == ["10 a", "99000000000 b", "20 d", "30 c"])
    }

    @Test func `a partition without a leader is overtaken aloud, and read when it has one`() throws {
        let rig = try Rig(partitions: 2)
        try rig.write([Entry(partition: 0, text: "1 a"), Entry(partition: 1, text: "1 b")])
        try rig.broker.setLeader(of: rig.partition(1), to: nil)
        let reader = try rig.merged(2, patience: .milliseconds(300))
        var events: [ConsumerEvent] = []
        #expect(try reader.entries(1) { events.append($0) } == [Entry(partition: 0, text: "1 a")])
        try rig.broker.setLeader(of: rig.partition(1), to: 1)
        #expect(try reader.entries(1) { events.append($0) } == [Entry(partition: 1, text: "1 b")])
        #expect(events.contains(.overtaken(rig.partition(1))))
    }

    @Test(arguments: [true, false])
    func `an end that the client learned of long ago is asked for again`(isLongAgo: Bool) throws {
        let rig = try Rig(brokers: 2, partitions: 2)
        for number: Int32 in [0, 1] { try rig.broker.setLeader(of: rig.partition(number), to: number + 1) }
        let now = Int64(time(nil))
        let first = [Entry(partition: 0, text: "\(now - 1) a"), Entry(partition: 1, text: "\(now) b")]
        try rig.write(first)
        let reader = try rig.merged(2, slack: isLongAgo ? .zero : .seconds(60))
        #expect(try reader.entries(2) == first)
        // Moments are whole seconds.
        usleep(1_100_000)
        // Both go on, and the older record is on its way for longer.
        try rig.broker.delayNext(.fetch, broker: 2, by: .seconds(2))
        usleep(100_000)
        let second = [
            Entry(partition: 1, text: "\(now + 2) c"), Entry(partition: 0, text: "\(now + 3) d"),
        ]
        try rig.write(second)
        #expect(try reader.entries(2) == (isLongAgo ? second : second.reversed()))
    }

    @Test func `a drain of nothing takes nothing, and a closed partition gives nothing`() throws {
        let rig = try Rig(partitions: 2)
        let entries = (1...100).map { Entry(partition: Int32($0 % 2), text: "\($0)") }
        try rig.write(entries)
        let reader = try rig.merged(2)
        #expect(try reader.entries(10) == Array(entries.prefix(10)))
        for _ in 0..<50 {
            let drained = reader.drain(upTo: 0, timeout: .milliseconds(10)) { _ in }
            #expect(drained == Drained(records: 0))
        }
        #expect(try reader.entries(10) == Array(entries[10..<20]))
        reader.close(rig.partition(1))
        #expect(try reader.entries(40) == entries[20...].filter { $0.partition == 0 })
    }

    @Test func `an offset outside the log is said`() throws {
        let rig = try Rig(partitions: 2)
        try rig.write([Entry(partition: 0, text: "1 a")])
        let reader = try rig.merged(2, from: [0, 7])
        var events: [ConsumerEvent] = []
        try wait {
            let drained = reader.drain(upTo: 9, timeout: .milliseconds(20)) { _ in }
            drained.event.map { events.append($0) }
            return events.contains { if case .offsetOutOfRange = $0 { true } else { false } }
        }
    }
}

private struct Splits: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state >> 33
    }
}

extension Rig {
    fileprivate func write(_ entries: [MergedPartitionsTests.Entry]) throws {
        let producer = try Producer(configuration)
        let topic = try producer.topic(Self.topicName)
        for entry in entries {
            try producer.produce(
                to: topic, partition: entry.partition, key: nil, payload: Array(entry.text.utf8),
                timestampMilliseconds: entry.second * 1000)
        }
        try producer.flush(timeout: Self.patience)
        try #require(producer.counts.succeeded == entries.count)
    }

    fileprivate func merged(
        _ count: Int, from offsets: [Int64]? = nil, patience: Duration = Self.patience,
        slack: Duration = .seconds(60)
    ) throws -> MergedPartitions {
        let consumer = try Consumer(configuration.with(["enable.partition.eof": "true"]))
        let merged = MergedPartitions(consumer, patience: patience, slack: slack)
        try merged.begin(
            at: (0..<count).map { partition(Int32($0)).at(KafkaOffset(offsets?[$0] ?? 0)) })
        return merged
    }
}

extension MergedPartitions {
    /// Reads so many records; fails after the rig's patience.
    fileprivate func entries(
        _ count: Int, _ onEvent: (ConsumerEvent) -> Void = { _ in }
    ) throws -> [MergedPartitionsTests.Entry] {
        var entries: [MergedPartitionsTests.Entry] = []
        try wait {
            let drained = drain(upTo: count - entries.count, timeout: .milliseconds(100)) { record in
                entries.append(
                    MergedPartitionsTests.Entry(
                        partition: record.partition, text: String(decoding: record.payload, as: UTF8.self)))
            }
            drained.event.map(onEvent)
            return entries.count == count
        }
        return entries
    }
}
