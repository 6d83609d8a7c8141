import Banking
import Foundation
import Ledger
import PostgresClient

/// One server for all tests of this tree (the one of `PostgresClientTests`), a migrated database per test.
enum TestLedger {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    static let migrations = root.appending(path: "migrations")
    static let shared = Result { try start() }

    private static func start() throws -> LocalCluster {
        let tree = root.path.utf8.reduce(UInt64(0)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        let folder = URL(filePath: "/tmp/vigie-ledger-tests-\(getuid())-\(String(tree, radix: 16))")
        // Databases of earlier runs are left behind; with no server in the folder they can go.
        if !FileManager.default.fileExists(atPath: folder.path + "/data/postmaster.pid") {
            try? FileManager.default.removeItem(at: folder)
        }
        let cluster = try LocalCluster.start(in: folder, options: .forTests)
        atexit { if case .success(let cluster) = TestLedger.shared { cluster.requestStop() } }
        return cluster
    }

    /// Connection string of an empty database of its own.
    static func emptyDatabase() throws -> String {
        let cluster = try shared.get()
        let name = "test_" + UUID().uuidString.lowercased().replacing("-", with: "")
        let admin = try PostgresConnection(conninfo: cluster.conninfo(), deadline: .seconds(60))
        try admin.execute("CREATE DATABASE \(name)")
        return cluster.conninfo(database: name)
    }

    /// Connection string of a database with the newest schema.
    static func database() throws -> String {
        let conninfo = try emptyDatabase()
        try Migrator(conninfo: conninfo, folder: migrations).up()
        return conninfo
    }

    static func connection(_ conninfo: String, as role: LedgerRole? = nil) throws -> PostgresConnection {
        let connection = try PostgresConnection(conninfo: conninfo, deadline: .seconds(20))
        if let role { try connection.execute("SET ROLE \(role.rawValue)") }
        return connection
    }

    static func ledger(_ conninfo: String) throws -> Ledger {
        try Ledger.open(conninfo: conninfo, role: .writer, deadline: .seconds(20))
    }
}

/// Values with the same content for the same number.
enum Sample {
    static let model = FixedText<64>(String(repeating: "ab", count: 32))
    static let moment = Timestamp(year: 2026, month: 3, day: 7, second: 3600, millisecond: 123)

    static func decision(_ number: Int, topic: String = "transactions", partition: Int32 = 0) -> Decision {
        let position = SourcePosition(topic: topic, partition: partition, offset: Int64(number))
        var decision = Decision(position: position)
        decision.transactionID = FixedText("t-\(number)")
        decision.account = Pseudonym(high: 7, low: UInt64(number))
        decision.effectiveAt = moment.adding(seconds: Int64(number % 1000))
        decision.probability = Double(number % 1000) / 999
        decision.score = Int16(number % 1000)
        decision.outcome = .review
        decision.decidedBy = FixedText("scorecard")
        decision.modelSHA256 = model
        return decision
    }

    static func alert(_ number: Int) -> Alert {
        var alert = Alert(decision: decision(number))
        alert.band = .high
        alert.merchantName = "L'Étoile \"漢\" {a,b} \\ 🙂 nul\u{0}"
        alert.merchantCategory = 5732
        alert.merchantCountry = "FR"
        alert.amount = Money(amountMinor: 24990, currency: Currency("EUR") ?? Currency(packed: 0))
        alert.channel = .online
        alert.observedAt = moment
        alert.descriptionEnglish = "Now: 249.90 € online\nnul\u{0}"
        alert.descriptionFrench = "Maintenant : 249,90 € en ligne"
        alert.tokens = [Alert.Token(kind: 3, index: 400, weight: 0.1)]
        alert.reasons = [
            Alert.Reason(kind: "amount", english: "it's \"high\"\u{0}\u{1}", french: "élevé", points: 2.5),
            Alert.Reason(kind: "novelty", english: "first time", french: "première fois", points: 1.25),
        ]
        alert.surprises = [
            Alert.Reason(kind: "hour", english: "at 03:12", french: "à 03 h 12", points: 6.25)
        ]
        alert.counterfactual = Alert.Counterfactual(
            kind: "amount", english: "at \"85\" or less", french: "à 85 ou moins",
            token: Alert.Token(kind: 25, index: 7, weight: 0.1), probability: 0.0125)
        alert.latencyMicroseconds = 1234
        return alert
    }

    static func deadLetter(_ number: Int) -> DeadLetter {
        DeadLetter(
            position: SourcePosition(topic: "transactions", partition: 0, offset: Int64(number)),
            rejection: Rejection(field: "amount", reason: "not_a_number", hint: "Write a decimal number."),
            recordSize: 350, recordSHA256: String(repeating: "0f", count: 32), receivedAt: moment)
    }
}
