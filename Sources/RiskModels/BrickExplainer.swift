import Descriptions

/// Says why one brick judged as it did: working memory of one thread, for alerts alone.
final class BrickExplainer {
    let brick: any Brick
    private let reader: any BrickReader
    private let describer: Describer

    init(_ brick: any Brick) {
        self.brick = brick
        reader = brick.makeReader(largestBatch: PhraseChange.lot)
        describer = Describer(vocabulary: brick.model.vocabulary)
    }

    /// The phrases that raised the score, strongest first.
    ///
    /// The points are the brick's own where it is a sum; otherwise the log-odds that the description loses
    /// without the phrase, all variants read as one batch.
    /// - Parameter tokens: phrases that the brick reads.
    func reasons(for tokens: ArraySlice<Token>, limit: Int) -> [Reason] {
        let points = brick.pointsAboveUsual(of: tokens) ?? pointsLost(of: tokens)
        return Self.strongest(tokens, points, limit: limit)
    }

    /// The rarest phrases, in bits above the usual of their kind.
    func surprises(of tokens: ArraySlice<Token>, limit: Int) -> [Reason] {
        Self.strongest(tokens, reader.surprises(of: tokens), limit: limit)
    }

    private func pointsLost(of tokens: ArraySlice<Token>) -> [Double] {
        let changes = [.none] + tokens.indices.map { PhraseChange.leaveOut($0 - tokens.startIndex) }
        let logits = reader.assess(changes, of: tokens).map(\.logit)
        return logits.dropFirst().map { logits[0] - $0 }
    }

    /// Those above 0, of each kind the strongest: the words of a merchant's name are phrases of one kind that
    /// people are told as one. Phrases of equal points stay in the order of speech.
    private static func strongest(
        _ tokens: ArraySlice<Token>, _ points: [Double], limit: Int
    ) -> [Reason] {
        let reasons = zip(tokens, points).compactMap { token, points in
            points > 0 ? Reason(token: token, points: Float(points)) : nil
        }
        let order = reasons.indices.sorted { (reasons[$0].points, $1) > (reasons[$1].points, $0) }
        var said: Set<UInt8> = []
        var strongest: [Reason] = []
        for place in order where strongest.count < limit && said.insert(reasons[place].token.kind).inserted {
            strongest.append(reasons[place])
        }
        return strongest
    }

    /// The smallest change of one phrase, among those of the strongest reasons, that brings the probability
    /// under a threshold; `nil` where no tried change does.
    ///
    /// Two batches: first a few values spread over what the kind can say, then, for each phrase, values
    /// between the nearest one that helps and the one before it. Numbers are rounded away from the actual
    /// one to what people are told, so the change that is told is the one that was scored.
    /// - Parameters:
    ///   - tokens: phrases that the brick reads.
    ///   - reasons: as `reasons` gave them; the first three are tried.
    func counterfactual(
        for tokens: ArraySlice<Token>, below threshold: Double, among reasons: [Reason]
    ) -> Counterfactual? {
        let searches = reasons.prefix(3).compactMap {
            CounterfactualSearch($0.token, vocabulary: brick.model.vocabulary, describer: describer)
        }
        let coarse = searches.flatMap(\.spread)
        let first = judge(coarse, of: tokens)
        let fine = searches.flatMap { $0.between(coarse, first, below: threshold) }
        let changes = coarse + fine
        let probabilities = first + judge(fine, of: tokens)
        let helping = changes.indices.filter { probabilities[$0] < threshold }
        guard let best = helping.min(by: { (changes[$0].size, $0) < (changes[$1].size, $1) }) else {
            return nil
        }
        let change = changes[best]
        let beyond = changes.indices.filter { changes[$0].isBeyond(change) }
        return Counterfactual(
            from: change.from, to: change.to, value: change.value, code: change.code,
            probability: probabilities[best],
            holdsBeyond: change.value != nil && beyond.allSatisfy { probabilities[$0] < threshold })
    }

    /// Probabilities of one description with one phrase changed at a time.
    private func judge(_ changes: [CounterfactualSearch.Change], of tokens: ArraySlice<Token>) -> [Double] {
        let phrases = Array(tokens)
        let variants = changes.map { change -> PhraseChange in
            guard let place = phrases.firstIndex(of: change.from) else { return .none }
            return .replace(place, by: change.to)
        }
        return reader.assess(variants, of: tokens).map(\.probability)
    }
}
