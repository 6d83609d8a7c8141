import CRdKafka

/// What the callbacks of one consumer reach. All but the log run on the thread that polls.
final class ConsumerContext: ClientContext {
    /// Bound on the events that wait: a broker that is away repeats itself.
    private static let mostPending = 256

    var rebalance: RebalanceHandlers?
    var onStatistics: ((String) -> Void)?
    private(set) var pending: [ConsumerEvent] = []

    func add(_ event: ConsumerEvent) {
        if pending.count < Self.mostPending { pending.append(event) }
    }

    func takeEvent() -> ConsumerEvent? { pending.isEmpty ? nil : pending.removeFirst() }

    override func register(in configuration: OpaquePointer) {
        super.register(in: configuration)
        rd_kafka_conf_set_rebalance_cb(configuration) { client, code, partitions, opaque in
            guard let client, let opaque else { return }
            ConsumerContext.from(opaque).rebalance(client, code, PartitionList.read(partitions))
        }
        rd_kafka_conf_set_error_cb(configuration) { client, code, reason, opaque in
            guard let client, let opaque else { return }
            ConsumerContext.from(opaque).fail(client, code, reason)
        }
        rd_kafka_conf_set_offset_commit_cb(configuration) { _, code, _, opaque in
            // _NO_OFFSET: there was nothing to commit.
            guard let opaque, code != RD_KAFKA_RESP_ERR_NO_ERROR, code != RD_KAFKA_RESP_ERR__NO_OFFSET
            else { return }
            ConsumerContext.from(opaque).add(.commitFailed(KafkaError(code, "commit")))
        }
        guard onStatistics != nil else { return }
        rd_kafka_conf_set_stats_cb(configuration) { _, text, length, opaque in
            guard let text, let opaque else { return 0 }
            let bytes = UnsafeRawBufferPointer(start: text, count: length)
            ConsumerContext.from(opaque).onStatistics?(String(decoding: bytes, as: UTF8.self))
            return 0
        }
    }

    private static func from(_ opaque: UnsafeMutableRawPointer) -> ConsumerContext {
        Unmanaged<ConsumerContext>.fromOpaque(opaque).takeUnretainedValue()
    }

    private func rebalance(
        _ client: OpaquePointer, _ code: rd_kafka_resp_err_t, _ partitions: [TopicPartitionOffset]
    ) {
        let partitions = partitions.map(\.topicPartition)
        guard code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS else {
            // Anything but an assignment ends one. `lost` must be asked before the assignment is given up.
            if rd_kafka_assignment_lost(client) != 0 {
                rebalance?.onLost(partitions)
            } else {
                rebalance?.onRevoke(partitions)
            }
            report(rd_kafka_assign(client, nil), "unassign")
            if code != RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS { add(.failed(KafkaError(code, "rebalance"))) }
            return
        }
        let starts = (rebalance?.onAssign(partitions) ?? []).filter { start in
            if start.offset.isStart { return true }
            add(.partitionFailed(start.topicPartition, .noStart(start)))
            return false
        }
        let list = PartitionList(starts)
        report(rd_kafka_assign(client, list.pointer), "assign")
    }

    private func report(_ code: rd_kafka_resp_err_t, _ operation: String) {
        if code != RD_KAFKA_RESP_ERR_NO_ERROR { add(.failed(KafkaError(code, operation))) }
    }

    private func fail(_ client: OpaquePointer, _ code: Int32, _ reason: UnsafePointer<CChar>?) {
        let cause = reason.map { String(cString: $0) }
        add(.failed(KafkaError(code: KafkaError.Code(rawValue: code), operation: "consume", cause: cause)))
    }
}

extension KafkaError {
    static func noStart(_ start: TopicPartitionOffset) -> KafkaError {
        KafkaError(
            code: .invalidArgument, operation: "assign",
            cause: "\(start.topicPartition) cannot be read from \(start.offset)")
    }
}
