import Descriptions
import History
import RiskModels

@testable import Training

/// A small language model and random examples for it.
struct SmallLesson {
    let shape: LanguageModelShape
    var weights: LanguageModelWeights
    let matrix: TokenMatrix

    static let kinds: [Kind] = [
        .accountAgeDays, .usualAmount, .count1h, .secondsSinceLast, .amount, .channel, .weekday, .amountZ,
    ]

    static func vocabulary() throws -> Vocabulary {
        try Vocabulary(
            entries: kinds.sorted { $0.rawValue < $1.rawValue }.enumerated().map { place, kind in
                let values: Vocabulary.Values =
                    kind.form == .number
                    ? .edges((0..<(3 + 2 * place)).map(Float.init))
                    : .categories(codes: [7, 9, 11], buckets: 2, saysMissing: false)
                return Vocabulary.Entry(kind: kind, values: values)
            })
    }

    /// - Parameter count: examples; every third is a fraud, and an amount above 4 makes it so.
    init(
        seed: UInt64, count: Int = 6, width: Int = 64, layers: Int = 2, heads: Int = 4, isCausal: Bool = true,
        queries: Int = 1
    ) throws {
        let vocabulary = try Self.vocabulary()
        guard let shape = LanguageModelShape(
            vocabulary: vocabulary, width: width, layers: layers, heads: heads, isCausal: isCausal,
            queries: queries)
        else { throw TrainingError(.badModel, operation: "test", cause: "shape") }
        self.shape = shape
        var random = SeededRandom(state: seed)
        func uniform() -> Float { Float(random.next() >> 40) / 16_777_216 }
        weights = LanguageModelWeights(shape: shape, seed: seed)
        for place in weights.values.indices { weights.values[place] += 0.1 * uniform() - 0.05 }
        var facts = FactTable()
        for index in 0..<count {
            var row = FactRow()
            for kind in Self.kinds where uniform() > 0.2 || kind == .amount {
                if kind.form == .number {
                    row[number: kind.fact] = uniform() * 8
                } else {
                    row[code: kind.fact] = [7, 9, 11, 20][random.below(4)]
                }
            }
            let isFraud = index % 3 == 0
            row[number: .amount] = (isFraud ? 4.5 : 0) + uniform() * 4
            facts.append(row, label: isFraud ? 1 : 0)
        }
        matrix = TokenMatrix(facts: facts, rows: Array(0..<count), vocabulary: vocabulary)
    }

    var examples: [Int32] { (0..<matrix.count).map { Int32($0) } }

    /// The tokens of one example as the reference reads them.
    func tokens(_ example: Int) -> [Token] {
        (matrix.starts[example]..<matrix.starts[example + 1]).map { element in
            let row = Int(matrix.places[element])
            let entry = ModelPlaces(shape).entryOfRow[row]
            return Token(
                kind: matrix.vocabulary.entries[Int(entry)].kind.rawValue,
                index: UInt16(row - shape.rowOffsets[Int(entry)]), weight: matrix.weights[element])
        }
    }

    /// Loss of a job for given weights, and its gradient.
    func measure(
        _ weights: LanguageModelWeights, _ job: LanguageModelPass.Job, kernels: TrainingKernels = .best
    ) -> (loss: Double, gradient: [Float], losses: LanguageModelPass.Losses) {
        let run = GradientRun(shape, threads: 1, kernels: kernels)
        let losses = run.run(examples, of: matrix, job: job, weights: Self.memory(weights))
        let gradient = (0..<weights.values.count).map { run.gradient.base[$0] }
        return (Self.loss(losses, job), gradient, losses)
    }

    static func memory(_ weights: LanguageModelWeights) -> FloatMemory {
        let memory = FloatMemory(weights.values.count)
        for (place, value) in weights.values.enumerated() { memory.base[place] = value }
        return memory
    }

    static func loss(_ losses: LanguageModelPass.Losses, _ job: LanguageModelPass.Job) -> Double {
        losses.judging * Double(job.judging) + losses.reading * Double(job.reading)
    }
}
