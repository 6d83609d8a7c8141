import Descriptions
import RiskModels

extension LanguageModelLearner {
    /// A training in progress.
    struct State {
        var optimiser: AdamW
        let run: GradientRun
        /// Phase, step and best measure; its tensors are only filled for a file.
        var mark = TrainingCheckpoint()
        var best: [Float]
        var stepsDone = 0
        var isInterrupted = false
        var isRestored = false

        init(
            _ start: LanguageModelWeights, vocabulary: Vocabulary, options: LanguageModelOptions,
            threads: Int, kernels: TrainingKernels
        ) {
            optimiser = AdamW(start, vocabulary: vocabulary, options: options)
            run = GradientRun(start.shape, threads: threads, kernels: kernels)
            best = start.values
        }

        mutating func keepAverage(measure: Double) {
            best = optimiser.averaged.values
            mark.bestMeasure = measure
            mark.bestStep = mark.step
        }

        var fit: Fit {
            Fit(
                weights: LanguageModelWeights(shape: optimiser.shape, values: best), steps: mark.bestStep,
                averagePrecision: mark.bestMeasure)
        }

        /// All of it, for a file.
        var checkpoint: TrainingCheckpoint {
            var result = mark
            result.tensors =
                [optimiser.weights, optimiser.moment1, optimiser.moment2, optimiser.average].map {
                    Array(UnsafeBufferPointer(start: $0.base, count: $0.count))
                } + [best]
            return result
        }

        /// Goes on from a file.
        mutating func restore(_ found: TrainingCheckpoint) {
            let targets = [optimiser.weights, optimiser.moment1, optimiser.moment2, optimiser.average]
            for (memory, tensor) in zip(targets, found.tensors) {
                for (place, value) in tensor.enumerated() { memory.base[place] = value }
            }
            best = found.tensors[4]
            optimiser.step = found.step
            mark = found
            mark.tensors = []
        }
    }

    /// Means and speed since the last report.
    struct Pace {
        let isJudging: Bool
        let steps: Int
        let batch: Int
        private var losses = LanguageModelPass.Losses()
        private var norm = 0.0
        private var count = 0
        private var started = ContinuousClock.now
        private var last = Progress()

        init(isJudging: Bool, steps: Int, batch: Int) {
            self.isJudging = isJudging
            self.steps = steps
            self.batch = batch
        }

        mutating func add(_ losses: LanguageModelPass.Losses, norm: Double) {
            self.losses.judging += losses.judging
            self.losses.reading += losses.reading
            self.losses.phrases += losses.phrases
            self.norm += norm
            count += 1
        }

        /// The means since the last call, which start anew.
        mutating func takeReport(_ step: Int) -> Progress {
            let seconds = max(1e-9, (ContinuousClock.now - started) / .seconds(1))
            let examples = Double(count * batch)
            last = Progress(
                isJudging: isJudging, step: step, steps: steps,
                judging: losses.judging / max(1, examples),
                surpriseBits: losses.reading / Double(max(1, losses.phrases)) / 0.693_147_180_559_945_3,
                gradientNorm: norm / Double(max(1, count)), examplesPerSecond: examples / seconds,
                secondsLeft: Double(steps - step) * seconds / Double(max(1, count)))
            losses = LanguageModelPass.Losses()
            (norm, count, started) = (0, 0, ContinuousClock.now)
            return last
        }

        /// The last report at another step.
        func report(_ step: Int) -> Progress {
            var result = last
            result.step = step
            (result.isJudging, result.steps) = (isJudging, steps)
            return result
        }

        /// Does something whose time does not count.
        mutating func pausing<Result>(_ body: () -> Result) -> Result {
            let before = ContinuousClock.now
            defer { started += ContinuousClock.now - before }
            return body()
        }
    }
}
