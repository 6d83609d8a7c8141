import RiskModels

/// Which examples each step reads: epochs in shuffled order, a function of seed and step alone, so that a
/// training that was killed goes on with the same ones.
struct ExampleOrder {
    let seed: UInt64
    /// Always taken, and taken with `keep`.
    let always: [Int32]
    let thinned: [Int32]
    let keep: Double
    private var epoch = -1
    private var order: [Int32] = []

    /// - Parameter keep: share of `thinned` in an epoch, in (0, 1].
    init(seed: UInt64, always: [Int32], thinned: [Int32], keep: Double) {
        self.seed = seed
        self.always = always
        self.thinned = thinned
        self.keep = keep
    }

    /// Examples of an epoch: the same number in each.
    var epochSize: Int { always.count + Int(Double(thinned.count) * keep) }

    /// The batch of a step.
    mutating func batch(_ step: Int, size: Int) -> [Int32] {
        let total = max(1, epochSize)
        return (0..<size).map { place in
            let (wanted, offset) = (step * size + place).quotientAndRemainder(dividingBy: total)
            if wanted != epoch { shuffle(wanted) }
            return order[offset]
        }
    }

    private mutating func shuffle(_ wanted: Int) {
        epoch = wanted
        var random = SeededRandom(state: seed &+ UInt64(wanted) &* 0xd134_2543_de82_ef95)
        var pool = thinned
        let taken = epochSize - always.count
        for place in 0..<taken {
            pool.swapAt(place, place + random.below(pool.count - place))
        }
        order = always + pool[..<taken]
        for place in order.indices { order.swapAt(place, place + random.below(order.count - place)) }
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014).
struct SeededRandom {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// Uniform in 0 ..< bound (bound below 2³²).
    mutating func below(_ bound: Int) -> Int {
        Int(truncatingIfNeeded: ((next() >> 32) &* UInt64(truncatingIfNeeded: max(1, bound))) >> 32)
    }
}
