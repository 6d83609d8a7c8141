import CRdKafka

/// A name and a value that travel with a record; a nil value is a null.
public struct KafkaHeader: Hashable, Sendable {
    public var name: String
    public var value: [UInt8]?

    public init(_ name: String, _ value: [UInt8]?) {
        self.name = name
        self.value = value
    }

    public init(_ name: String, text: String) { self.init(name, Array(text.utf8)) }
}

/// A record as lent by a `Consumer` to a closure: valid inside that closure only, as are its buffers.
///
/// SAFETY: the message is owned by the consumer, which frees it after the closure has returned; the type
/// cannot be copied and is lent as `borrowing`, so only the raw buffers could outlive it: copy what is kept.
public struct KafkaRecord: ~Copyable {
    let message: UnsafeMutablePointer<rd_kafka_message_t>

    init(lending message: UnsafeMutablePointer<rd_kafka_message_t>) { self.message = message }

    public var partition: Int32 { message.pointee.partition }
    public var offset: Int64 { message.pointee.offset }

    /// Name of the topic. A name of more than 15 bytes is allocated at each call: use `isTopic(_:)` per
    /// record.
    public var topic: String { String(cString: rd_kafka_topic_name(message.pointee.rkt)) }

    /// Whether the record is of this topic, without an allocation.
    public func isTopic(_ name: String) -> Bool {
        guard let own = rd_kafka_topic_name(message.pointee.rkt) else { return false }
        var index = 0
        for byte in name.utf8 {
            // The C name ends in 0, which no topic name contains, so this stops in time.
            guard UInt8(bitPattern: own[index]) == byte, byte != 0 else { return false }
            index += 1
        }
        return own[index] == 0
    }

    /// Milliseconds since 1970, by the producer's or the broker's clock; nil when the record carries none.
    public var timestampMilliseconds: Int64? {
        var kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
        let milliseconds = rd_kafka_message_timestamp(message, &kind)
        return kind == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE || milliseconds < 0 ? nil : milliseconds
    }

    /// Bytes of the key, none when it is empty or null.
    public var key: UnsafeRawBufferPointer {
        guard let start = message.pointee.key else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(start: start, count: message.pointee.key_len)
    }

    public var keyIsNull: Bool { message.pointee.key == nil }

    /// Bytes of the value, none when it is empty or null.
    public var payload: UnsafeRawBufferPointer {
        guard let start = message.pointee.payload else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(start: start, count: message.pointee.len)
    }

    /// Whether the record is a tombstone.
    public var payloadIsNull: Bool { message.pointee.payload == nil }

    /// All headers in their order, copied. They are parsed and allocated at this call only; headers that
    /// cannot be parsed are a `KafkaError`.
    public func headers() throws(KafkaError) -> [KafkaHeader] {
        var list: OpaquePointer?
        let code = rd_kafka_message_headers(message, &list)
        if code == RD_KAFKA_RESP_ERR__NOENT { return [] }
        try KafkaError.check(code, "headers")
        var headers: [KafkaHeader] = []
        var name: UnsafePointer<CChar>?
        var value: UnsafeRawPointer?
        var size = 0
        while rd_kafka_header_get_all(list, headers.count, &name, &value, &size)
            == RD_KAFKA_RESP_ERR_NO_ERROR, let name
        {
            let bytes = value.map { Array(UnsafeRawBufferPointer(start: $0, count: size)) }
            headers.append(KafkaHeader(String(cString: name), bytes))
        }
        return headers
    }

    /// The value of the last header of that name, lent to `body`; nil (not called) when there is none.
    public func withHeader<Result, Failure: Error>(
        _ name: String, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result? {
        var list: OpaquePointer?
        var value: UnsafeRawPointer?
        var size = 0
        guard rd_kafka_message_headers(message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR,
            rd_kafka_header_get_last(list, name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR
        else { return nil }
        return try body(UnsafeRawBufferPointer(start: value, count: value == nil ? 0 : size))
    }
}
