import Foundation
import RiskModels

/// The language model's engine on random weights and 32-phrase descriptions, one thread.
struct ModelBench: Encodable {
    var benchmark = "model"
    var machine = BenchReport.Machine()
    var command = CommandLine.arguments.dropFirst().joined(separator: " ")
    var kernels: String
    var peakGigaoperationsPerSecond: Double
    var configurations: [Configuration]

    struct Configuration: Encodable {
        var width: Int
        var layers: Int
        var tokens: Int
        var batch: Int
        var microsecondsPerTransaction: Double
        var medianMicroseconds: Double
        var fractionOfInt8Peak: Double
        var resultHash: String
    }

    /// - Throws: when `VIGIE_CPU` names kernels that this CPU cannot run.
    init() throws {
        let chosen = try KernelSet.chosen(environment: ProcessInfo.processInfo.environment)
        let results = LanguageModelBench.Configuration.standard.compactMap {
            LanguageModelBench.run($0, kernels: chosen)
        }
        kernels = chosen.name
        peakGigaoperationsPerSecond = (results.map(\.peakOperationsPerSecond).max() ?? 0) / 1e9
        configurations = results.map { result in
            Configuration(
                width: result.configuration.width, layers: result.configuration.layers,
                tokens: result.configuration.tokens, batch: result.configuration.batch,
                microsecondsPerTransaction: result.microsecondsPerTransaction,
                medianMicroseconds: result.medianMicroseconds, fractionOfInt8Peak: result.fractionOfPeak,
                resultHash: String(result.resultHash, radix: 16))
        }
    }

    var text: String {
        let lines = configurations.map { one in
            "model: width \(one.width), \(one.layers) layers, \(one.tokens) phrases, batch \(one.batch): "
                + "\(Figure.fixed(one.microsecondsPerTransaction, 1)) µs a transaction (median "
                + "\(Figure.fixed(one.medianMicroseconds, 1))), "
                + "\(Figure.fixed(one.fractionOfInt8Peak, 2)) of int8 peak, hash \(one.resultHash)"
        }
        let head = "model: \(kernels), peak \(Figure.fixed(peakGigaoperationsPerSecond, 0)) Gop/s in int8"
        return ([head] + lines).joined(separator: "\n")
    }
}
