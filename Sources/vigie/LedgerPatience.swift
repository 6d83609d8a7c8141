import Foundation
import Ledger
import Logging
import Pipeline

/// Repeats work on the ledger for as long as only something that passes is in the way: the database is away
/// or crowded, a connection was cut, another instance still holds the rows.
struct LedgerPatience {
    let stop: StopRequest
    let logger: Logger

    /// How long a service that starts waits for a database that it has not seen yet, as for a topic.
    static let firstContact = Duration.seconds(30)

    /// Tries until it works, waiting in between as deliveries do.
    /// - Parameters:
    ///   - most: gives up after it; `nil` never does.
    /// - Throws: `StopRequest.Heeded`, or the error that does not pass.
    func keepTrying<R>(_ what: String, atMost most: Duration? = nil, _ work: () throws -> R) throws -> R {
        let deadline = most.map { ContinuousClock.now + $0 }
        // Instances that lost the same database must not come back in step.
        var backoff = Backoff(seed: UInt64.random(in: .min ... .max))
        while true {
            do {
                return try work()
            } catch let error as LedgerError where error.isRetriable || error.isOutcomeUnknown {
                if let deadline, ContinuousClock.now > deadline { throw error }
                logger.warning("\(what) waits: \(error)")
                try stop.wait(for: backoff.next())
            }
        }
    }
}
