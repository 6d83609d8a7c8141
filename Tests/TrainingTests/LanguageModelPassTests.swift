import RiskModels
import Testing

@testable import Training

@Suite struct LanguageModelPassTests {
    private func job(judging: Float = 0.5, reading: Float = 0.1) -> LanguageModelPass.Job {
        var job = LanguageModelPass.Job()
        job.judging = judging
        job.reading = reading
        job.logitOffset = 0.7
        return job
    }

    /// Compares, tensor by tensor, the slope along the gradient and along a random direction with
    /// central differences of the loss.
    private func check(_ lesson: SmallLesson, _ job: LanguageModelPass.Job) {
        let pass = LanguageModelPass(lesson.shape)
        let packed = PackedMatrices(lesson.shape, pass.places)
        let weights = SmallLesson.memory(lesson.weights)
        let sums = FloatMemory(weights.count)
        func loss(_ gradient: UnsafeMutablePointer<Float>?) -> Double {
            packed.pack(weights.base)
            let losses = pass.run(
                lesson.examples[...], of: lesson.matrix, job: job, weights: weights.base, packed: packed,
                gradient: gradient)
            return SmallLesson.loss(losses, job)
        }
        _ = loss(sums.base)
        let gradient = (0..<weights.count).map { sums.base[$0] }
        var random = SeededRandom(state: 17)
        for part in lesson.shape.parts {
            guard let place = lesson.shape.places[part] else { continue }
            let along = place.map { Double(gradient[$0]) }
            let length = along.reduce(0) { $0 + $1 * $1 }.squareRoot()
            let directions = [
                along.map { length > 0 ? $0 / length : 0 },
                place.map { _ in Double(random.below(3) - 1) / Double(place.count).squareRoot() },
            ]
            for direction in directions {
                let slope = zip(along, direction).reduce(0) { $0 + $1.0 * $1.1 }
                let size = 0.01
                func lossMoved(_ distance: Double) -> Double {
                    for (index, weight) in place.enumerated() {
                        weights.base[weight] =
                            lesson.weights.values[weight] + Float(distance * direction[index])
                    }
                    return loss(nil)
                }
                let difference = (lossMoved(size) - lossMoved(-size)) / (2 * size)
                _ = lossMoved(0)
                let name = LanguageModelShape.name(of: part)
                #expect(
                    abs(difference - slope) < 2e-4 + 0.01 * abs(slope), "\(name): \(difference), \(slope)")
            }
        }
    }

    @Test(arguments: [(true, 1), (false, 1), (true, 3), (false, 2)])
    func `the gradient of every tensor agrees with central differences`(isCausal: Bool, queries: Int) throws {
        print("seed 3")
        check(try SmallLesson(seed: 3, isCausal: isCausal, queries: queries), job())
    }

    @Test func `the gradient agrees with central differences under dropout`() throws {
        print("seed 4")
        var dropping = job()
        dropping.dropout = 13_107
        dropping.key = 99
        check(try SmallLesson(seed: 4), dropping)
    }

    @Test func `reading alone and judging alone have their own gradients`() throws {
        print("seed 5")
        let lesson = try SmallLesson(seed: 5, layers: 1, heads: 2)
        check(lesson, job(judging: 0))
        check(lesson, job(reading: 0))
    }

    @Test(arguments: [(true, 1, 64), (false, 3, 64), (true, 2, 128)])
    func `log-odds and surprise are those of the reference`(
        isCausal: Bool, queries: Int, width: Int
    ) throws {
        print("seed 6")
        let lesson = try SmallLesson(seed: 6, width: width, isCausal: isCausal, queries: queries)
        let memory = SmallLesson.memory(lesson.weights)
        let run = GradientRun(lesson.shape, threads: 1)
        let logits = run.logits(lesson.examples, of: lesson.matrix, weights: memory)
        let losses = lesson.measure(lesson.weights, job()).losses
        let reference = LanguageModelReference(lesson.weights)
        var bits = 0.0
        for example in 0..<lesson.matrix.count {
            let reading = reference.read(lesson.tokens(example)[...])
            #expect(abs(Double(reading.logit) - logits[example]) < 1e-4)
            bits += reading.surprises.reduce(0) { $0 + Double($1) }
        }
        #expect(abs(losses.reading / 0.693_147_180_559_945_3 - bits) < 1e-3 * bits)
    }

    @Test func `all sets of kernels give the same bits`() throws {
        print("seed 7")
        let lesson = try SmallLesson(seed: 7, count: 3, layers: 1)
        var dropping = job()
        dropping.dropout = 6_554
        let first = lesson.measure(lesson.weights, dropping).gradient.map(\.bitPattern)
        for kernels in TrainingKernels.all {
            let other = lesson.measure(lesson.weights, dropping, kernels: kernels).gradient
            #expect(other.map(\.bitPattern) == first, "\(kernels.name)")
        }
        #expect(TrainingKernels.all.count > 1 || TrainingKernels.best.name == "portable")
    }

    @Test func `the number of threads changes no bit`() throws {
        print("seed 8")
        let lesson = try SmallLesson(seed: 8, count: 23)
        let memory = SmallLesson.memory(lesson.weights)
        let gradients = [1, 2, 4].map { threads in
            let run = GradientRun(lesson.shape, threads: threads)
            _ = run.run(lesson.examples, of: lesson.matrix, job: job(), weights: memory)
            return (0..<memory.count).map { run.gradient.base[$0].bitPattern }
        }
        #expect(gradients[0] == gradients[1])
        #expect(gradients[0] == gradients[2])
        #expect(gradients[0].contains { $0 != 0 })
    }
}
