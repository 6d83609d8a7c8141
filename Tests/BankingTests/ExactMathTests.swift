import Foundation
import Testing

@testable import Banking

@Suite struct ExactMathTests {
    @Test func `log and exp agree with the C library to a few units in the last place`() {
        var generator = SystemRandomNumberGenerator()  // each message names its argument
        for _ in 0..<10_000 {
            let x = Foundation.exp(Double.random(in: -40...40, using: &generator))
            let log = ExactMath.log(x)
            #expect(abs(log - Foundation.log(x)) <= 8e-16 * max(1, abs(log)), "x = \(x)")
            let y = Double.random(in: -700...700, using: &generator)
            let exact = Foundation.exp(y)
            #expect(abs(ExactMath.exp(y) - exact) <= 2e-15 * exact, "y = \(y)")
        }
    }

    @Test func `the ends of the range are defined`() {
        #expect(ExactMath.log(0) == -.infinity)
        #expect(ExactMath.exp(-1000) == 0)
        #expect(ExactMath.exp(1000) == .infinity)
        #expect(ExactMath.sigmoid(-800) == 0)
        #expect(ExactMath.sigmoid(0) == 0.5)
    }

    /// Golden bits: a change of the polynomial changes every stored score and must be seen.
    @Test func `known arguments give known bits`() {
        #expect(ExactMath.log(10).bitPattern == 0x4002_6BB1_BBB5_5515)
        #expect(ExactMath.exp(1).bitPattern == 0x4005_BF0A_8B14_576A)
    }
}
