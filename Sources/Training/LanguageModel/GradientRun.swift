import Foundation
import RiskModels

/// Gradients of a batch over several threads.
///
/// A batch is cut into a fixed number of chunks whatever the threads; each chunk adds up its own gradient and
/// these are added in order, so the number of threads never changes a bit.
final class GradientRun {
    static let chunks = 4

    let shape: LanguageModelShape
    let packed: PackedMatrices
    /// The gradient of the last batch.
    let gradient: FloatMemory
    private let threads: Int
    private let passes: [LanguageModelPass]
    private let chunkGradients: [FloatMemory]

    /// - Parameter threads: 1 to `chunks`.
    init(_ shape: LanguageModelShape, threads: Int, kernels: TrainingKernels = .best) {
        self.shape = shape
        self.threads = min(max(1, threads), Self.chunks)
        packed = PackedMatrices(shape, ModelPlaces(shape))
        gradient = FloatMemory(shape.parameterCount)
        passes = (0..<self.threads).map { _ in LanguageModelPass(shape, kernels: kernels) }
        chunkGradients = (0..<Self.chunks).map { _ in FloatMemory(shape.parameterCount) }
    }

    /// Losses and `gradient` of a batch.
    func run(
        _ examples: [Int32], of matrix: TokenMatrix, job: LanguageModelPass.Job, weights: FloatMemory
    ) -> LanguageModelPass.Losses {
        packed.pack(weights.base)
        let parts = each(examples.count) { pass, chunk, range in
            let sum = self.chunkGradients[chunk]
            sum.clear(self.shape.parameterCount)
            return pass.run(
                examples[range], of: matrix, job: job, weights: weights.base, packed: self.packed,
                gradient: sum.base)
        }
        for i in 0..<shape.parameterCount {
            gradient.base[i] =
                (chunkGradients[0].base[i] + chunkGradients[1].base[i])
                + (chunkGradients[2].base[i] + chunkGradients[3].base[i])
        }
        return parts.reduce(into: LanguageModelPass.Losses()) { sum, part in
            sum.judging += part.judging
            sum.reading += part.reading
            sum.phrases += part.phrases
        }
    }

    /// Log-odds of examples, without a gradient.
    func logits(_ examples: [Int32], of matrix: TokenMatrix, weights: FloatMemory) -> [Double] {
        packed.pack(weights.base)
        var result = [Double](repeating: 0, count: examples.count)
        result.withUnsafeMutableBufferPointer { target in
            // SAFETY: every chunk writes its own places, and `each` returns after all of them.
            nonisolated(unsafe) let target = target
            _ = each(examples.count) { pass, _, range in
                pass.run(
                    examples[range], of: matrix, job: LanguageModelPass.Job(), weights: weights.base,
                    packed: self.packed, gradient: nil
                ) { target[$0] = Double($1) }
            }
        }
        return result
    }

    /// Runs the chunks of `count` examples on the threads and returns the losses by chunk.
    private func each(
        _ count: Int,
        _ body: (LanguageModelPass, Int, Range<Int>) -> LanguageModelPass.Losses
    ) -> [LanguageModelPass.Losses] {
        var losses = [LanguageModelPass.Losses](repeating: .init(), count: Self.chunks)
        withoutActuallyEscaping(body) { body in
            losses.withUnsafeMutableBufferPointer { target in
                // SAFETY: a chunk belongs to one thread, and so does that thread's pass.
                nonisolated(unsafe) let (target, body, this) = (target, body, self)
                let work: @Sendable (Int) -> Void = { thread in
                    for chunk in stride(from: thread, to: Self.chunks, by: this.threads) {
                        let range = chunk * count / Self.chunks..<(chunk + 1) * count / Self.chunks
                        target[chunk] = body(this.passes[thread], chunk, range)
                    }
                }
                if threads == 1 {
                    work(0)
                } else {
                    DispatchQueue.concurrentPerform(iterations: threads, execute: work)
                }
            }
        }
        return losses
    }
}
