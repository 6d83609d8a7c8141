import Banking

/// Amounts on a logarithmic scale in a few bits: 256 steps per octave, so a value is off by at most 0.14 %.
///
/// Equal amounts give equal codes, so ratios of codes are exactly 1 where the amounts are equal.
enum LogAmount {
    static let stepsPerOctave = 256.0
    /// The code of 2^63.
    static let greatestCode: UInt32 = 63 * 256
    private static let naturalToSteps = stepsPerOctave / 0.693_147_180_559_945_3

    /// Natural log of an amount in minor units; amounts below 1 count as 1.
    @inline(__always) static func natural(_ amountMinor: Int64) -> Double {
        ExactMath.log(Double(max(amountMinor, 1)))
    }

    /// 0 … 16,128 for 1 … 2^63, from the natural log.
    @inline(__always) static func code(natural: Double) -> UInt16 {
        UInt16(truncatingIfNeeded: Int((natural * naturalToSteps).rounded(.toNearestOrEven)))
    }

    /// The amount that a code stands for, in minor units.
    @inline(__always) static func amount(_ code: Int) -> Double {
        powers.amount(code)
    }

    /// Ratio of two amounts from the difference of their codes (−16,384 … 16,384).
    @inline(__always) static func ratio(_ difference: Int) -> Double {
        powers.amount(difference)
    }

    /// A sum in 16 bits: 0 for nothing, else 1 + 1024 steps per octave (off by at most 0.034 %).
    static func sumCode(_ sum: Double) -> UInt16 {
        guard sum >= 1 else { return sum > 0 ? 1 : 0 }
        let steps = (ExactMath.log(sum) * (naturalToSteps * 4)).rounded(.toNearestOrEven)
        return UInt16(min(steps, 65_534)) + 1
    }

    /// The sum that a code stands for, in minor units.
    @inline(__always) static func sum(_ code: UInt16) -> Double {
        guard code > 0 else { return 0 }
        let steps = Int(code) - 1
        return powers.fine[steps & 1023] * powers.powerOfTwo(steps >> 10)
    }

    private static let powers = Powers()

    /// Fractions of an octave; built once from `ExactMath`, so the same on every machine.
    private final class Powers: Sendable {
        let fine: [Double] = (0..<1024).map { ExactMath.exp(Double($0) / 1024 * 0.693_147_180_559_945_3) }

        @inline(__always) func powerOfTwo(_ exponent: Int) -> Double {
            Double(sign: .plus, exponentBitPattern: UInt(exponent + 1023), significandBitPattern: 0)
        }
        @inline(__always) func amount(_ code: Int) -> Double {
            fine[(code & 255) << 2] * powerOfTwo(code >> 8)
        }
    }
}
