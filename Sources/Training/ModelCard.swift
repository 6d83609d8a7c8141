import Banking
import Descriptions
import Foundation
import RiskModels

/// The model's papers, written beside its file: `MODEL.md`, `MODEL.json`, `MODEL.reliability.svg` and
/// `MODEL.precision-recall.svg`.
public struct ModelCard: Codable, Sendable {
    public var model: String
    public var kind: String
    public var sha256: String
    public var training: TrainingFacts
    public var report: TrainingReport?
    public var evaluation: Evaluation
    /// The places with the most points of each kind that has any, strongest kind first.
    public var topPoints: [KindPoints]

    /// What one kind weighs.
    public struct KindPoints: Codable, Sendable {
        public var kind: String
        /// Highest less lowest log-odds of the kind's places.
        public var span: Double
        /// The value of the strongest place, in the fact's own unit or code.
        public var strongest: String
        public var logOdds: Double
    }

    /// Evaluates the model and writes everything.
    /// - Parameters:
    ///   - path: of the model file; the papers take its name without its ending.
    /// - Returns: the evaluation on the test period.
    /// - Throws: `TrainingError`.
    @discardableResult
    public static func write(
        for model: ModelFile, report: TrainingReport?, study: Study, dataFolder: String,
        besides path: String,
        progress: (String) -> Void = { _ in }
    ) throws(TrainingError) -> Evaluation {
        let measured = try Evaluator.measure(
            model, study: study, dataFolder: dataFolder, progress: progress)
        let points: [KindPoints]
        do {
            points = model.kind == .scorecard ? topPoints(of: try Scorecard(model)) : []
        } catch {
            throw TrainingError(.badModel, operation: "write model card", cause: "\(error)")
        }
        let card = ModelCard(
            model: model.name, kind: model.kind.rawValue, sha256: model.sha256, training: model.training,
            report: report, evaluation: measured.evaluation, topPoints: points)
        let base = URL(filePath: path).deletingPathExtension()
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            try encoder.encode(card).write(to: base.appendingPathExtension("json"), options: .atomic)
            let texts = [
                "md": card.markdown(base: base.lastPathComponent),
                "reliability.svg": reliability(measured.evaluation).svg,
                "precision-recall.svg": precisionRecall(measured.scored, measured.evaluation).svg,
            ]
            for (ending, text) in texts.sorted(by: { $0.key < $1.key }) {
                try Data(text.utf8).write(to: base.appendingPathExtension(ending), options: .atomic)
            }
        } catch {
            throw TrainingError(
                .unwritable, operation: "write model card", cause: error.localizedDescription)
        }
        return measured.evaluation
    }

    // MARK: Plots

    /// Forecast against outcome on logarithmic axes: fraud is rare.
    static func reliability(_ evaluation: Evaluation) -> ScalableVectorPlot {
        func place(_ share: Double) -> Double { ExactMath.log(max(share, 1e-4)) / ExactMath.log(10) }
        let ticks: [(value: Double, text: String)] = [
            (-4, "0.01 %"), (-3, "0.1 %"), (-2, "1 %"), (-1, "10 %"), (0, "100 %"),
        ]
        let bins = evaluation.calibration.map { (x: place($0.meanProbability), y: place($0.fraudShare)) }
        return ScalableVectorPlot(
            title: "Reliability: \(evaluation.modelName)", xTitle: "probability given by the model",
            yTitle: "share that was fraud", xRange: -4...0, yRange: -4...0, xTicks: ticks, yTicks: ticks,
            lines: [
                .init(
                    points: [(-4, -4), (0, 0)], color: "#999999", isDashed: true, label: "as said, so found"
                ),
                .init(points: bins, color: "#1f5fa8", hasMarkers: true, label: "test period"),
            ], legend: (90, 62))
    }

    static func precisionRecall(_ scored: ScoredExamples, _ evaluation: Evaluation) -> ScalableVectorPlot {
        let curve = Metrics.precisionRecall(scored.probabilities, scored.labels)
        // At most about 400 points, the last always among them.
        var points: [(x: Double, y: Double)] = []
        for (place, point) in curve.enumerated() {
            let isFar =
                points.last.map { abs($0.x - point.recall) + abs($0.y - point.precision) > 0.005 } ?? true
            if isFar || place == curve.count - 1 { points.append((point.recall, point.precision)) }
        }
        return ScalableVectorPlot(
            title: "Precision and recall: \(evaluation.modelName)", xTitle: "recall", yTitle: "precision",
            xTicks: ScalableVectorPlot.shares, yTicks: ScalableVectorPlot.shares,
            lines: [
                .init(
                    points: points, color: "#1f5fa8",
                    label: "average precision \(rounded(evaluation.averagePrecision))")
            ], legend: (90, 396))
    }

    // MARK: Points

    static func topPoints(of scorecard: Scorecard) -> [KindPoints] {
        let vocabulary = scorecard.model.vocabulary
        var result: [KindPoints] = []
        for entry in vocabulary.entries {
            let base = Int(vocabulary.rowOffsets[Int(entry.kind.rawValue)])
            let points = scorecard.weights.points[base..<base + entry.values.count]
            guard let highest = points.max(), let lowest = points.min(), highest > lowest,
                let place = points.firstIndex(of: highest)
            else { continue }
            result.append(
                KindPoints(
                    kind: entry.kind.name, span: Double(highest - lowest),
                    strongest: value(entry, place: place - base), logOdds: Double(highest)))
        }
        return result.sorted { ($0.span, $1.kind) > ($1.span, $0.kind) }
    }

    private static func value(_ entry: Vocabulary.Entry, place: Int) -> String {
        switch entry.values {
        case .edges(let edges): "\(edges[place])"
        case .categories(let codes, _, _):
            if place == 0 {
                "missing"
            } else if place <= codes.count {
                "\(codes[place - 1])"
            } else {
                "others"
            }
        }
    }
}
