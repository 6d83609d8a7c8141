import Descriptions
import Foundation
import Synchronization
import Testing

@testable import RiskModels

/// Promise 3: the same bits for any batch, order, split, thread and CPU path.
@Suite struct LanguageModelBitsTests {
    typealias Examples = LanguageModelExamples

    /// What a description got: log-odds and surprise, as bits.
    private struct Bits: Equatable {
        var logit: UInt64
        var surprise: UInt64
    }

    private func bits(_ brick: LanguageModel, _ descriptions: [[Token]]) -> [Bits] {
        let reader = brick.reader(measuresSurprise: true)
        let batch = Examples.batch(descriptions)
        return zip(reader.logits(of: batch), reader.surprises(of: batch)).map {
            Bits(logit: $0.bitPattern, surprise: $1.bitPattern)
        }
    }

    @Test(arguments: 0..<4)
    func `any batch, order, split, thread and CPU path gives the same bits`(trial: Int) throws {
        let seed = UInt64.random(in: 0..<1 << 62)
        var random = SplitMix64(state: seed)
        let isCausal = random.next() % 2 == 0
        let blocks = 1 + Int(random.next() % 2)
        let weights = try #require(
            try Examples.weights(
                width: 64 * blocks, layers: 1 + Int(random.next() % 3),
                heads: blocks << Int(random.next() % 3),
                isCausal: isCausal, queries: 1 + Int(random.next() % 3), seed: random.next()))
        let model = try #require(try Examples.model(weights))
        let descriptions = try (0..<14).map { place in
            try Examples.description(&random, longest: place == 0 ? 0 : Int(random.next() % 20))
        }
        let twin: KernelSet = try #require(KernelSet.all.last)
        let scalar = try LanguageModel(model, kernels: twin)
        // One at a time on the scalar path is the truth.
        let truth = descriptions.flatMap { bits(scalar, [$0]) }
        for kernels in KernelSet.all {
            let brick = try LanguageModel(model, kernels: kernels)
            #expect(bits(brick, descriptions) == truth, "\(kernels.name), whole, seed \(seed)")
            let order = Array(0..<descriptions.count).shuffled(using: &random)
            let cuts = [0] + (0..<3).map { _ in Int(random.next() % 14) }.sorted() + [14]
            for (from, to) in zip(cuts, cuts.dropFirst()) {
                let part = Array(order[from..<to])
                #expect(
                    bits(brick, part.map { descriptions[$0] }) == part.map { truth[$0] },
                    "\(kernels.name), \(part), seed \(seed)")
            }
            let threads = Threads(count: 3)
            let found = threads.run { bits(brick, descriptions) }
            for result in found { #expect(result == truth, "\(kernels.name), threads, seed \(seed)") }
        }
    }

    @Test func `a reader that is used again remembers nothing`() throws {
        var random = SplitMix64(state: 4)
        let weights = try #require(try Examples.weights(seed: 6))
        let brick = try LanguageModel(try #require(try Examples.model(weights)))
        let reader = brick.reader(measuresSurprise: true)
        let descriptions = try (0..<20).map { _ in try Examples.description(&random) }
        let first = reader.logits(of: Examples.batch(descriptions))
        _ = reader.logits(of: Examples.batch(descriptions.reversed()))
        #expect(reader.logits(of: Examples.batch(descriptions)) == first)
    }

    @Test func `rows that were not asked for are left alone`() throws {
        var random = SplitMix64(state: 4)
        let weights = try #require(try Examples.weights(seed: 6))
        let brick = try LanguageModel(try #require(try Examples.model(weights)))
        let descriptions = try (0..<9).map { _ in try Examples.description(&random) }
        let all = ModelLoader.assess(descriptions, with: brick)
        var some = [Assessment](repeating: Assessment(probability: -1), count: 9)
        let reader = brick.makeReader(largestBatch: 2)
        some.withUnsafeMutableBufferPointer { target in
            [Int32(2), 7].withUnsafeBufferPointer {
                reader.read(Examples.batch(descriptions), rows: $0, into: target)
            }
        }
        for place in 0..<9 {
            #expect(some[place].probability == ([2, 7].contains(place) ? all[place].probability : -1))
        }
    }

    /// Runs the same work on several threads at once.
    private struct Threads {
        let count: Int

        func run<Result: Sendable>(_ work: @Sendable () -> Result) -> [Result] {
            let results = Mutex<[Result]>([])
            DispatchQueue.concurrentPerform(iterations: count) { _ in
                let result = work()
                results.withLock { $0.append(result) }
            }
            return results.withLock { $0 }
        }
    }
}
