/// Elementary functions whose bits do not depend on the CPU or the C library.
///
/// Only IEEE 754 additions, multiplications, divisions and bit operations, in a fixed order and
/// without fused operations, so every machine gives the same result. Errors are below 4 units in the
/// last place.
public enum ExactMath {
    /// Natural logarithm. `x` must be finite and positive; 0 or less gives −∞, NaN gives NaN.
    ///
    /// ln(m·2^e) = e·ln 2 + 2·atanh((m−1)/(m+1)) with m in [√½, √2), by its power series.
    @inlinable public static func log(_ x: Double) -> Double {
        if x.isNaN { return x }
        guard x > 0 else { return -.infinity }
        guard x < .infinity else { return x }
        var exponent = Double(x.exponent)
        var mantissa = x.significand
        if mantissa > 1.414_213_562_373_095_1 {
            mantissa *= 0.5
            exponent += 1
        }
        let s = (mantissa - 1) / (mantissa + 1)
        let z = s * s
        var series = 1.0 / 21
        series = series * z + 1.0 / 19
        series = series * z + 1.0 / 17
        series = series * z + 1.0 / 15
        series = series * z + 1.0 / 13
        series = series * z + 1.0 / 11
        series = series * z + 1.0 / 9
        series = series * z + 1.0 / 7
        series = series * z + 1.0 / 5
        series = series * z + 1.0 / 3
        series = series * z + 1
        return exponent * 0.693_147_180_559_945_3 + 2 * s * series
    }

    /// Exponential. Below −745 it is 0, above 709.78 it is +∞.
    ///
    /// e^x = 2^k·e^r with r in [−ln2/2, ln2/2] by the Taylor series to the 13th power.
    @inlinable public static func exp(_ x: Double) -> Double {
        if x.isNaN { return x }
        if x > 709.78 { return .infinity }
        if x < -745 { return 0 }
        let k = (x * 1.442_695_040_888_963_4).rounded(.toNearestOrEven)
        let r = (x - k * 0.693_147_180_369_123_8) - k * 1.908_214_929_270_587_7e-10
        var series = 1.0 / 6_227_020_800
        series = series * r + 1.0 / 479_001_600
        series = series * r + 1.0 / 39_916_800
        series = series * r + 1.0 / 3_628_800
        series = series * r + 1.0 / 362_880
        series = series * r + 1.0 / 40_320
        series = series * r + 1.0 / 5040
        series = series * r + 1.0 / 720
        series = series * r + 1.0 / 120
        series = series * r + 1.0 / 24
        series = series * r + 1.0 / 6
        series = series * r + 0.5
        series = series * r + 1
        series = series * r + 1
        let whole = Int(k)
        // Two steps keep results in the subnormal range exact enough without overflow of the exponent.
        let half = whole / 2
        return series * Self.powerOfTwo(half) * Self.powerOfTwo(whole - half)
    }

    /// 1 / (1 + e^−x).
    @inlinable public static func sigmoid(_ x: Double) -> Double {
        x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x))
    }

    /// ln(p / (1 − p)).
    @inlinable public static func logit(_ p: Double) -> Double { log(p / (1 - p)) }

    /// 2^k for k in −1022…1023.
    @inlinable static func powerOfTwo(_ k: Int) -> Double {
        Double(bitPattern: UInt64(k + 1023) << 52)
    }
}
