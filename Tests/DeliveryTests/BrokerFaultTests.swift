import Foundation
import KafkaClient
import PostgresClient
import Testing

@testable import vigie

/// What Kafka does on a bad day, done under a running service. After each fault the stream is caught up with
/// and every row is that of the fold.
@Suite(.serialized) struct BrokerFaultTests {
    /// Settings of a member of a group whose broker misses it soon.
    static let group = [
        "pipeline.shared": "true", "kafka.options.session.timeout.ms": "4000",
        "kafka.options.heartbeat.interval.ms": "200",
    ]

    /// Runs a service on a broker of this process, harms the broker, lets it catch up, and compares.
    private func harm(
        _ name: String, brokers: Int = 1, _ settings: [String: String] = [:],
        _ fault: (ServiceRig, EmbeddedBroker) throws -> Void
    ) throws {
        let broker = try EmbeddedBroker(brokers: brokers, topics: [("stream", 2), ("dlq", 1)])
        let rig = try ServiceRig(name, address: broker.bootstrapServers)
        try rig.send(150)
        let service = try rig.start(settings)
        #expect(rig.hasDelivered(50))
        try fault(rig, broker)
        try rig.send(100)
        #expect(rig.isCaughtUp(), "\(rig.logs)")
        #expect(rig.waits(for: nil))
        #expect(service.poll() == nil, "it never ended")
        #expect(rig.stop(service) == .exited(0))
        #expect(try rig.violations() == [])
        withExtendedLifetime(broker) {}
    }

    @Test func `a broker that goes down and comes back is named and caught up with`() throws {
        try harm("broker-down") { rig, broker in
            try broker.setDown()
            try rig.send(50, flush: false)
            #expect(rig.waits(for: "broker"))
            try broker.setUp()
            #expect(rig.waits(for: nil))
        }
    }

    @Test func `a broker that comes up after the service is waited for`() throws {
        let broker = try EmbeddedBroker(topics: [("stream", 2), ("dlq", 1)])
        let rig = try ServiceRig("broker-late", address: broker.bootstrapServers)
        try rig.send(50)
        try broker.setDown()
        let service = try rig.start()
        #expect(rig.wait { rig.inLog("refused") || rig.inLog("down") })
        try broker.setUp()
        #expect(rig.isCaughtUp())
        #expect(rig.stop(service) == .exited(0))
        #expect(try rig.violations() == [])
    }

    @Test func `a slow broker delays and loses nothing`() throws {
        try harm("broker-slow") { rig, broker in
            try broker.setRoundTrip(.milliseconds(300))
            try rig.send(100)
            #expect(rig.isCaughtUp())
            try broker.setRoundTrip(.zero)
        }
    }

    /// Not the leader, unknown topic, network, storage, timed out, and connections that are cut.
    @Test func `errors of a broker that pass are waited out`() throws {
        let codes = [6, 3, 13, 56, 7].map { KafkaError.Code(rawValue: $0) } + [.transport]
        try harm("broker-errors") { rig, broker in
            for code in codes {
                for kind in [EmbeddedBroker.RequestKind.fetch, .listOffsets, .metadata] {
                    broker.failNext(kind, with: Array(repeating: code, count: 2))
                }
                try rig.send(20, flush: false)
            }
            #expect(rig.isCaughtUp())
            for kind in [EmbeddedBroker.RequestKind.fetch, .listOffsets, .metadata] {
                broker.clearFailures(of: kind)
            }
        }
    }

    @Test func `a leader that moves or is gone is followed`() throws {
        try harm("broker-leader", brokers: 3) { rig, broker in
            for leader: Int32? in [2, 3, nil, 1] {
                for partition: Int32 in 0..<2 {
                    try broker.setLeader(
                        of: TopicPartition(topic: "stream", partition: partition), to: leader)
                }
                try rig.send(50, flush: false)
                if leader != nil { #expect(rig.isCaughtUp()) }
            }
        }
    }

    @Test func `a dead-letter topic that takes nothing is named, and gets each letter once`() throws {
        try harm("broker-letters") { rig, broker in
            let letters = TopicPartition(topic: "dlq", partition: 0)
            try broker.setLeader(of: letters, to: nil)
            let isSo = try rig.wait {
                try rig.send(10)
                return rig.status()?.obstacle == "dead_letters"
            }
            #expect(isSo)
            try broker.setLeader(of: letters, to: 1)
            #expect(rig.isCaughtUp())
            let consumer = try Consumer(KafkaConfiguration(bootstrapServers: rig.address))
            let sent = try consumer.watermarks(of: letters, timeout: .seconds(20)).upperBound
            let rows = try rig.inspection().number("SELECT count(*) FROM vigie.dead_letters")
            #expect(sent == rows && rows > 0)
        }
    }

    @Test func `an offset that the log does not hold ends the service and says so`() throws {
        let rig = try ServiceRig("broker-offset")
        try rig.send(50)
        #expect(try rig.start(untilEnd: true).wait(atMost: .seconds(60)) == .exited(0))
        #expect(try rig.violations() == [])
        let inspection = try rig.inspection()
        _ = try inspection.rows(
            "UPDATE vigie.progress SET next_offset = 1000000, delivered_offset = 1000000 WHERE job = 'live'")
        let rows = try inspection.number("SELECT count(*) FROM vigie.decisions")
        let service = try rig.start()
        #expect(service.wait(atMost: .seconds(60)) == .exited(69))
        #expect(service.said.contains("offset 1000000 is not in the log any more"))
        #expect(try inspection.number("SELECT count(*) FROM vigie.decisions") == rows)
    }

    @Test func `a broker that stands still for longer than a session is caught up with`() throws {
        let rig = try ServiceRig("broker-stopped")
        try rig.send(100)
        let service = try rig.start(Self.group)
        #expect(rig.isCaughtUp())
        rig.broker?.signal(SIGSTOP)
        // The session of four seconds is over: the member has given its partitions up.
        let isOver = rig.wait { rig.inLog("partitions of stream lost") }
        rig.broker?.signal(SIGCONT)
        #expect(isOver)
        try rig.send(100)
        #expect(rig.isCaughtUp())
        #expect(rig.stop(service) == .exited(0))
        #expect(try rig.violations() == [])
    }

    /// Not the coordinator, illegal generation, unknown member.
    @Test func `errors of the group pass`() throws {
        try harm("broker-group", Self.group) { rig, broker in
            for code: Int32 in [16, 22, 25] {
                broker.failNext(.heartbeat, with: [KafkaError.Code(rawValue: code)])
                try rig.send(20)
                #expect(rig.isCaughtUp(), "\(code)")
            }
        }
    }
}
