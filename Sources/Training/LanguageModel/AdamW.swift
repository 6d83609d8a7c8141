import Banking
import CKernels
import Descriptions
import RiskModels

/// The optimiser's state and its step (Loshchilov and Hutter 2019), with the average of the weights.
struct AdamW {
    /// Parameters, first and second moments of their gradients, and the average; as many numbers each.
    let weights, moment1, moment2, average: FloatMemory
    /// Steps of the present schedule so far.
    var step = 0
    let shape: LanguageModelShape
    /// The tensors that are trained: place and decay.
    private let parts: [(range: Range<Int>, decay: Float)]
    /// First number of each numeric kind's values in `weights`, and how many values they are.
    private let scales: [(start: Int, count: Int)]
    private let before: FloatMemory

    init(_ start: LanguageModelWeights, vocabulary: Vocabulary, options: LanguageModelOptions) {
        shape = start.shape
        let count = shape.parameterCount
        weights = FloatMemory(count)
        moment1 = FloatMemory(count)
        moment2 = FloatMemory(count)
        average = FloatMemory(count)
        for (place, value) in start.values.enumerated() {
            weights.base[place] = value
            average.base[place] = value
        }
        let places = shape.places
        parts = shape.parts.compactMap { part in
            let range = places[part] ?? 0..<0
            switch part {
            case .qkvWeight, .outputWeight, .upWeight, .downWeight, .readingWeight:
                return (range, options.weightDecay)
            // They are a scorecard's, joined when the training is over.
            case .points: return nil
            default: return (range, 0)
            }
        }
        let table = places[.values]?.lowerBound ?? 0
        let width = shape.width
        scales = zip(vocabulary.entries, shape.rowOffsets).compactMap { entry, row in
            guard case .edges(let edges) = entry.values else { return nil }
            return (table + row * width, edges.count)
        }
        before = FloatMemory(width)
    }

    /// Forgets moments and steps and starts the average from the weights: a new schedule begins.
    mutating func restart() {
        step = 0
        moment1.clear(moment1.count)
        moment2.clear(moment2.count)
        average.base.update(from: weights.base, count: weights.count)
    }

    /// One step along a gradient.
    /// - Parameter rate: step size.
    /// - Returns: the gradient's norm before clipping.
    mutating func advance(
        _ gradient: FloatMemory, rate: Float, options: LanguageModelOptions, kernels: TrainingKernels
    ) -> Double {
        step += 1
        let norm = kernels.table.pointee.sum_squares(gradient.base, Int64(shape.parameterCount))
            .squareRoot()
        let clip = norm > Double(options.clipNorm) ? Double(options.clipNorm) / norm : 1
        let (beta1, beta2): (Double, Double) = (0.9, 0.999)
        // The average of few steps leans less on where it began.
        let keep = min(options.averageKeep, Float(step) / Float(step + 10))
        for part in parts where !part.range.isEmpty {
            var job = ck_adamw(
                rate: rate, decay: part.decay, beta1: Float(beta1), beta2: Float(beta2),
                epsilon: 1e-8, correction1: Float(1 / (1 - Self.power(beta1, step))),
                correction2: Float(1 / (1 - Self.power(beta2, step))), gradient_scale: Float(clip),
                average_keep: keep)
            let start = part.range.lowerBound
            kernels.table.pointee.adamw(
                &job, Int64(part.range.count), gradient.base + start, weights.base + start,
                moment1.base + start, moment2.base + start, average.base + start)
        }
        smooth(by: min(0.25, rate * options.smoothness))
        return norm
    }

    /// Draws each value of a numeric kind towards its neighbours: one step down the gradient of half the
    /// squared distances between neighbours, beside the moments as the decay is. What few examples say of a
    /// rare value would be noise otherwise: the moments make its steps as large as those of a frequent one.
    /// - Parameter part: of the way, at most a quarter.
    private func smooth(by part: Float) {
        guard part > 0 else { return }
        let width = shape.width
        for (start, count) in scales {
            before.base.update(from: weights.base + start, count: width)
            for value in 0..<count {
                let own = weights.base + start + value * width
                let isLast = value + 1 == count
                for i in 0..<width {
                    let now = own[i]
                    let right = isLast ? 0 : own[width + i] - now
                    own[i] = now + part * (before.base[i] - now + right)
                    before.base[i] = now
                }
            }
        }
    }

    /// The averaged weights.
    var averaged: LanguageModelWeights {
        LanguageModelWeights(
            shape: shape, values: Array(UnsafeBufferPointer(start: average.base, count: average.count)))
    }

    private static func power(_ base: Double, _ exponent: Int) -> Double {
        ExactMath.exp(Double(exponent) * ExactMath.log(base))
    }
}

/// Step sizes: a straight rise, then half a cosine down to a twentieth.
struct LearningSchedule {
    let largest: Float
    let warmUp: Int
    let steps: Int

    init(_ options: LanguageModelOptions, steps: Int) {
        largest = options.learningRate
        self.steps = max(1, steps)
        warmUp = max(1, Int(Float(steps) * options.warmUpShare))
    }

    /// - Parameter step: from 0.
    func rate(_ step: Int) -> Float {
        guard step >= warmUp else { return largest * Float(step + 1) / Float(warmUp) }
        let part = min(1, Double(step - warmUp) / Double(max(1, steps - warmUp)))
        return largest * Float(0.05 + 0.95 * 0.5 * (1 + Self.cosine(part)))
    }

    /// cos(π·x) for x in [0, 1] by its power series around ½; no libm, so the bits are the same everywhere.
    static func cosine(_ x: Double) -> Double {
        let angle = (0.5 - x) * 3.141_592_653_589_793
        var (term, sum) = (angle, angle)
        for n in 1...9 {
            term *= -angle * angle / Double((2 * n) * (2 * n + 1))
            sum += term
        }
        return sum
    }
}
