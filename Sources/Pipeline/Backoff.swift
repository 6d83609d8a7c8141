/// Waiting times between attempts: doubling from 50 ms to 5 s, each with up to half of itself taken off.
///
/// The jitter keeps several instances from knocking at a returning database at the same moment.
public struct Backoff: Sendable {
    private var attempt = 0
    private var state: UInt64

    /// - Parameter seed: makes the sequence of jitters; any number.
    public init(seed: UInt64) { state = seed }

    public mutating func next() -> Duration {
        let ceiling = min(5000, 50 << min(attempt, 7))
        attempt += 1
        // SplitMix64 (Steele, Lea, Flood 2014).
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return .milliseconds(ceiling - Int((z ^ (z >> 31)) % UInt64(ceiling / 2)))
    }

    public mutating func reset() { attempt = 0 }
}
