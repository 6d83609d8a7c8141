#ifndef CRDKAFKA_SHIM_H
#define CRDKAFKA_SHIM_H

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

/* Swift cannot call variadic C. Key and payload are copied by librdkafka; a null pointer is a null
 * value, a non-null pointer with length 0 is an empty one. timestamp 0 means "now". On success the
 * headers (may be NULL) belong to librdkafka, on failure they stay with the caller. */
static inline rd_kafka_resp_err_t crdkafka_produce(
    rd_kafka_t *client, rd_kafka_topic_t *topic, int32_t partition, const void *key, size_t key_length,
    const void *payload, size_t payload_length, int64_t timestamp, rd_kafka_headers_t *headers) {
    if (headers) {
        return rd_kafka_producev(
            client, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(partition),
            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY((void *)key, key_length),
            RD_KAFKA_V_VALUE((void *)payload, payload_length), RD_KAFKA_V_TIMESTAMP(timestamp),
            RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
    }
    return rd_kafka_producev(
        client, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(partition),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY((void *)key, key_length),
        RD_KAFKA_V_VALUE((void *)payload, payload_length), RD_KAFKA_V_TIMESTAMP(timestamp),
        RD_KAFKA_V_END);
}

/* The next answer of `broker` to requests of kind `api_key` comes `rtt_ms` late and carries `error`. */
static inline rd_kafka_resp_err_t crdkafka_mock_push_error_rtt(
    rd_kafka_mock_cluster_t *cluster, int32_t broker, int16_t api_key, rd_kafka_resp_err_t error,
    int rtt_ms) {
    return rd_kafka_mock_broker_push_request_error_rtts(cluster, broker, api_key, 1, error, rtt_ms);
}

#endif
