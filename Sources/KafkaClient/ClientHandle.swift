import CRdKafka
import Dispatch
import Glibc
import Synchronization

/// What librdkafka's callbacks reach: the log, and the events that wait for the next poll.
class ClientContext {
    private let onLog: (@Sendable (KafkaConfiguration.LogLine) -> Void)?

    init(onLog: (@Sendable (KafkaConfiguration.LogLine) -> Void)?) { self.onLog = onLog }

    /// Registers the callbacks of this kind of client. Called before the client exists.
    func register(in configuration: OpaquePointer) {
        guard onLog != nil else { return }
        // Runs on any of librdkafka's threads.
        rd_kafka_conf_set_log_cb(configuration) { client, level, facility, text in
            guard let client, let facility, let text, let opaque = rd_kafka_opaque(client) else { return }
            let line = KafkaConfiguration.LogLine(
                level: level, facility: String(cString: facility), text: String(cString: text))
            Unmanaged<ClientContext>.fromOpaque(opaque).takeUnretainedValue().onLog?(line)
        }
    }
}

/// Owner of one librdkafka client.
///
/// SAFETY (`@unchecked Sendable`): librdkafka's client is safe to call from any thread; this class only
/// holds its pointer, which never changes, and a context whose users state their own threads.
final class ClientHandle: @unchecked Sendable {
    enum Kind {
        case consumer, producer

        var native: rd_kafka_type_t { self == .consumer ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER }
    }

    let pointer: OpaquePointer
    private let context: Unmanaged<ClientContext>
    private let isAbandoned = Atomic<Bool>(false)

    /// - Throws: `KafkaError` of operation `configure`, naming the setting at fault, or `connect`. No
    ///   connection is awaited.
    init(
        _ kind: Kind, defaults: [String: String], configuration: KafkaConfiguration, context: ClientContext
    ) throws(KafkaError) {
        try configuration.refuseUnsafe()
        let settings = defaults.merging(configuration.settings) { _, own in own }
        let native = try Self.nativeConfiguration(settings)
        self.context = Unmanaged.passRetained(context)
        rd_kafka_conf_set_opaque(native, self.context.toOpaque())
        context.register(in: native)
        var text = [CChar](repeating: 0, count: 512)
        guard let client = rd_kafka_new(kind.native, native, &text, text.count) else {
            let cause = Self.string(text)
            rd_kafka_conf_destroy(native)
            self.context.release()
            throw KafkaError(rd_kafka_last_error(), "connect", cause: cause)
        }
        pointer = client
    }

    /// Lets go without a wait when the last owner does: for a client whose end waits for a broker.
    func abandon() { isAbandoned.store(true, ordering: .relaxed) }

    deinit {
        let remains = Remains(pointer: pointer, context: context)
        remains.destroyElsewhere(waiting: isAbandoned.load(ordering: .relaxed) ? 0 : Self.patience)
    }

    /// Seconds that letting go of a client may take. It takes milliseconds, but 2.0.2 may wait for an answer
    /// until the group's session is over, and a program that was asked to end would stand still.
    private static let patience = 2.0

    /// What is left of a client without owners.
    private struct Remains {
        let pointer: OpaquePointer
        let context: Unmanaged<ClientContext>

        func destroy() {
            // A closed consumer has left its group; one that was not closed is dropped as if its process
            // had died, so that no callback runs here.
            rd_kafka_destroy_flags(pointer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
            // After this call no thread of librdkafka can reach the context any more.
            context.release()
        }

        /// On a thread that ends with it, for whose end this one waits so many seconds at most. Without a
        /// thread the client is left to the end of the process.
        func destroyElsewhere(waiting seconds: Double) {
            let ended = DispatchSemaphore(value: 0)
            let box = UnsafeMutablePointer<(Remains, DispatchSemaphore)>.allocate(capacity: 1)
            box.initialize(to: (self, ended))
            var thread = pthread_t()
            let result = pthread_create(
                &thread, nil,
                { argument in
                    guard let box = argument?.assumingMemoryBound(to: (Remains, DispatchSemaphore).self)
                    else { return nil }
                    let (remains, ended) = box.move()
                    box.deallocate()
                    remains.destroy()
                    ended.signal()
                    return nil
                }, box)
            guard result == 0 else {
                box.deinitialize(count: 1)
                return box.deallocate()
            }
            pthread_detach(thread)
            _ = ended.wait(timeout: .now() + seconds)
        }
    }

    private static func nativeConfiguration(
        _ settings: [String: String]
    ) throws(KafkaError) -> OpaquePointer {
        guard let native = rd_kafka_conf_new() else {
            throw KafkaError(code: .invalidArgument, operation: "configure", cause: "no memory")
        }
        var text = [CChar](repeating: 0, count: 512)
        for (name, value) in settings.sorted(by: { $0.key < $1.key }) {
            let result = rd_kafka_conf_set(native, name, value, &text, text.count)
            if result == RD_KAFKA_CONF_OK { continue }
            rd_kafka_conf_destroy(native)
            if result == RD_KAFKA_CONF_UNKNOWN {
                throw KafkaConfiguration.refusal(name, "is unknown to librdkafka", code: .unknownSetting)
            }
            // librdkafka quotes the value, which may be a secret.
            let detail = KafkaConfiguration.isSecret(name) ? "its value" : string(text)
            throw KafkaConfiguration.refusal(name, "is refused: \(detail)")
        }
        return native
    }

    static func string(_ text: [CChar]) -> String {
        String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The error that made the client unusable, if there is one.
    func fatalFault() -> KafkaError? {
        var text = [CChar](repeating: 0, count: 512)
        let code = rd_kafka_fatal_error(pointer, &text, text.count)
        guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
        return KafkaError(code, "fatal", cause: Self.string(text))
    }
}

// MARK: - Metadata

extension ClientHandle {
    /// Number of partitions of an existing topic; a topic that does not exist is a retriable error.
    func partitionCount(of topic: String, timeout: Duration) throws(KafkaError) -> Int {
        guard let handle = rd_kafka_topic_new(pointer, topic, nil) else {
            throw KafkaError(rd_kafka_last_error(), "metadata")
        }
        defer { rd_kafka_topic_destroy(handle) }
        var answer: UnsafePointer<rd_kafka_metadata>?
        let code = rd_kafka_metadata(pointer, 0, handle, &answer, timeout.kafkaMilliseconds)
        try KafkaError.check(code, "metadata")
        guard let answer else { throw KafkaError(code: .timedOut, operation: "metadata") }
        defer { rd_kafka_metadata_destroy(answer) }
        guard answer.pointee.topic_cnt > 0, let found = answer.pointee.topics?.pointee else {
            throw KafkaError(
                code: .unknownTopicOrPartition, operation: "metadata", cause: "no topic \(topic)")
        }
        try KafkaError.check(
            found.err, "metadata",
            cause: "topic \(topic): " + String(cString: rd_kafka_err2str(found.err)))
        return Int(found.partition_cnt)
    }
}
