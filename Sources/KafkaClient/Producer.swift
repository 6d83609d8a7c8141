import CRdKafka
import Synchronization

/// A topic as a producer writes to it: looked up once, used for each record.
///
/// SAFETY (`@unchecked Sendable`): an immutable pointer to a librdkafka object that is safe from any thread;
/// it keeps its client alive.
public final class ProducerTopic: @unchecked Sendable {
    public let name: String
    let pointer: OpaquePointer
    let client: ClientHandle

    init(_ name: String, of client: ClientHandle) throws(KafkaError) {
        guard let topic = rd_kafka_topic_new(client.pointer, name, nil) else {
            throw KafkaError(rd_kafka_last_error(), "topic")
        }
        self.name = name
        self.client = client
        pointer = topic
    }

    deinit { rd_kafka_topic_destroy(pointer) }
}

/// A writer to Kafka: idempotent (each record once, in order per partition), compressed and batched.
///
/// Records are copied into a bounded queue and sent by librdkafka's threads. A full queue is backpressure:
/// `produce` waits. Outcomes are counted; `flush` ends a run of records. Any thread may call any method.
public final class Producer: Sendable {
    private let handle: ClientHandle
    private let context: ProducerContext
    private let patience: Duration
    /// Calls of `produce`, to serve delivery reports now and then.
    private let calls = Atomic<UInt>(0)

    /// - Parameters:
    ///   - patience: how long `produce` waits for room in the queue before it throws.
    /// - Throws: `KafkaError` of operation `configure` that names the setting at fault.
    public init(
        _ configuration: KafkaConfiguration, patience: Duration = .seconds(30)
    ) throws(KafkaError) {
        let context = ProducerContext(onLog: configuration.onLog)
        handle = try ClientHandle(
            .producer, defaults: KafkaConfiguration.producerDefaults, configuration: configuration,
            context: context)
        self.context = context
        self.patience = patience
    }

    /// Makes a topic ready to be written to. No broker is asked: a topic that does not exist shows as failed
    /// deliveries.
    public func topic(_ name: String) throws(KafkaError) -> ProducerTopic {
        try ProducerTopic(name, of: handle)
    }

    /// Queues one record; its bytes are copied, so the buffers are free afterwards. Without headers nothing
    /// is allocated on the Swift side.
    ///
    /// - Parameters:
    ///   - topic: from this producer's `topic(_:)`.
    ///   - partition: nil lets the key decide (CRC-32 of the key modulo partitions; null keys spread).
    ///   - key: nil for a null key.
    ///   - payload: nil for a tombstone.
    ///   - timestampMilliseconds: since 1970; nil for the time of the call.
    /// - Throws: `KafkaError`: `.queueFull` (retriable) when there was no room within `patience`, a record
    ///   that is too large, or the fatal error that stopped the producer.
    public func produce(
        to topic: ProducerTopic, partition: Int32? = nil, key: UnsafeRawBufferPointer?,
        payload: UnsafeRawBufferPointer?, headers: [KafkaHeader] = [], timestampMilliseconds: Int64? = nil
    ) throws(KafkaError) {
        precondition(topic.client === handle, "a ProducerTopic belongs to the producer that made it")
        serveNowAndThen()
        let list = headers.isEmpty ? nil : Self.native(headers)
        var code = RD_KAFKA_RESP_ERR_NO_ERROR
        var deadline: ContinuousClock.Instant?
        while true {
            // SAFETY: librdkafka copies the bytes during the call. A buffer that is empty may have no
            // address, but no address would mean null: it gets one that is not read.
            code = crdkafka_produce(
                handle.pointer, topic.pointer, partition ?? -1, Self.address(key), key?.count ?? 0,
                Self.address(payload), payload?.count ?? 0, timestampMilliseconds ?? 0, list)
            guard code == RD_KAFKA_RESP_ERR__QUEUE_FULL else { break }
            let now = ContinuousClock.now
            let end = deadline ?? now + patience
            deadline = end
            if now >= end { break }
            // Serves delivery reports, which makes room; returns as soon as there was one.
            rd_kafka_poll(handle.pointer, min(end - now, .milliseconds(10)).kafkaMilliseconds)
        }
        if code == RD_KAFKA_RESP_ERR_NO_ERROR { return }
        // On failure the headers stay ours.
        if let list { rd_kafka_headers_destroy(list) }
        if code == RD_KAFKA_RESP_ERR__FATAL, let fault = handle.fatalFault() { throw fault }
        let cause = "topic \(topic.name): " + String(cString: rd_kafka_err2str(code))
        throw KafkaError(code, "produce", cause: cause)
    }

    /// The same for bytes in arrays.
    public func produce(
        to topic: ProducerTopic, partition: Int32? = nil, key: [UInt8]?, payload: [UInt8]?,
        headers: [KafkaHeader] = [], timestampMilliseconds: Int64? = nil
    ) throws(KafkaError) {
        func lend(
            _ bytes: [UInt8]?, _ body: (UnsafeRawBufferPointer?) throws(KafkaError) -> Void
        ) throws(KafkaError) {
            guard let bytes else { return try body(nil) }
            try bytes.withUnsafeBufferPointer { (buffer) throws(KafkaError) in
                try body(UnsafeRawBufferPointer(buffer))
            }
        }
        try lend(key) { (key) throws(KafkaError) in
            try lend(payload) { (payload) throws(KafkaError) in
                try produce(
                    to: topic, partition: partition, key: key, payload: payload, headers: headers,
                    timestampMilliseconds: timestampMilliseconds)
            }
        }
    }

    /// Serves delivery reports, for at most `timeout` if there is none yet.
    public func poll(timeout: Duration = .zero) { rd_kafka_poll(handle.pointer, timeout.kafkaMilliseconds) }

    /// Sends everything queued without lingering and waits until each record has its outcome.
    /// - Throws: `.timedOut` (retriable) when outcomes are still open after `timeout`. Records that failed
    ///   throw nothing here: see `counts`.
    public func flush(timeout: Duration) throws(KafkaError) {
        let code = rd_kafka_flush(handle.pointer, timeout.kafkaMilliseconds)
        try KafkaError.check(
            code, "flush", cause: "\(rd_kafka_outq_len(handle.pointer)) records still on their way")
    }

    public var counts: DeliveryCounts {
        DeliveryCounts(
            succeeded: context.succeeded.load(ordering: .relaxed),
            failed: context.failed.load(ordering: .relaxed),
            pending: Int(rd_kafka_outq_len(handle.pointer)),
            firstError: context.faults.withLock { $0.first })
    }

    /// The latest fault of the connection or the client, if any; it may have passed since.
    public var latestFault: KafkaError? { handle.fatalFault() ?? context.faults.withLock { $0.latest } }

    /// Number of partitions of a topic; a topic that does not exist is a retriable error.
    public func partitionCount(of topic: String, timeout: Duration) throws(KafkaError) -> Int {
        try handle.partitionCount(of: topic, timeout: timeout)
    }
}

extension Producer {
    /// Without this the reports of delivered records would fill the queue. 1,024 keeps the cost per record
    /// below a nanosecond and the reports well below the queue's bound.
    @inline(__always)
    private func serveNowAndThen() {
        let call = calls.wrappingAdd(1, ordering: .relaxed).newValue
        if call & 1023 == 0 { rd_kafka_poll(handle.pointer, 0) }
    }

    @inline(__always)
    private static func address(_ bytes: UnsafeRawBufferPointer?) -> UnsafeRawPointer? {
        guard let bytes else { return nil }
        return bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1)
    }

    private static func native(_ headers: [KafkaHeader]) -> OpaquePointer? {
        let list = rd_kafka_headers_new(headers.count)
        for header in headers {
            // -1: the name ends in 0. A null value has no address, an empty one has.
            if let value = header.value {
                value.withUnsafeBytes {
                    _ = rd_kafka_header_add(list, header.name, -1, address($0), $0.count)
                }
            } else {
                rd_kafka_header_add(list, header.name, -1, nil, 0)
            }
        }
        return list
    }
}
