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

    /// - Parameters:
    ///   - width, batch: only the standard configurations of that width and batch; `nil` for all.
    ///   - time: how long to measure each.
    /// - Throws: when `VIGIE_CPU` names kernels that this CPU cannot run.
    init(width: Int?, batch: Int?, time: Duration) throws {
        let chosen = try KernelSet.chosen(environment: ProcessInfo.processInfo.environment)
        let wanted = LanguageModelBench.Configuration.standard.filter {
            $0.width == width ?? $0.width && $0.batch == batch ?? $0.batch
        }
        let results = wanted.compactMap { LanguageModelBench.run($0, kernels: chosen, time: time) }
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

    /// Writes `width-layers.model.safetensors` and `width-layers.reference.safetensors` for each standard
    /// size, with as many descriptions as the largest batch.
    static func export(to folder: String) throws {
        let kernels = try KernelSet.chosen(environment: ProcessInfo.processInfo.environment)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let standard = LanguageModelBench.Configuration.standard
        let largest = standard.map(\.batch).max()
        for one in standard where one.batch == largest {
            guard var export = try LanguageModelBench.export(one, kernels: kernels) else { continue }
            let stem = "\(folder)/\(one.width)-\(one.layers)"
            try export.model.write(to: stem + ".model.safetensors")
            try export.reference.write(to: stem + ".reference.safetensors")
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
