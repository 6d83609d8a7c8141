/// Settings of a Kafka client under librdkafka's own names (`bootstrap.servers`, `security.protocol`,
/// `ssl.ca.location`, …), on top of the defaults below. It fails closed: an unknown setting, a refused
/// value, a setting that would break delivery, or credentials without a protocol that uses them is a
/// `KafkaError` that names the setting, thrown when a client is made.
public struct KafkaConfiguration: Sendable {
    /// A line of librdkafka's log. Level as in syslog: 3 error, 4 warning, 6 information, 7 debugging.
    public struct LogLine: Sendable {
        public let level: Int32
        public let facility: String
        public let text: String
    }

    /// What the owner sets; wins over the defaults.
    public var settings: [String: String]
    /// Receives librdkafka's log, from any thread. nil: librdkafka writes to standard error.
    public var onLog: (@Sendable (LogLine) -> Void)?

    public init(_ settings: [String: String] = [:], onLog: (@Sendable (LogLine) -> Void)? = nil) {
        self.settings = settings
        self.onLog = onLog
    }

    public init(bootstrapServers: String, _ settings: [String: String] = [:]) {
        self.init(settings)
        self.settings["bootstrap.servers"] = bootstrapServers
    }

    public subscript(name: String) -> String? {
        get { settings[name] }
        set { settings[name] = newValue }
    }

    /// A copy with these settings over its own.
    public func with(_ more: [String: String]) -> KafkaConfiguration {
        var copy = self
        copy.settings.merge(more) { _, new in new }
        return copy
    }
}

// MARK: - Defaults

extension KafkaConfiguration {
    /// For both kinds of client.
    static let sharedDefaults = [
        "client.id": "vigie",
        "socket.keepalive.enable": "true",
        "socket.nagle.disable": "true",
        // A broker that comes back is found within 2 s rather than 10.
        "reconnect.backoff.max.ms": "2000",
    ]

    /// Progress lives in PostgreSQL, so nothing is committed or reset by the client on its own; queues (one
    /// a partition in `MergedPartitions`) and a fetch are small so that memory stays bounded; the wait of a
    /// fetch is short for latency.
    static let consumerDefaults = sharedDefaults.merging([
        "check.crcs": "true",
        "enable.auto.commit": "false",
        "enable.auto.offset.store": "false",
        "auto.offset.reset": "error",
        "partition.assignment.strategy": "range",
        "queued.max.messages.kbytes": "16384",
        "queued.min.messages": "100000",
        "fetch.wait.max.ms": "10",
        "fetch.error.backoff.ms": "20",
        "fetch.message.max.bytes": "1048576",
        "fetch.max.bytes": "16777216",
    ]) { _, new in new }

    /// Idempotent, compressed, large batches: a broker appends, and librdkafka's mock cluster hands out,
    /// one batch at a time. A longer linger than 5 ms gained nothing: under load batches fill by themselves.
    static let producerDefaults = sharedDefaults.merging([
        "enable.idempotence": "true",
        "compression.type": "lz4",
        "linger.ms": "5",
        "batch.num.messages": "10000",
        "batch.size": "1000000",
        "queue.buffering.max.messages": "100000",
        "queue.buffering.max.kbytes": "65536",
    ]) { _, new in new }
}

// MARK: - Failing closed

extension KafkaConfiguration {
    /// Settings on which delivery without loss rests, with the only values they may have.
    private static let kept: [String: Set<String>] = [
        "enable.auto.commit": ["false"],
        "auto.commit.enable": ["false"],
        "enable.auto.offset.store": ["false"],
        "auto.offset.reset": ["error"],
        "partition.assignment.strategy": ["range", "roundrobin"],
        "check.crcs": ["true"],
        // Loads a library into the process.
        "plugin.library.paths": [],
        // Set by the client that uses them.
        "log.queue": ["false"],
    ]

    private static let secretParts = ["password", "secret", "pem", "oauthbearer.config", "jaas"]

    static func isSecret(_ name: String) -> Bool { secretParts.contains { name.contains($0) } }

    /// Throws on what librdkafka would accept but must not stand.
    func refuseUnsafe() throws(KafkaError) {
        for (name, value) in settings.sorted(by: { $0.key < $1.key }) {
            guard let allowed = Self.kept[name], !allowed.contains(value) else { continue }
            let values = allowed.sorted().joined(separator: " or ")
            throw Self.refusal(name, allowed.isEmpty ? "is not allowed" : "must be \(values)")
        }
        let security = (settings["security.protocol"] ?? "plaintext").lowercased()
        for name in settings.keys.sorted() {
            if name.hasPrefix("ssl."), !security.hasSuffix("ssl") {
                throw Self.refusal(
                    name, "has no effect: security.protocol is \(security), not ssl or sasl_ssl")
            }
            if name.hasPrefix("sasl."), !security.hasPrefix("sasl_") {
                throw Self.refusal(
                    name, "has no effect: security.protocol is \(security), not sasl_ssl or sasl_plaintext")
            }
        }
    }

    static func refusal(
        _ name: String, _ reason: String, code: KafkaError.Code = .invalidArgument
    ) -> KafkaError {
        KafkaError(code: code, operation: "configure", cause: "setting `\(name)` \(reason)")
    }
}

// MARK: - Text without secrets

extension KafkaConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String {
        settings.sorted { $0.key < $1.key }
            .map { "\($0.key)=\(Self.isSecret($0.key) ? "…" : $0.value)" }
            .joined(separator: " ")
    }

    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["settings": description]) }
}
