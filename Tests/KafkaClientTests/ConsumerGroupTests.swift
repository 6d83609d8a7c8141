import KafkaClient
import Testing

/// A join of the embedded broker's groups takes 3 s, so few tests say much.
@Suite struct ConsumerGroupTests {
    /// What the handlers were called with.
    private final class Story {
        var assigned: [[TopicPartition]] = []
        var revoked: [[TopicPartition]] = []
        var lost: [[TopicPartition]] = []

        func handlers(startingAt offset: KafkaOffset) -> RebalanceHandlers {
            RebalanceHandlers(
                onAssign: { partitions in
                    self.assigned.append(partitions.sorted())
                    return partitions.map { $0.at(offset) }
                },
                onRevoke: { self.revoked.append($0.sorted()) },
                onLost: { self.lost.append($0.sorted()) })
        }
    }

    @Test func `a member reads from where its owner says, commits, and is revoked at its close`() throws {
        let rig = try Rig(partitions: 2)
        try rig.fill(["a", "b", "c"])
        let story = Story()
        let consumer = try Consumer(rig.configuration, group: "readers")
        try consumer.subscribe(to: [Rig.topicName], rebalance: story.handlers(startingAt: .beginning))
        #expect(try consumer.texts(3) == ["a", "b", "c"])
        #expect(story.assigned == [[rig.partition(0), rig.partition(1)]])

        try consumer.commit([rig.partition(0).at(2)])
        let onlooker = try Consumer(rig.configuration, group: "readers")
        try consumer.poll(until: {
            let both = [rig.partition(0), rig.partition(1)]
            let committed = try? onlooker.committed(both, timeout: Rig.patience)
            return committed == [rig.partition(0).at(2)]
        })
        try consumer.commit([rig.partition(0).at(3)], waiting: true)
        #expect(try onlooker.committed([rig.partition(0)], timeout: Rig.patience) == [rig.partition(0).at(3)])

        try consumer.close()
        #expect(story.revoked == [[rig.partition(0), rig.partition(1)]])
        #expect(story.lost.isEmpty)
    }

    @Test func `partitions that the group gave away are lost, not revoked`() throws {
        // The embedded broker lets a member join again once the session of its former self is over.
        let rig = try Rig(settings: ["heartbeat.interval.ms": "100", "session.timeout.ms": "4000"])
        try rig.fill(["a", "b"])
        let story = Story()
        let consumer = try Consumer(rig.configuration, group: "readers")
        try consumer.subscribe(to: [Rig.topicName], rebalance: story.handlers(startingAt: 1))
        #expect(try consumer.texts(1) == ["b"])
        // 25: UNKNOWN_MEMBER_ID, as after a session that timed out.
        rig.broker.failNext(.heartbeat, with: [.init(rawValue: 25)])
        try consumer.poll(until: { !story.lost.isEmpty })
        #expect(story.lost == [[rig.partition()]])
        #expect(story.revoked.isEmpty)
        // It joins again and its owner names the offset again.
        #expect(try consumer.texts(1) == ["b"])
        #expect(story.assigned.count == 2)
    }

    @Test func `a close whose broker is away ends in time, and so does letting go`() throws {
        let rig = try Rig(settings: ["session.timeout.ms": "4000"])
        let story = Story()
        var start = ContinuousClock.now
        do {
            let consumer = try Consumer(rig.configuration, group: "readers")
            try consumer.subscribe(to: [Rig.topicName], rebalance: story.handlers(startingAt: 0))
            try consumer.poll(until: { !story.assigned.isEmpty })
            try rig.broker.setDown()
            try consumer.commit([rig.partition().at(0)])
            start = .now
            let error = #expect(throws: KafkaError.self) {
                try consumer.close(timeout: .milliseconds(300))
            }
            #expect(error?.code == .timedOut)
            #expect(story.revoked == [[rig.partition()]])
        }
        // librdkafka alone would have waited for the session of 4 s.
        #expect(ContinuousClock.now - start < .seconds(2))
    }

    @Test func `a partition whose start is no offset is not read, and says so`() throws {
        let rig = try Rig()
        let story = Story()
        let consumer = try Consumer(rig.configuration, group: "readers")
        try consumer.subscribe(to: [Rig.topicName], rebalance: story.handlers(startingAt: -1001))
        let place = try consumer.firstEvent { event -> TopicPartition? in
            if case .partitionFailed(let place, let error) = event, error.operation == "assign" {
                place
            } else {
                nil
            }
        }
        #expect(place == rig.partition())
        #expect(try consumer.assignment().isEmpty)
    }
}
