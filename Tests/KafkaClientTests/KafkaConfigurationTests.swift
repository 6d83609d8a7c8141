import KafkaClient
import Testing

@Suite struct KafkaConfigurationTests {
    private func refusal(_ settings: [String: String]) throws -> KafkaError {
        try #require(throws: KafkaError.self) { _ = try Consumer(KafkaConfiguration(settings)) }
    }

    @Test func `an unknown setting is refused by its name`() throws {
        let error = try refusal(["fetch.wait.max.millis": "10"])
        #expect(error.code == .unknownSetting)
        #expect(error.operation == "configure")
        #expect(error.description.contains("`fetch.wait.max.millis`"))
        #expect(!error.isRetriable)
    }

    @Test func `a value that librdkafka refuses is refused with the setting's name`() throws {
        #expect(try refusal(["fetch.wait.max.ms": "soon"]).description.contains("`fetch.wait.max.ms`"))
    }

    @Test(arguments: [
        ("enable.auto.commit", "true"), ("auto.offset.reset", "earliest"), ("check.crcs", "false"),
        ("partition.assignment.strategy", "cooperative-sticky"), ("plugin.library.paths", "a.so"),
    ])
    func `a setting that would break delivery is refused`(name: String, value: String) throws {
        let error = try refusal([name: value])
        #expect(error.code == .invalidArgument)
        #expect(error.cause.contains("`\(name)`"))
    }

    @Test(arguments: [
        ["sasl.password": "hunter2"], ["ssl.ca.location": "/etc/ssl/ca.pem"],
        ["ssl.ca.location": "/etc/ssl/ca.pem", "security.protocol": "sasl_plaintext"],
        ["sasl.username": "vigie", "security.protocol": "ssl"],
    ])
    func `credentials that the protocol would not use are refused`(settings: [String: String]) throws {
        let error = try refusal(settings)
        #expect(error.cause.contains("security.protocol"))
        #expect(!error.description.contains("hunter2"))
    }

    @Test func `the text of a configuration hides secrets`() {
        let configuration = KafkaConfiguration([
            "sasl.password": "hunter2", "ssl.key.pem": "hunter2", "sasl.username": "vigie",
        ])
        for text in ["\(configuration)", String(reflecting: configuration)] {
            #expect(!text.contains("hunter2"))
            #expect(text.contains("sasl.username=vigie"))
        }
        var dumped = ""
        dump(configuration, to: &dumped)
        #expect(!dumped.contains("hunter2"))
    }

    @Test func `settings for TLS and SASL pass through`() throws {
        _ = try Consumer(
            KafkaConfiguration([
                "security.protocol": "sasl_ssl", "sasl.mechanism": "SCRAM-SHA-256", "sasl.username": "vigie",
                "sasl.password": "hunter2",
            ]))
    }
}
