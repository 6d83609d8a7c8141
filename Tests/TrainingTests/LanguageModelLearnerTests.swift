import Foundation
import RiskModels
import Testing

@testable import Training

@Suite struct LanguageModelLearnerTests {
    private func options() -> LanguageModelOptions {
        var options = LanguageModelOptions()
        options.layers = 1
        options.batch = 16
        options.readingSteps = 6
        options.judgingSteps = 12
        options.genuinePerFraud = 1
        options.evaluationInterval = 4
        return options
    }

    private func lesson(_ small: SmallLesson) -> LanguageModelLearner.Lesson {
        LanguageModelLearner.Lesson(matrix: small.matrix, reading: small.examples, judging: small.examples)
    }

    private func checkpointPath() -> String {
        FileManager.default.temporaryDirectory.appending(path: "vigie-\(UUID().uuidString)").path
    }

    @Test func `judging learns what reading alone cannot know`() throws {
        print("seed 11")
        let small = try SmallLesson(seed: 11, count: 60, layers: 1)
        var longer = options()
        longer.judgingSteps = 60
        longer.learningRate = 0.01
        longer.genuinePerFraud = 2
        longer.patience = 20
        let validation = LanguageModelLearner.Validation(small.matrix, genuine: 1_000)
        let fit = try LanguageModelLearner(options: longer).fit(
            lesson(small), validation: validation, start: small.weights)
        #expect(fit.averagePrecision > 0.95)
        // It is as good long before: of looks that do not differ the last one counts.
        #expect(fit.steps == 60)
        longer.judgingSteps = 40
        let shorter = try LanguageModelLearner(options: longer).fit(
            lesson(small), validation: validation, start: small.weights)
        #expect(fit.averagePrecision - shorter.averagePrecision < LanguageModelLearner.tie)
    }

    @Test(arguments: [3, 6, 9, 10, 14, 18])
    func `a training that was killed and resumed gives the same bits`(stepsBeforeKill: Int) throws {
        print("seed 12")
        let small = try SmallLesson(seed: 12, count: 40, layers: 1)
        let validation = LanguageModelLearner.Validation(small.matrix, genuine: 1_000)
        let whole = try LanguageModelLearner(options: options()).fit(
            lesson(small), validation: validation, start: small.weights)
        var learner = LanguageModelLearner(options: options())
        learner.checkpointPath = checkpointPath()
        learner.identity = "same"
        learner.threads = 1
        learner.interruptedAfter = stepsBeforeKill
        _ = try learner.fit(lesson(small), validation: validation, start: small.weights)
        learner.interruptedAfter = nil
        let resumed = try learner.fit(lesson(small), validation: validation, start: small.weights)
        #expect(resumed.weights == whole.weights)
        #expect(resumed.steps == whole.steps)
        #expect(resumed.averagePrecision == whole.averagePrecision)
        try FileManager.default.removeItem(atPath: learner.checkpointPath ?? "")
    }

    @Test func `a checkpoint of another training, a cut one and a flipped one are not used`() throws {
        var checkpoint = TrainingCheckpoint()
        checkpoint.step = 7
        checkpoint.tensors = Array(repeating: [1, 2, 3], count: 5)
        let path = checkpointPath()
        try checkpoint.write(to: path, identity: "mine")
        func read(_ identity: String) -> TrainingCheckpoint? {
            TrainingCheckpoint(contentsOf: path, identity: identity, parameterCount: 3)
        }
        #expect(read("mine") == checkpoint)
        #expect(read("other") == nil)
        let bytes = try Data(contentsOf: URL(filePath: path))
        try bytes.dropLast(2).write(to: URL(filePath: path))
        #expect(read("mine") == nil)
        var flipped = bytes
        flipped[bytes.count - 9] ^= 4
        try flipped.write(to: URL(filePath: path))
        #expect(read("mine") == nil)
        try FileManager.default.removeItem(atPath: path)
    }

    @Test func `every epoch has all frauds once and other genuine examples`() {
        print("seed 13")
        let frauds: [Int32] = [100, 101, 102]
        var order = ExampleOrder(seed: 13, always: frauds, thinned: Array(0..<50), keep: 0.2)
        #expect(order.epochSize == 13)
        let first = order.batch(0, size: 13)
        let second = order.batch(1, size: 13)
        #expect(Set(first).count == 13)
        #expect(Set(first).isSuperset(of: frauds))
        #expect(Set(second).isSuperset(of: frauds))
        #expect(first != second)
        var again = ExampleOrder(seed: 13, always: frauds, thinned: Array(0..<50), keep: 0.2)
        #expect(again.batch(1, size: 13) == second)
    }

    @Test func `values of a numeric kind draw near their neighbours, categories do not`() throws {
        print("seed 14")
        let small = try SmallLesson(seed: 14, layers: 1)
        func afterAStep(smoothness: Float) -> LanguageModelWeights {
            var options = options()
            options.smoothness = smoothness
            var optimiser = AdamW(small.weights, vocabulary: small.matrix.vocabulary, options: options)
            let still = FloatMemory(small.weights.values.count)
            _ = optimiser.advance(still, rate: 0.01, options: options, kernels: .best)
            let moved = UnsafeBufferPointer(start: optimiser.weights.base, count: optimiser.weights.count)
            return LanguageModelWeights(shape: small.shape, values: Array(moved))
        }
        let (before, after) = (small.weights[.values], afterAStep(smoothness: 10)[.values])
        #expect(afterAStep(smoothness: 0)[.values] == before)
        let width = small.shape.width
        for (entry, first) in zip(small.matrix.vocabulary.entries, small.shape.rowOffsets) {
            let count = entry.values.count
            for place in 0..<count * width {
                let (value, i) = place.quotientAndRemainder(dividingBy: width)
                func number(_ value: Int) -> Float { before[before.startIndex + (first + value) * width + i] }
                let own = number(value)
                let left = value > 0 ? number(value - 1) : own
                let right = value + 1 < count ? number(value + 1) : own
                let drawn = entry.kind.form == .number ? own + 0.1 * ((left - own) + (right - own)) : own
                #expect(abs(after[after.startIndex + first * width + place] - drawn) < 1e-6)
            }
        }
    }

    @Test func `the step size rises in a line and falls along a cosine`() {
        var options = LanguageModelOptions()
        options.learningRate = 1
        options.warmUpShare = 0.1
        let schedule = LearningSchedule(options, steps: 100)
        #expect(schedule.rate(0) == 0.1)
        #expect(schedule.rate(9) == 1)
        #expect(abs(schedule.rate(55) - 0.525) < 1e-6)
        #expect(abs(schedule.rate(100) - 0.05) < 1e-6)
    }

    @Test func `a weighted average precision is that of the repeated examples`() {
        let scores = [0.9, 0.8, 0.8, 0.4, 0.2]
        let labels: [UInt8] = [1, 0, 1, 0, 1]
        let repeatedScores = [0.9, 0.8, 0.8, 0.8, 0.8, 0.4, 0.4, 0.4, 0.2]
        let repeatedLabels: [UInt8] = [1, 0, 0, 0, 1, 0, 0, 0, 1]
        let weighted = Metrics.averagePrecision(scores, labels, genuineWeight: 3)
        #expect(abs(weighted - Metrics.averagePrecision(repeatedScores, repeatedLabels)) < 1e-12)
    }
}
