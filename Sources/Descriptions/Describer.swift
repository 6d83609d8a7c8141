import History

/// Facts to tokens: the one place where numbers become phrases, for scoring and for training alike.
///
/// The bits depend on nothing but vocabulary and facts: an edge is found by comparisons, the weight by one
/// subtraction and one division of `Float`s.
public struct Describer: Sendable {
    public let vocabulary: Vocabulary
    private let steps: [Step]
    /// 64 edges for each numeric kind, the unused ones +∞.
    private let edges: [Float]
    /// Open addressing, two words per slot: code, place. Code 0 marks a free slot.
    private let codes: [UInt32]

    public init(vocabulary: Vocabulary) {
        self.vocabulary = vocabulary
        var plan = Plan()
        for entry in vocabulary.entries { plan.add(entry) }
        steps = plan.steps
        edges = plan.edges
        codes = plan.codes
    }

    /// Largest number of tokens of one description.
    public var largestTokenCount: Int { steps.count }

    /// Appends the description of one transaction to a batch. Allocates nothing once the batch has grown.
    public func describe(_ row: FactRow, into batch: inout DescriptionBatch) {
        batch.write(upTo: steps.count) { tokens in
            var written = 0
            edges.withUnsafeBufferPointer { edges in
                codes.withUnsafeBufferPointer { codes in
                    steps.withUnsafeBufferPointer { steps in
                        for step in steps {
                            let bits = row[bits: Int(step.slot)]
                            if step.isNumber {
                                let value = Float(bitPattern: bits)
                                tokens[written] = step.number(value, edges)
                                // NaN is the only value that differs from itself.
                                written += value == value ? 1 : 0
                            } else {
                                tokens[written] = step.category(bits, codes)
                                written += bits != 0 || step.saysMissing ? 1 : 0
                            }
                        }
                    }
                }
            }
            return written
        }
        batch.endRow()
    }

    /// The description of one transaction alone, for tests and explanations.
    public func tokens(_ row: FactRow) -> [Token] {
        var batch = DescriptionBatch()
        describe(row, into: &batch)
        return Array(batch.tokens)
    }
}

extension Describer {
    /// One fact to look at, with everything that is known of its kind beforehand.
    private struct Step {
        let slot: UInt8
        let kind: UInt8
        let isNumber: Bool
        let saysMissing: Bool
        /// Numbers: index of the last edge. Categories: number of codes.
        let last: Int32
        /// Start in `edges` or, in pairs, in `codes`.
        let base: Int32
        /// Categories: bits of the hash that pick a slot (its table has 2^tableBits slots), and buckets.
        let tableBits: Int32
        let buckets: Int32

        /// (k, w) with q_k ≤ v < q_{k+1}; (0, 0) below the first edge, (B, 0) from the last one on.
        @inline(__always)
        func number(_ value: Float, _ edges: UnsafeBufferPointer<Float>) -> Token {
            // Six halvings without a branch over 64 edges padded with +∞.
            var place = Int(base)
            place += edges[place + 32] <= value ? 32 : 0
            place += edges[place + 16] <= value ? 16 : 0
            place += edges[place + 8] <= value ? 8 : 0
            place += edges[place + 4] <= value ? 4 : 0
            place += edges[place + 2] <= value ? 2 : 0
            place += edges[place + 1] <= value ? 1 : 0
            let index = min(Int32(truncatingIfNeeded: place) - base, last)
            let low = edges[Int(base + index)]
            // At the last edge the next one would be +∞ or another kind's.
            let high = edges[Int(base + min(index + 1, last))]
            let isInside = low <= value && index < last
            let weight = isInside ? (value - low) / (high - low) : 0
            // A value just under the next edge may round up to it: then it is that edge.
            let isNext = weight >= 1
            return Token(
                kind: kind, index: UInt16(truncatingIfNeeded: isNext ? index + 1 : index),
                weight: isNext ? 0 : weight)
        }

        @inline(__always)
        func category(_ code: UInt32, _ codes: UnsafeBufferPointer<UInt32>) -> Token {
            Token(kind: kind, index: UInt16(truncatingIfNeeded: place(of: code, codes)), weight: 0)
        }

        @inline(__always)
        private func place(of code: UInt32, _ codes: UnsafeBufferPointer<UInt32>) -> Int {
            guard code != 0 else { return 0 }
            var slot = Self.slot(of: code, bits: tableBits)
            while true {
                let found = codes[Int(base) + 2 * slot]
                if found == code { return Int(codes[Int(base) + 2 * slot + 1]) }
                if found == 0 { break }
                slot = (slot + 1) & (1 << Int(tableBits) - 1)
            }
            return 1 + Int(last) + Vocabulary.bucket(of: code, among: Int(buckets))
        }

        @inline(__always)
        static func slot(of code: UInt32, bits: Int32) -> Int {
            Int(truncatingIfNeeded: (code &* 0x9e37_79b1) >> UInt32(truncatingIfNeeded: 32 - bits))
        }
    }

    /// The tables in the making.
    private struct Plan {
        var steps: [Step] = []
        var edges: [Float] = []
        var codes: [UInt32] = []

        mutating func add(_ entry: Vocabulary.Entry) {
            switch entry.values {
            case .edges(let values):
                let base = edges.count
                edges += values
                edges += repeatElement(.infinity, count: Vocabulary.largestEdgeCount - values.count)
                steps.append(
                    Step(
                        slot: entry.kind.fact.rawValue, kind: entry.kind.rawValue, isNumber: true,
                        saysMissing: false, last: Int32(values.count - 1), base: Int32(base), tableBits: 0,
                        buckets: 0))
            case .categories(let values, let buckets, let saysMissing):
                let base = codes.count
                let bits = addTable(values)
                for fact in entry.kind.allFacts {
                    steps.append(
                        Step(
                            slot: fact.rawValue, kind: entry.kind.rawValue, isNumber: false,
                            saysMissing: saysMissing, last: Int32(values.count), base: Int32(base),
                            tableBits: bits, buckets: Int32(buckets)))
                }
            }
        }

        /// A table at most half full, so that a search always meets a free slot.
        private mutating func addTable(_ values: [UInt32]) -> Int32 {
            var bits: Int32 = 1
            while 1 << Int(bits) < 2 * values.count { bits += 1 }
            let base = codes.count
            codes += repeatElement(0, count: 2 << Int(bits))
            for (place, code) in values.enumerated() {
                var slot = Step.slot(of: code, bits: bits)
                while codes[base + 2 * slot] != 0 { slot = (slot + 1) & (1 << Int(bits) - 1) }
                codes[base + 2 * slot] = code
                codes[base + 2 * slot + 1] = UInt32(place + 1)
            }
            return bits
        }
    }
}
