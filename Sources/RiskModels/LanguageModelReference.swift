import Banking
import Descriptions

/// The language model in plain float32: the specification of `LanguageModelShape` in executable form.
///
/// Not fast. The engine must agree with it within quantisation, training within rounding.
public struct LanguageModelReference: Sendable {
    public let weights: LanguageModelWeights
    private let tensors: [LanguageModelShape.Part: [Float]]

    private var shape: LanguageModelShape { weights.shape }

    public init(_ weights: LanguageModelWeights) {
        self.weights = weights
        tensors = Dictionary(
            uniqueKeysWithValues: weights.shape.parts.map { ($0, Array(weights[$0])) })
    }

    /// What the model says about one description of T phrases.
    public struct Reading: Sendable {
        /// Log-odds of fraud.
        public var logit: Float
        /// Final states [T + Q][d], phrases first.
        public var states: [[Float]]
        /// Surprise of each phrase in bits [T].
        public var surprises: [Float]
    }

    /// Reads one description.
    public func read(_ tokens: ArraySlice<Token>) -> Reading {
        let states = states(of: tokens)
        return Reading(
            logit: judge(states, tokens), states: states, surprises: surprises(states, tokens))
    }

    private subscript(part: LanguageModelShape.Part) -> [Float] { tensors[part] ?? [] }

    /// Final states [T + Q][d].
    func states(of tokens: ArraySlice<Token>) -> [[Float]] {
        let queries = self[.queries]
        var x = tokens.map(embed) + (0..<shape.queries).map { row($0, of: queries) }
        for layer in 0..<shape.layers {
            // qkv: [T + Q][3d]
            let normed = x.map { norm($0, self[.attentionGain(layer)]) }
            let qkv = linear(normed, self[.qkvWeight(layer)], self[.qkvBias(layer)])
            let mixed = attention(qkv, phrases: tokens.count)
            add(linear(mixed, self[.outputWeight(layer)], self[.outputBias(layer)]), to: &x)
            // up: [T + Q][4d]
            let again = x.map { norm($0, self[.mlpGain(layer)]) }
            let up = linear(again, self[.upWeight(layer)], self[.upBias(layer)])
            let active = up.map { $0.map(Self.gelu) }
            add(linear(active, self[.downWeight(layer)], self[.downBias(layer)]), to: &x)
        }
        return x.map { norm($0, self[.finalGain]) }
    }

    /// Log-odds: the mean of the queries' heads, the points of the phrases and of pairs of them.
    func judge(_ states: [[Float]], _ tokens: ArraySlice<Token>) -> Float {
        let judging = self[.judgingWeight]
        var sum: Float = 0
        for query in 0..<shape.queries {
            sum += Self.dot(row(query, of: judging), states[tokens.count + query]) + self[.judgingBias][query]
        }
        let points = self[.points]
        let logit = tokens.reduce(sum / Float(shape.queries)) { sum, token in
            let (_, low, high) = place(of: token)
            return sum + (1 - token.weight) * points[low] + token.weight * points[high]
        }
        return weights.pairs.reduce(logit) { sum, pair in
            guard let first = tokens.last(where: { $0.kind == pair.first.rawValue }),
                let second = tokens.last(where: { $0.kind == pair.second.rawValue })
            else { return sum }
            return sum + Float(pair.points(first.place, second.place))
        }
    }

    /// Surprise of each phrase, given the phrases before it, in bits [T].
    func surprises(_ states: [[Float]], _ tokens: ArraySlice<Token>) -> [Float] {
        let gates = self[.readingGates]
        let values = self[.values]
        let bias = self[.readingBias]
        return tokens.enumerated().map { place, token in
            let before = place == 0 ? self[.readingStart] : states[place - 1]
            let (entry, low, high) = self.place(of: token)
            let projected = linear([before], self[.readingWeight], [])[0]
            let foreseen = zip(row(entry, of: gates), projected).map { $0 * $1 }
            let first = shape.rowOffsets[entry]
            let logits = (first..<first + shape.valueCounts[entry]).map { place in
                Self.dot(row(place, of: values), foreseen) + bias[place]
            }
            let largest = logits.max() ?? 0
            let sum = logits.reduce(0) { $0 + ExactMath.exp(Double($1 - largest)) }
            let said = (1 - token.weight) * logits[low - first] + token.weight * logits[high - first]
            let nats = ExactMath.log(sum) + Double(largest - said)
            return Float(nats * Self.bitsPerNat)
        }
    }

    static let bitsPerNat = 1.442_695_040_888_963_4

    // MARK: Parts

    /// Entry of the kind and the two rows of the table that a token lies between; equal for weight 0.
    func place(of token: Token) -> (entry: Int, low: Int, high: Int) {
        let entry = shape.entryPlaces[Int(token.kind)]
        let low = shape.rowOffsets[entry] + Int(token.index)
        return (entry, low, token.weight > 0 ? low + 1 : low)
    }

    /// A phrase as a vector [d].
    private func embed(_ token: Token) -> [Float] {
        let (entry, low, high) = place(of: token)
        let kinds = self[.kinds]
        let values = self[.values]
        let d = shape.width
        return (0..<d).map { i in
            kinds[entry * d + i] + (1 - token.weight) * values[low * d + i] + token.weight
                * values[high * d + i]
        }
    }

    /// g · x / √(mean(x²) + ε), [d].
    private func norm(_ x: [Float], _ gain: [Float]) -> [Float] {
        let scale = 1 / (Self.dot(x, x) / Float(x.count) + LanguageModelShape.normEpsilon).squareRoot()
        return zip(x, gain).map { $0 * scale * $1 }
    }

    /// x [n][inputs], weight [outputs, inputs] → [n][outputs]; no bias when it is empty.
    private func linear(_ x: [[Float]], _ weight: [Float], _ bias: [Float]) -> [[Float]] {
        x.map { input in
            (0..<weight.count / input.count).map { output in
                let start = output * input.count
                let product = weight.withUnsafeBufferPointer { weight in
                    input.withUnsafeBufferPointer { input in
                        Self.dot(UnsafeBufferPointer(rebasing: weight[start..<start + input.count]), input)
                    }
                }
                return bias.isEmpty ? product : product + bias[output]
            }
        }
    }

    /// qkv [T + Q][3d] → [T + Q][d].
    private func attention(_ qkv: [[Float]], phrases: Int) -> [[Float]] {
        let (d, headWidth) = (shape.width, shape.headWidth)
        let scale = 1 / Float(headWidth).squareRoot()
        return qkv.indices.map { i in
            let seen = i < phrases ? Array(0..<(shape.isCausal ? i + 1 : phrases)) : Array(0..<phrases) + [i]
            var mixed = [Float](repeating: 0, count: d)
            for head in 0..<shape.heads {
                let columns = head * headWidth..<(head + 1) * headWidth
                let query = Array(qkv[i][columns])
                let scores = seen.map { j in
                    scale * Self.dot(query, Array(qkv[j][d + columns.lowerBound..<d + columns.upperBound]))
                }
                let largest = scores.max() ?? 0
                let powers = scores.map { Float(ExactMath.exp(Double($0 - largest))) }
                let sum = powers.reduce(0, +)
                for (power, j) in zip(powers, seen) {
                    for column in columns { mixed[column] += power / sum * qkv[j][2 * d + column] }
                }
            }
            return mixed
        }
    }

    /// x/2 · (1 + tanh(√(2/π)·(x + 0.044715·x³))) = x · sigmoid(2·…).
    static func gelu(_ x: Float) -> Float {
        let inner = 0.797_884_560_802_865_4 * (Double(x) + 0.044_715 * Double(x) * Double(x) * Double(x))
        return Float(Double(x) * ExactMath.sigmoid(2 * inner))
    }

    private func add(_ y: [[Float]], to x: inout [[Float]]) {
        for i in x.indices { for j in x[i].indices { x[i][j] += y[i][j] } }
    }

    private func row(_ index: Int, of matrix: [Float]) -> [Float] {
        Array(matrix[index * shape.width..<(index + 1) * shape.width])
    }

    private static func dot(_ a: [Float], _ b: [Float]) -> Float {
        a.withUnsafeBufferPointer { a in b.withUnsafeBufferPointer { dot(a, $0) } }
    }

    /// Sixteen partial sums, then their sum; lengths are multiples of 16.
    private static func dot(_ a: UnsafeBufferPointer<Float>, _ b: UnsafeBufferPointer<Float>) -> Float {
        var sums = SIMD16<Float>()
        for i in stride(from: 0, to: a.count, by: 16) {
            for lane in 0..<16 { sums[lane] += a[i + lane] * b[i + lane] }
        }
        return sums.sum()
    }
}
