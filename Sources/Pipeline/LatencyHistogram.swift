/// Counts durations in buckets 1/32 wide relative to their value: 3 % resolution from 1 µs to an hour.
public struct LatencyHistogram: Sendable {
    private static let subdivisions = 32
    private var counts = [UInt64](repeating: 0, count: 33 * LatencyHistogram.subdivisions)
    public private(set) var total: UInt64 = 0

    public init() {}

    /// Adds one duration. Negative counts as 0.
    public mutating func record(microseconds: Int64) {
        let value = UInt64(clamping: max(0, microseconds))
        counts[Self.bucket(value)] += 1
        total += 1
    }

    /// Upper end in microseconds of the bucket that holds the quantile; 0 when nothing was recorded.
    /// - Parameter quantile: in [0, 1].
    public func microseconds(atQuantile quantile: Double) -> Int64 {
        guard total > 0 else { return 0 }
        let rank = UInt64((Double(total) * quantile).rounded(.up))
        var seen: UInt64 = 0
        for (index, count) in counts.enumerated() {
            seen += count
            if seen >= max(rank, 1) { return Self.upperEnd(index) }
        }
        return Self.upperEnd(counts.count - 1)
    }

    private static func bucket(_ value: UInt64) -> Int {
        guard value >= UInt64(subdivisions) else { return Int(value) }
        let octave = 63 - value.leadingZeroBitCount - 5
        let place = Int(value >> UInt64(octave)) - subdivisions
        return min((octave + 1) * subdivisions + place, 33 * subdivisions - 1)
    }

    private static func upperEnd(_ bucket: Int) -> Int64 {
        guard bucket >= subdivisions else { return Int64(bucket) }
        let octave = bucket / subdivisions - 1
        return (Int64(bucket % subdivisions + subdivisions + 1) << Int64(octave)) - 1
    }
}
