import Banking

/// A stream of random numbers named by (seed, purpose, two keys): SplitMix64 (Steele, Lea, Flood 2014).
///
/// A stream per purpose, account and day means that no draw of one account or story shifts another's.
/// Only integer and IEEE operations, so the numbers are the same on any CPU.
struct RandomStream: Sendable {
    enum Purpose: UInt64 {
        case world = 1, profile, life, fraud, settlement, device, favourite, standing, beneficiary
        case skimming, gang, employer, transaction, credit
    }

    private var state: UInt64

    init(_ seed: UInt64, _ purpose: Purpose, _ first: UInt64, _ second: UInt64 = 0) {
        state = Self.hash(seed, purpose, first, second)
    }

    /// A 64-bit digest of the name of a stream.
    @inline(__always)
    static func hash(_ seed: UInt64, _ purpose: Purpose, _ first: UInt64, _ second: UInt64 = 0) -> UInt64 {
        let named = mix(seed &+ purpose.rawValue &* 0x9E37_79B9_7F4A_7C15)
        return mix(mix(named ^ first &* 0xD1B5_4A32_D192_ED03) &+ second &* 0x8CB9_2BA7_2F3D_8DD7)
    }

    /// The finaliser of SplitMix64: a bijection on 64 bits.
    @inline(__always)
    static func mix(_ value: UInt64) -> UInt64 {
        var z = value &+ 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    @inline(__always)
    mutating func next() -> UInt64 {
        defer { state &+= 0x9E37_79B9_7F4A_7C15 }
        return Self.mix(state)
    }

    /// Uniform in [0, 1).
    @inline(__always)
    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// Uniform in 0 ..< bound; 0 when `bound` is not positive.
    @inline(__always)
    mutating func below(_ bound: Int) -> Int {
        bound <= 0 ? 0 : Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    @inline(__always)
    mutating func between(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + below(range.upperBound - range.lowerBound + 1)
    }

    @inline(__always)
    mutating func between(_ range: ClosedRange<Double>) -> Double {
        range.lowerBound + unit() * (range.upperBound - range.lowerBound)
    }

    @inline(__always)
    mutating func chance(_ probability: Double) -> Bool { unit() < probability }

    /// Standard normal (Marsaglia's polar method).
    mutating func normal() -> Double {
        while true {
            let x = 2 * unit() - 1
            let y = 2 * unit() - 1
            let radius = x * x + y * y
            if radius > 0, radius < 1 { return x * (-2 * ExactMath.log(radius) / radius).squareRoot() }
        }
    }

    /// exp of a normal with mean ln `median` and standard deviation `sigma`.
    mutating func logNormal(median: Double, sigma: Double) -> Double {
        median * ExactMath.exp(sigma * normal())
    }

    /// Exponential with the given mean.
    mutating func exponential(mean: Double) -> Double { -mean * ExactMath.log(1 - unit()) }

    /// Poisson by multiplication (Knuth); means above 30 are cut to 30.
    mutating func poisson(_ mean: Double) -> Int {
        let limit = ExactMath.exp(-min(mean, 30))
        var product = unit()
        var count = 0
        while product > limit {
            product *= unit()
            count += 1
        }
        return count
    }

    /// An index in 0 ..< count with a long tail: density falls as index^(−2/3), index 0 the most popular.
    @inline(__always)
    mutating func popular(_ count: Int) -> Int {
        let u = unit()
        return min(Int(u * u * u * Double(count)), max(count - 1, 0))
    }
}
