import CRdKafka
import Synchronization

/// What the callbacks of one producer reach: they run on whichever thread is inside `produce`, `poll` or
/// `flush`, so everything here is atomic or locked.
///
/// SAFETY (`@unchecked Sendable`): only because of its superclass, whose one property is an immutable
/// `@Sendable` closure.
final class ProducerContext: ClientContext, @unchecked Sendable {
    let succeeded = Atomic<Int>(0)
    let failed = Atomic<Int>(0)
    /// Guards the first error of a delivery and the latest of the client.
    let faults = Mutex<(first: KafkaError?, latest: KafkaError?)>((nil, nil))

    override func register(in configuration: OpaquePointer) {
        super.register(in: configuration)
        rd_kafka_conf_set_dr_msg_cb(configuration) { _, message, opaque in
            guard let message, let opaque else { return }
            Unmanaged<ProducerContext>.fromOpaque(opaque)._withUnsafeGuaranteedRef { context in
                context.report(message.pointee.err)
            }
        }
        rd_kafka_conf_set_error_cb(configuration) { _, code, reason, opaque in
            guard let opaque else { return }
            let cause = reason.map { String(cString: $0) }
            let error = KafkaError(
                code: KafkaError.Code(rawValue: code), operation: "connect", cause: cause)
            let context = Unmanaged<ProducerContext>.fromOpaque(opaque).takeUnretainedValue()
            context.faults.withLock { $0.latest = error }
        }
    }

    @inline(__always)
    private func report(_ code: rd_kafka_resp_err_t) {
        if code == RD_KAFKA_RESP_ERR_NO_ERROR {
            succeeded.wrappingAdd(1, ordering: .relaxed)
            return
        }
        failed.wrappingAdd(1, ordering: .relaxed)
        faults.withLock { faults in
            if faults.first == nil { faults.first = KafkaError(code, "deliver") }
        }
    }
}

/// How the records handed to a producer fared.
public struct DeliveryCounts: Sendable, Hashable {
    /// Acknowledged by the brokers.
    public var succeeded: Int
    /// Given up: see `firstError`.
    public var failed: Int
    /// Accepted, with the outcome open.
    public var pending: Int
    /// Why the first of the failed was given up.
    public var firstError: KafkaError?
}
