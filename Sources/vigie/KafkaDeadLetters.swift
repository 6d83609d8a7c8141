import Banking
import KafkaClient
import Pipeline

/// The dead-letter topic: the masked record, with the headers that Kafka Connect's tools look for.
final class KafkaDeadLetters: DeadLetterPublisher, @unchecked Sendable {
    // SAFETY: the mutable parts are touched by the clerk thread alone; the producer is safe from any thread.

    private let producer: Producer
    private let topic: ProducerTopic
    private var failuresBefore = 0
    /// The first of the records that are with the producer already: trying again waits for them.
    private var queued: SourcePosition?

    init(_ configuration: KafkaConfiguration, topic: String) throws(KafkaError) {
        producer = try Producer(configuration)
        self.topic = try producer.topic(topic)
    }

    func publish(_ records: [RejectedRecord]) throws(DeliveryFault) {
        guard let first = records.first?.deadLetter.position else { return }
        do throws(KafkaError) {
            if queued != first { try queue(records) }
            queued = first
            try producer.flush(timeout: .seconds(5))
        } catch {
            throw error.isRetriable ? .passing(error.description) : .lasting(error.description)
        }
        queued = nil
        let counts = producer.counts
        guard counts.failed == failuresBefore else {
            failuresBefore = counts.failed
            throw .passing(
                "dead letters were not taken: \(counts.firstError?.description ?? "unknown cause")")
        }
    }

    private func queue(_ records: [RejectedRecord]) throws(KafkaError) {
        for record in records {
            let letter = record.deadLetter
            try producer.produce(
                to: topic, key: nil, payload: record.redactedPayload,
                headers: [
                    KafkaHeader("__connect.errors.topic", text: letter.position.topic),
                    KafkaHeader("__connect.errors.partition", text: "\(letter.position.partition)"),
                    KafkaHeader("__connect.errors.offset", text: "\(letter.position.offset)"),
                    KafkaHeader("__connect.errors.exception.class.name", text: letter.rejection.reason),
                    KafkaHeader(
                        "__connect.errors.exception.message",
                        text: "\(letter.rejection.field): \(letter.rejection.hint)"),
                ],
                timestampMilliseconds: letter.receivedAt.milliseconds)
        }
    }
}
