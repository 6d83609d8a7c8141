import Banking
import Descriptions
import History

/// One thread's way through a cascade: all memory made beforehand, none per batch.
public final class CascadeRuntime {
    public let cascade: Cascade
    public let largestBatch: Int
    /// Nanoseconds of any monotonic clock.
    private let clock: () -> UInt64
    private let readers: [any BrickReader]
    private let assessments: UnsafeMutableBufferPointer<Assessment>
    private let raised: UnsafeMutableBufferPointer<Assessment>
    private let rows: UnsafeMutableBufferPointer<Int32>
    /// 0, 1, 2, …
    private let counted: UnsafeMutableBufferPointer<Int32>
    /// Descriptions without the phrases that a brick does not read.
    private var narrowed = DescriptionBatch()
    /// Moving average of what one row costs each brick, in nanoseconds.
    private var costs: [Double]

    /// - Parameters:
    ///   - largestBatch: most rows of one call, more than 0.
    ///   - clock: nanoseconds of a monotonic clock, the same that `arrival` is read from.
    public init(_ cascade: Cascade, largestBatch: Int, clock: @escaping () -> UInt64) {
        precondition(largestBatch > 0)
        self.cascade = cascade
        self.largestBatch = largestBatch
        self.clock = clock
        readers = cascade.steps.map { $0.brick.makeReader(largestBatch: largestBatch) }
        assessments = .allocate(capacity: largestBatch)
        assessments.initialize(repeating: Assessment())
        raised = .allocate(capacity: largestBatch)
        raised.initialize(repeating: Assessment())
        rows = .allocate(capacity: largestBatch)
        rows.initialize(repeating: 0)
        counted = .allocate(capacity: largestBatch)
        for row in 0..<largestBatch { counted.initializeElement(at: row, to: Int32(row)) }
        costs = Array(repeating: 0, count: cascade.steps.count)
    }

    deinit {
        assessments.deallocate()
        raised.deallocate()
        rows.deallocate()
        counted.deallocate()
    }

    /// Judges every row of a batch.
    /// - Parameters:
    ///   - facts: the facts of each row; as many as `batch.count`.
    ///   - batch: their descriptions, at most `largestBatch`.
    ///   - arrival: when the oldest record of the batch arrived, by `clock`; bricks with a deadline are left
    ///     out when they could not keep it. `nil`: every brick reads (replay, evaluation).
    ///   - verdicts: at least `batch.count` entries; the first `batch.count` are written.
    public func judge(
        facts: UnsafeBufferPointer<FactRow>, batch: borrowing DescriptionBatch, arrival: UInt64?,
        into verdicts: UnsafeMutableBufferPointer<Verdict>
    ) {
        let count = batch.count
        precondition(count <= largestBatch && facts.count >= count && verdicts.count >= count)
        for row in 0..<count { rows[row] = Int32(truncatingIfNeeded: row) }
        var waiting = count
        for place in cascade.steps.indices where waiting > 0 {
            if place > 0, !isInTime(place, rows: waiting, arrival: arrival) {
                // What a brick costs is known from reading alone: one slow reading must not shut it out.
                costs[place] *= 0.9
                break
            }
            read(batch, place: place, rows: waiting)
            waiting = keepClimbing(place, rows: waiting)
        }
        for row in 0..<count { decide(row, facts[row], &verdicts[row]) }
    }

    /// Lets one brick read the waiting rows and takes over what it says.
    private func read(_ batch: borrowing DescriptionBatch, place: Int, rows count: Int) {
        let began = clock()
        let waiting = UnsafeBufferPointer(rebasing: UnsafeBufferPointer(rows)[..<count])
        if let heard = cascade.heard[place] {
            narrow(batch, to: waiting, heard)
            let narrow = UnsafeBufferPointer(rebasing: UnsafeBufferPointer(counted)[..<count])
            readers[place].read(narrowed, rows: narrow, into: raised)
            for index in 0..<count { take(raised[index], of: place, for: Int(waiting[index])) }
        } else {
            readers[place].read(batch, rows: waiting, into: raised)
            for row in waiting { take(raised[Int(row)], of: place, for: Int(row)) }
        }
        let cost = Double(clock() &- began) / Double(count)
        costs[place] = costs[place] == 0 ? cost : costs[place] * 0.9 + cost * 0.1
    }

    /// Copies the phrases that a brick reads, of the waiting rows alone.
    private func narrow(
        _ batch: borrowing DescriptionBatch, to waiting: UnsafeBufferPointer<Int32>, _ heard: [Bool]
    ) {
        narrowed.removeAll()
        batch.withTokens { tokens, starts in
            for row in waiting {
                for token in tokens[Int(starts[Int(row)])..<Int(starts[Int(row) + 1])]
                where heard[Int(token.kind)] {
                    narrowed.append(token)
                }
                narrowed.endRow()
            }
        }
    }

    private func take(_ said: Assessment, of place: Int, for row: Int) {
        var assessment = said
        if assessment.unusualness.isNaN, place > 0 {
            assessment.unusualness = assessments[row].unusualness
        }
        assessment.decidedBy = UInt8(truncatingIfNeeded: place)
        assessments[row] = assessment
    }

    /// Moves the rows that climb past a brick to the front and counts them.
    private func keepClimbing(_ place: Int, rows count: Int) -> Int {
        guard place + 1 < cascade.steps.count, let climbs = cascade.steps[place].climbs else { return 0 }
        var kept = 0
        for index in 0..<count where climbs.contains(assessments[Int(rows[index])].probability) {
            rows[kept] = rows[index]
            kept += 1
        }
        return kept
    }

    /// Whether a brick would finish before its deadline, by what it has cost so far.
    private func isInTime(_ place: Int, rows count: Int, arrival: UInt64?) -> Bool {
        guard let arrival, let deadline = cascade.steps[place].deadline else { return true }
        let waited = Double(clock() &- arrival)
        let parts = deadline.components
        let allowed = Double(parts.seconds) * 1e9 + Double(parts.attoseconds) / 1e9
        return waited + costs[place] * Double(count) <= allowed
    }

    /// Band and outcome of one row: the policy's, raised where it is unusual and by the rules that hit.
    private func decide(_ row: Int, _ facts: FactRow, _ verdict: inout Verdict) {
        let assessment = assessments[row]
        let place = Int(assessment.decidedBy)
        verdict.probability = assessment.probability
        verdict.logit = assessment.logit
        verdict.score = Score.ofProbability(assessment.probability)
        verdict.unusualness = assessment.unusualness
        verdict.decidedBy = assessment.decidedBy
        verdict.scoredBy = assessment.decidedBy
        verdict.band = cascade.thresholds[place].band(assessment.probability)
        verdict.outcome = cascade.policy.outcomes[verdict.band]
        // The comparison is false for NaN.
        if let limit = cascade.policy.unusualFrom, assessment.unusualness >= limit,
            verdict.outcome.rank < Decision.Outcome.review.rank,
            cascade.unusualWhen.rules.isEmpty || !cascade.unusualWhen.hits(for: facts).isEmpty
        {
            verdict.outcome = .review
            verdict.decidedBy = Cascade.decidedByUnusualness
        }
        cascade.rules.apply(to: facts, raising: &verdict, policy: cascade.policy)
    }
}
