import CKernels
import Descriptions

/// How fast the engine reads, against what the multipliers of the same core can do in the same run.
public enum LanguageModelBench {
    /// One configuration.
    public struct Configuration: Sendable, Equatable {
        public var width: Int
        public var layers: Int
        public var heads: Int
        /// Phrases of a description; one query comes on top.
        public var tokens: Int
        /// Descriptions handed to the reader at once.
        public var batch: Int
        /// Whether the phrases of the transaction at hand are foreseen too.
        public var measuresSurprise: Bool

        public init(
            width: Int, layers: Int, heads: Int, tokens: Int = 32, batch: Int,
            measuresSurprise: Bool = false
        ) {
            self.width = width
            self.layers = layers
            self.heads = heads
            self.tokens = tokens
            self.batch = batch
            self.measuresSurprise = measuresSurprise
        }

        /// The sizes that the project states its speed for.
        public static let standard: [Configuration] = [(64, 2, 4), (128, 4, 4)].flatMap {
            width, layers, heads in
            [1, 8, 64].map { Configuration(width: width, layers: layers, heads: heads, batch: $0) }
        }
    }

    public struct Result: Sendable {
        public var configuration: Configuration
        /// Name of the instruction set.
        public var kernels: String
        /// Wall time of the fastest of many batches, per transaction, one thread.
        public var microsecondsPerTransaction: Double
        /// The same of the median batch.
        public var medianMicroseconds: Double
        /// int8 multiply-adds that were due, counted as two operations, over `peakOperationsPerSecond`. Work
        /// that the engine leaves out is not counted, nor is what it does in float32.
        public var fractionOfPeak: Double
        /// Of int8 multiply-adds in registers, on the same core, just before and after.
        public var peakOperationsPerSecond: Double
        /// Sum of the log-odds' bits: the same on every CPU.
        public var resultHash: UInt64
    }

    /// Measures one configuration on random weights and descriptions.
    /// - Parameter time: how long to measure.
    /// - Returns: `nil` for sizes that the engine does not serve.
    public static func run(
        _ configuration: Configuration, kernels: KernelSet, time: Duration = .milliseconds(400)
    ) -> Result? {
        guard let vocabulary = vocabulary(), let weights = weights(configuration, vocabulary) else {
            return nil
        }
        let packed = PackedLanguageModel(weights, kernels: kernels)
        let reader = LanguageModelReader(packed, measuresSurprise: configuration.measuresSurprise)
        var batch = DescriptionBatch()
        for description in descriptions(configuration, vocabulary) {
            for token in description { batch.append(token) }
            batch.endRow()
        }
        let clock = ContinuousClock()
        var peak = peakOperationsPerSecond(kernels)
        var hash: UInt64 = 0
        for logit in reader.logits(of: batch) { hash = (hash &* 31) &+ logit.bitPattern }
        var seconds: [Double] = []
        let end = clock.now + time
        repeat {
            let start = clock.now
            reader.read(batch) { _, _, _ in }
            seconds.append((clock.now - start) / .seconds(1))
        } while clock.now < end || seconds.count < 5
        peak = max(peak, peakOperationsPerSecond(kernels))
        seconds.sort()
        let perTransaction = seconds[0] / Double(configuration.batch)
        return Result(
            configuration: configuration, kernels: kernels.name,
            microsecondsPerTransaction: perTransaction * 1e6,
            medianMicroseconds: seconds[seconds.count / 2] / Double(configuration.batch) * 1e6,
            fractionOfPeak: operations(configuration) / perTransaction / peak,
            peakOperationsPerSecond: peak,
            resultHash: hash)
    }

    /// int8 operations of matrices due per description: 12 d² multiply-adds per row and layer, but in the
    /// first layer 9 d² (its queries, keys and values come from the table), and in the last one 10 d² for the
    /// query alone. For surprise come keys and values of the last layer (2 d² for all rows) and 11 d² for the
    /// phrases from the one before the first *now* phrase on, but the last. Attention is not counted.
    static func operations(_ configuration: Configuration) -> Double {
        let d = Double(configuration.width)
        let rows = Double(configuration.tokens + 1)
        var squares = 10.0
        if configuration.layers > 1 { squares += rows * Double(12 * (configuration.layers - 1) - 3) }
        if configuration.measuresSurprise {
            let wanted = configuration.tokens - 1 - max(0, firstNow(configuration) - 1)
            squares += 2 * rows + 11 * Double(wanted)
        }
        return 2 * d * d * squares
    }

    /// Place of the first phrase of the transaction at hand.
    private static func firstNow(_ configuration: Configuration) -> Int {
        let kinds = Kind.allCases.filter { $0.form == .number }
        return (0..<configuration.tokens).first { kinds[$0 % kinds.count].isNow } ?? configuration.tokens
    }

    /// int8 operations (two per multiply-add) that the kernels' own instruction reaches from registers.
    public static func peakOperationsPerSecond(_ kernels: KernelSet) -> Double {
        let clock = ContinuousClock()
        var best = 0.0
        for _ in 0..<8 {
            var count: Int64 = 0
            let start = clock.now
            count = kernels.table.pointee.peak_u8s8(kernels.name == "scalar" ? 2_000 : 200_000)
            best = max(best, 2 * Double(count) / ((clock.now - start) / .seconds(1)))
        }
        return best
    }

    /// Every numeric kind with 40 edges.
    static func vocabulary() -> Vocabulary? {
        let entries = Kind.allCases.filter { $0.form == .number }.map {
            Vocabulary.Entry(kind: $0, values: .edges((0..<40).map(Float.init)))
        }
        return try? Vocabulary(entries: entries)
    }
}
