import Banking
import Foundation
import Testing

@testable import Intake

/// A key that no one uses.
let testKey = PseudonymKey(bytes: [UInt8](0..<32))!
let arrival = Timestamp(rfc3339: "2026-03-10T12:00:00Z")!

func testPseudonymiser() -> Pseudonymiser { Pseudonymiser(key: testKey, cacheEntriesPerDomain: 64) }

/// A record with every field, as text of JSON values.
let fullRecord: [(name: String, value: String)] = [
    ("transaction_id", "\"tx-1\""), ("account_id", "\"FR7630006000011234567890189\""),
    ("effective_at", "\"2026-03-09T18:22:31.250+01:00\""), ("amount", "249.90"), ("currency", "\"EUR\""),
    ("card_number", "\"4111111111111111\""), ("direction", "\"debit\""), ("channel", "\"in_store\""),
    ("entry_mode", "\"chip\""),
    (
        "merchant",
        #"{"id":"M77","name":"Caf\u00e9 Müller","category_code":"5462","city":"Strasbourg","country":"FR","#
            + #""latitude":48.5734,"longitude":7.7521}"#
    ),
    ("counterpart_account_id", "\"DE02\""), ("device_id", "\"device 9\""), ("balance_after", "-12.5"),
    ("authorisation_errors", "[\"bad_pin\", \"insufficient_funds\"]"),
    ("account_opened_at", "\"2011-05-06\""), ("observed_at", "\"2026-03-10T11:59:00Z\""),
]

/// The full record with some values replaced or taken out (`nil`), or added.
func record(_ changes: [String: String?] = [:]) -> String {
    var pairs = fullRecord.compactMap { name, value -> String? in
        guard let change = changes[name] else { return "\"\(name)\":\(value)" }
        return change.map { "\"\(name)\":\($0)" }
    }
    for name in changes.keys.sorted() where !fullRecord.contains(where: { $0.name == name }) {
        if let value = changes[name] ?? nil { pairs.append("\"\(name)\":\(value)") }
    }
    return "{" + pairs.joined(separator: ",") + "}"
}

enum Read {
    case transaction(Transaction)
    case rejection(Rejection)

    var transaction: Transaction? { if case .transaction(let value) = self { value } else { nil } }
    var rejection: Rejection? { if case .rejection(let value) = self { value } else { nil } }
    /// `field: reason`, or `accepted`.
    var verdict: String { rejection.map { "\($0.field): \($0.reason)" } ?? "accepted" }
}

func read(
    _ bytes: [UInt8], mapping: FieldMapping? = nil, limits: IntakeLimits = IntakeLimits()
) -> Read {
    var intake = Intake(mapping: mapping, pseudonymiser: testPseudonymiser(), limits: limits)
    var transaction = Transaction()
    // An exact copy on the heap, so that a read past the end would be seen by a sanitiser.
    let rejection = bytes.withUnsafeBytes { intake.read($0, observedAt: arrival, into: &transaction) }
    return rejection.map(Read.rejection) ?? .transaction(transaction)
}

func read(_ json: String, mapping: FieldMapping? = nil, limits: IntakeLimits = IntakeLimits()) -> Read {
    read(Array(json.utf8), mapping: mapping, limits: limits)
}

/// A folder of its own, removed when `body` ends.
func withFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: "intake-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
}

/// A repeatable source of random numbers (splitmix64).
struct SeededRandom: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}

let projectRoot = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
/// Data that is measured with but not shipped.
let sharedData: URL? = {
    let beside = projectRoot.appending(path: "../shared/data").standardizedFileURL
    let named = ProcessInfo.processInfo.environment["VIGIE_SHARED_DATA"].map { URL(filePath: $0) }
    return [named, beside].compactMap { $0 }.first { FileManager.default.fileExists(atPath: $0.path) }
}()
