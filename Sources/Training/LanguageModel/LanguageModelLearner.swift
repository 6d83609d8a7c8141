import Banking
import RiskModels

/// Trains the weights of a language model on described examples: reading, then judging.
///
/// The result is a function of matrix, options and start alone; threads, kernels and being killed and resumed
/// never change a bit.
struct LanguageModelLearner {
    /// What to learn from.
    struct Lesson {
        let matrix: TokenMatrix
        /// Rows to read without labels, and rows whose labels are learned.
        let reading: [Int32]
        let judging: [Int32]
    }

    /// Labelled examples that the lesson does not hold, for early stopping.
    struct Validation {
        let matrix: TokenMatrix
        /// All frauds and every n-th genuine row, and how many each genuine one stands for.
        let rows: [Int32]
        let genuineWeight: Double

        init(_ matrix: TokenMatrix, genuine largest: Int) {
            self.matrix = matrix
            let genuine = matrix.labels.reduce(0) { $0 + ($1 == 1 ? 0 : 1) }
            let stride = max(1, (genuine + max(1, largest) - 1) / max(1, largest))
            var (seen, taken): (Int, [Int32]) = (0, [])
            for row in 0..<matrix.count {
                let isTaken = matrix.labels[row] == 1 || seen % stride == 0
                if isTaken { taken.append(Int32(truncatingIfNeeded: row)) }
                if matrix.labels[row] != 1 { seen += 1 }
            }
            rows = taken
            genuineWeight = Double(stride)
        }
    }

    /// Where a training stands.
    struct Progress {
        var isJudging = false
        var step = 0
        var steps = 0
        /// Means since the last report: cross-entropy in nats, surprise in bits per phrase.
        var judging = 0.0
        var surpriseBits = 0.0
        var gradientNorm = 0.0
        var examplesPerSecond = 0.0
        var secondsLeft = 0.0
        /// Average precision on the validation rows, at a look.
        var averagePrecision: Double?
    }

    /// What came out.
    struct Fit {
        var weights: LanguageModelWeights
        /// Judging steps of these weights.
        var steps = 0
        /// The best look at the validation rows, of which these weights are at most `tie` short; −1 without.
        var averagePrecision = -1.0
    }

    let options: LanguageModelOptions
    var threads = 2
    var kernels = TrainingKernels.best
    /// File to go on from and to leave checkpoints in; `nil` for none.
    var checkpointPath: String?
    /// Of data, vocabulary and options: what a checkpoint must agree with.
    var identity = ""
    var stepsPerCheckpoint = 200
    /// Ends after so many steps of the whole training, its checkpoint left behind; for tests of resuming.
    var interruptedAfter: Int?

    init(options: LanguageModelOptions) { self.options = options }

    /// - Parameters:
    ///   - validation: `nil` keeps the last average.
    ///   - stop: judging steps after which to end, the schedule being that of all of them; `nil` for all.
    ///   - progress: every hundred steps and at each look.
    func fit(
        _ lesson: Lesson, validation: Validation?, start: LanguageModelWeights, stop: Int? = nil,
        progress: (Progress) -> Void = { _ in }
    ) throws(TrainingError) -> Fit {
        var state = State(
            start, vocabulary: lesson.matrix.vocabulary, options: options, threads: threads, kernels: kernels)
        if let checkpointPath, let found = TrainingCheckpoint(
            contentsOf: checkpointPath, identity: identity, parameterCount: start.values.count)
        {
            state.restore(found)
            state.isRestored = true
        }
        if state.mark.phase == 0 {
            try read(lesson, &state, progress)
            guard !state.isInterrupted else { return state.fit }
            guard options.judgingSteps > 0 else {
                state.keepAverage(measure: -1)
                return state.fit
            }
            state.optimiser.restart()
            state.mark.phase = 1
            state.mark.step = 0
        }
        try judge(
            lesson, validation, &state, last: min(stop ?? options.judgingSteps, options.judgingSteps),
            progress)
        return state.fit
    }

    // MARK: Phases

    private func read(
        _ lesson: Lesson, _ state: inout State, _ progress: (Progress) -> Void
    ) throws(TrainingError) {
        let schedule = LearningSchedule(options, steps: options.readingSteps)
        var order = ExampleOrder(seed: options.seed, always: [], thinned: lesson.reading, keep: 1)
        var clock = Pace(isJudging: false, steps: options.readingSteps, batch: options.batch)
        while state.mark.step < options.readingSteps, !lesson.reading.isEmpty {
            try advance(&state, &order, lesson, schedule, &clock, judging: false, offset: 0, progress)
            if state.isInterrupted { return }
        }
    }

    private func judge(
        _ lesson: Lesson, _ validation: Validation?, _ state: inout State, last: Int,
        _ progress: (Progress) -> Void
    ) throws(TrainingError) {
        let schedule = LearningSchedule(options, steps: options.judgingSteps)
        let frauds = lesson.judging.filter { lesson.matrix.labels[Int($0)] == 1 }
        let genuine = lesson.judging.filter { lesson.matrix.labels[Int($0)] != 1 }
        let keep = min(1, options.genuinePerFraud * Double(frauds.count) / Double(max(1, genuine.count)))
        var order = ExampleOrder(seed: options.seed &+ 1, always: frauds, thinned: genuine, keep: keep)
        let offset = Float(-ExactMath.log(keep))
        var clock = Pace(isJudging: true, steps: last, batch: options.batch)
        // A checkpoint is written before the look at its step, so one that was read there looks again.
        if let validation, state.isRestored, state.mark.step > 0,
            state.mark.step % options.evaluationInterval == 0 || state.mark.step == last
        {
            _ = look(validation, &state)
            if state.mark.looksWithoutGain >= options.patience { return }
        }
        while state.mark.step < last {
            try advance(&state, &order, lesson, schedule, &clock, judging: true, offset: offset, progress)
            if state.isInterrupted { return }
            if let validation,
                state.mark.step % options.evaluationInterval == 0 || state.mark.step == last
            {
                let measure = clock.pausing { look(validation, &state) }
                var report = clock.report(state.mark.step)
                report.averagePrecision = measure
                progress(report)
                if state.mark.looksWithoutGain >= options.patience { return }
            }
        }
        if validation == nil { state.keepAverage(measure: -1) }
    }

    /// One step of either phase, with its checkpoint and its report.
    private func advance(
        _ state: inout State, _ order: inout ExampleOrder, _ lesson: Lesson, _ schedule: LearningSchedule,
        _ clock: inout Pace, judging: Bool, offset: Float, _ progress: (Progress) -> Void
    ) throws(TrainingError) {
        let step = state.mark.step
        var random = SeededRandom(state: options.seed ^ UInt64(2 * step + (judging ? 1 : 0)))
        var matrix = lesson.matrix
        var batch = order.batch(step, size: options.batch)
        if judging, options.phraseDropout > 0 {
            matrix = matrix.taking(batch, without: options.phraseDropout, key: random.next())
            batch = batch.indices.map { Int32(truncatingIfNeeded: $0) }
        }
        let phrases = batch.reduce(0) { $0 + matrix.starts[Int($1) + 1] - matrix.starts[Int($1)] }
        let share = judging ? options.readingShare : 1
        var job = LanguageModelPass.Job()
        job.judging = judging ? 1 / Float(batch.count) : 0
        job.reading = share / Float(max(1, phrases))
        job.logitOffset = offset
        job.dropout = UInt32(max(0, min(0.9, options.dropout)) * 65_536)
        job.key = random.next()
        let losses = state.run.run(batch, of: matrix, job: job, weights: state.optimiser.weights)
        let norm = state.optimiser.advance(
            state.run.gradient, rate: schedule.rate(step), options: options, kernels: kernels)
        guard norm.isFinite else {
            throw TrainingError(
                .nothingToLearn, operation: "train language model",
                cause: "the gradient of step \(step) is not finite; lower the learning rate")
        }
        state.mark.step += 1
        state.stepsDone += 1
        clock.add(losses, norm: norm)
        if state.mark.step % 100 == 0 { progress(clock.takeReport(state.mark.step)) }
        state.isInterrupted = state.stepsDone == interruptedAfter
        if let checkpointPath, state.mark.step % stepsPerCheckpoint == 0 || state.isInterrupted {
            try state.checkpoint.write(to: checkpointPath, identity: identity)
        }
    }

    /// Average precision by which two looks at the validation period do not differ.
    ///
    /// Of such looks the last one counts: the step size falls until the end, and what a lucky look picks out
    /// halfway would end the final training before its weights have settled.
    static let tie = 0.001

    /// Measures the averaged weights and keeps them if none before were better.
    private func look(_ validation: Validation, _ state: inout State) -> Double {
        let logits = state.run.logits(
            validation.rows, of: validation.matrix, weights: state.optimiser.average)
        let labels = validation.rows.map { validation.matrix.labels[Int($0)] }
        let measure = Metrics.averagePrecision(logits, labels, genuineWeight: validation.genuineWeight)
        let best = state.mark.bestMeasure
        state.mark.looksWithoutGain = measure > best ? 0 : state.mark.looksWithoutGain + 1
        if measure > best - Self.tie { state.keepAverage(measure: max(measure, best)) }
        return measure
    }
}
