import Descriptions
import Foundation
import RiskModels

/// What a model file says of itself, for people and for scripts.
struct ModelInspection: Encodable {
    struct KindPlaces: Encodable {
        var kind: String
        /// `edges` of a number or `categories`.
        var form: String
        var places: Int
    }

    struct Threshold: Encodable {
        var alertsPerDay: Double
        var probability: Double
    }

    struct Knot: Encodable {
        var logit: Double
        var logOdds: Double
    }

    struct Surprise: Encodable {
        var percentile: Double
        var bits: Double
    }

    var name: String
    var kind: String
    var sha256: String
    var bytes: Int
    /// Numbers of the brick's own tensors.
    var parameters: Int
    /// Width, layers, heads and the like, as in the file.
    var settings: [String: String]
    var labelDelayDays: Double
    var vocabulary: [KindPlaces]
    var training: TrainingFacts
    var calibration: [Knot]
    var transactionsPerDay: Double
    var thresholds: [Threshold]
    /// Bits of rarity at which percentiles begin, from the file's scale; empty for a model without one.
    var unusualness: [Surprise]
    var goldenDescriptions: Int

    init(contentsOf path: String) throws {
        let model = try ModelLoader.load(path).model
        name = model.name
        kind = model.kind.rawValue
        sha256 = model.sha256
        bytes = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
        let own = model.tensors.filter { !$0.key.hasPrefix("unusualness.") }
        parameters = own.values.reduce(0) { $0 + $1.shape.reduce(1, *) }
        settings = model.settings
        labelDelayDays = Double(model.history.labelDelaySeconds) / 86_400
        vocabulary = model.vocabulary.entries.map { entry in
            let form = entry.kind.form == .number ? "edges" : "categories"
            return KindPlaces(kind: entry.kind.name, form: form, places: entry.values.count)
        }
        training = model.training
        calibration = zip(model.calibration.logits, model.calibration.logOdds).map {
            Knot(logit: $0, logOdds: $1)
        }
        transactionsPerDay = model.distribution.transactionsPerDay
        let budgets = [1, 10, 100, 1000].filter { $0 < model.distribution.transactionsPerDay }
        thresholds = budgets.map {
            Threshold(alertsPerDay: $0, probability: model.distribution.threshold(alertsPerDay: $0))
        }
        unusualness = Self.surprises(model)
        goldenDescriptions = model.golden.probabilities.count
    }

    private static func surprises(_ model: ModelFile) -> [Surprise] {
        guard let bits = model.tensors["unusualness.bits"]?.doubles,
            let shares = model.tensors["unusualness.shares"]?.doubles
        else { return [] }
        return [0.5, 0.9, 0.99, 0.999, 0.9999].compactMap { percentile in
            shares.firstIndex { $0 >= percentile }.map { Surprise(percentile: percentile, bits: bits[$0]) }
        }
    }

    var text: String {
        let places = vocabulary.reduce(0) { $0 + $1.places }
        var lines = [
            "\(kind) \(name)", "SHA-256 \(sha256), \(Figure.count(Int64(bytes))) bytes",
            "\(Figure.count(Int64(parameters))) parameters"
                + settings.sorted { $0.key < $1.key }.map { ", \($0.key) \($0.value)" }.joined(),
            "trained on \(training.dataName) from \(training.trainedFrom.prefix(10)) to "
                + "\(training.trainedTo.prefix(10)): \(Figure.count(Int64(training.examples))) examples, "
                + "\(training.frauds) frauds, study \(training.study), seed \(training.seed)",
            "data SHA-256 \(training.dataSHA256)", "made by: \(training.command)",
            "labels known after \(Figure.fixed(labelDelayDays, 1)) days",
        ]
        lines += training.figures.sorted { $0.key < $1.key }.map {
            "  \($0.key) \(Figure.fixed($0.value, 4))"
        }
        lines.append("vocabulary: \(vocabulary.count) kinds, \(places) places")
        lines.append("  " + vocabulary.map { "\($0.kind) \($0.places)" }.joined(separator: ", "))
        if let first = calibration.first, let last = calibration.last {
            lines.append(
                "calibration: \(calibration.count) knots, logits \(Figure.fixed(first.logit, 2)) to "
                    + "\(Figure.fixed(last.logit, 2)) become log-odds \(Figure.fixed(first.logOdds, 2)) to "
                    + Figure.fixed(last.logOdds, 2))
        }
        lines.append(
            "thresholds at \(Figure.count(Int64(transactionsPerDay))) transactions a day: "
                + thresholds.map {
                    "\(Figure.fixed($0.alertsPerDay, 0)) a day from \(Figure.fixed($0.probability, 4))"
                }.joined(separator: ", "))
        if !unusualness.isEmpty {
            lines.append(
                "unusualness: "
                    + unusualness.map {
                        "\(Figure.fixed(100 * $0.percentile, 2)) % below \(Figure.fixed($0.bits, 1)) bits"
                    }.joined(separator: ", "))
        }
        lines.append("\(goldenDescriptions) golden descriptions")
        return lines.joined(separator: "\n")
    }
}
