import Banking
import RiskModels

/// Learns from examples that the model has not seen how often its logits come true.
///
/// Isotonic regression (pool adjacent violators), its blocks drawn together to a strictly rising
/// piecewise-linear table, so that a ranking never changes.
struct IsotonicCalibrator {
    /// Fewest examples and frauds of a block, the lowest one apart: a block of a few says nothing.
    var smallestBlock = 40.0
    var smallestFraudCount = 4.0

    private struct Block {
        var count: Double
        var frauds: Double
        var logitSum: Double

        var rate: Double { frauds / count }

        mutating func merge(_ other: Block) {
            count += other.count
            frauds += other.frauds
            logitSum += other.logitSum
        }
    }

    /// - Parameters:
    ///   - logits: finite, one per example.
    ///   - labels: 1 fraud, 0 genuine.
    /// - Returns: the identity where there is no fraud or nothing else.
    func fit(logits: [Double], labels: [UInt8]) -> Calibration {
        let frauds = labels.reduce(0) { $0 + Double($1) }
        guard frauds > 0, frauds < Double(labels.count) else { return .identity }
        var blocks: [Block] = []
        for place in logits.indices.sorted(by: { (logits[$0], $0) < (logits[$1], $1) }) {
            blocks.append(Block(count: 1, frauds: Double(labels[place]), logitSum: logits[place]))
            while blocks.count > 1, blocks[blocks.count - 1].rate <= blocks[blocks.count - 2].rate {
                let top = blocks.removeLast()
                blocks[blocks.count - 1].merge(top)
            }
        }
        blocks = mergedSmall(blocks)
        let prior = frauds / Double(labels.count)
        var knots: [(logit: Double, logOdds: Double)] = []
        for block in blocks {
            // One imagined example of the average kind keeps rates of 0 and 1 apart from certainty.
            let rate = (block.frauds + prior) / (block.count + 1)
            let knot = (logit: block.logitSum / block.count, logOdds: ExactMath.logit(rate))
            guard let last = knots.last else {
                knots.append(knot)
                continue
            }
            guard knot.logit > last.logit + 1e-9 else { continue }
            // Never flat: at least a hundredth of the logit's own rise.
            let rising = max(knot.logOdds, last.logOdds + (knot.logit - last.logit) / 100)
            knots.append((knot.logit, rising))
        }
        return table(knots)
    }

    /// Straight lines of slope 1 continue the ends.
    private func table(_ knots: [(logit: Double, logOdds: Double)]) -> Calibration {
        guard let first = knots.first, let last = knots.last else { return .identity }
        let all =
            [(logit: first.logit - 20, logOdds: first.logOdds - 20)] + knots
            + [(logit: last.logit + 20, logOdds: last.logOdds + 20)]
        return Calibration(logits: all.map(\.logit), logOdds: all.map(\.logOdds)) ?? .identity
    }

    /// Small blocks join the one below.
    private func mergedSmall(_ blocks: [Block]) -> [Block] {
        var result: [Block] = []
        var waiting: Block?
        for block in blocks.reversed() {
            var joined = block
            if let above = waiting { joined.merge(above) }
            if joined.count >= smallestBlock, joined.frauds >= smallestFraudCount {
                result.append(joined)
                waiting = nil
            } else {
                waiting = joined
            }
        }
        if let rest = waiting { result.append(rest) }
        return result.reversed()
    }
}
