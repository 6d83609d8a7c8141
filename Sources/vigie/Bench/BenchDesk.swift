import Banking
import Foundation
import Pipeline
import Synchronization

/// A delivery desk that also measures alerts from the moment at which their record was due to be sent, so
/// that neither a late sender nor a slow broker hides anything.
final class BenchDesk: DeliveryDesk, @unchecked Sendable {
    // SAFETY: the clerk thread alone uses `latency` until the pipeline has ended; `plan` is guarded.
    private let desk: any DeliveryDesk
    private let plan: BenchPlan
    private(set) var latency = LatencyHistogram()

    init(_ desk: any DeliveryDesk, plan: BenchPlan) {
        self.desk = desk
        self.plan = plan
    }

    func deliver(_ delivery: Delivery) throws(DeliveryFault) -> DeliveryReceipt {
        let receipt = try desk.deliver(delivery)
        let now = ContinuousClock.now
        for alert in delivery.alerts {
            guard let due = plan.due("\(alert.decision.transactionID)") else { continue }
            latency.record(microseconds: Int64((now - due) / .microseconds(1)))
        }
        return receipt
    }

    func prepare(for moment: Timestamp) { desk.prepare(for: moment) }
}

/// When each record of a benchmark is due.
final class BenchPlan: Sendable {
    private let places: [String: Int]
    private let rate: Double?
    private let started = Mutex<ContinuousClock.Instant?>(nil)

    /// - Parameters:
    ///   - rate: records a second; `nil`: none is due before it is sent, and nothing is measured.
    init(_ records: SimulatedRecords, from first: Int, rate: Double?) {
        self.rate = rate
        var places: [String: Int] = [:]
        if rate != nil {
            places.reserveCapacity(records.count - first)
            for index in first..<records.count { places[records.transactionID(index)] = index - first }
        }
        self.places = places
    }

    /// Sending begins now.
    func start() -> ContinuousClock.Instant {
        let now = ContinuousClock.now
        started.withLock { $0 = now }
        return now
    }

    /// When the record of a transaction was due; `nil` without a rate.
    func due(_ transactionID: String) -> ContinuousClock.Instant? {
        guard let rate, let place = places[transactionID], let started = started.withLock({ $0 }) else {
            return nil
        }
        return started + .nanoseconds(Int64(Double(place) / rate * 1e9))
    }
}
