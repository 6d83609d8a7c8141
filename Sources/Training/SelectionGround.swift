import Banking
import Descriptions
import RiskModels

/// What every selection of a study stands on, whichever brick is trained: examples to learn from and to
/// choose on, and what can be said of them.
struct SelectionGround {
    /// Examples of the selection's training period, and of the validation period less the accounts that the
    /// study leaves out.
    let rows, validationRows: [Int]
    /// All kinds that vary in `rows`.
    let vocabulary: Vocabulary
    /// Kinds whose values moved away between both periods.
    let drifted: Set<Kind>
    /// Kinds that are left out: those, and the ones that are not worth reading.
    let muted: Set<Kind>

    /// - Parameter kinds: how many are read at most; 0 for all.
    /// - Throws: `TrainingError` when a period lacks frauds or genuine transactions.
    init(
        _ study: Study, _ examples: ExampleTable, learner: VocabularyLearner, kinds: Int
    ) throws(TrainingError) {
        rows = examples.rows(in: study.selectionTraining)
        let validation = examples.rows(in: study.validation)
        validationRows =
            study.excludesKnownCompromised
            ? examples.withoutKnownCompromised(
                validation, training: study.selectionTraining, labelDelayDays: study.labelDelayDays)
            : validation
        try examples.requireBothKinds(in: rows, "selection training")
        try examples.requireBothKinds(in: validationRows, "validation")
        vocabulary = try examples.vocabulary(of: rows, learner: learner)
        drifted = DriftFilter().muted(
            training: ScorecardTrainer().matrix(facts: examples.facts, rows: rows, vocabulary: vocabulary),
            validation: TokenMatrix(facts: examples.facts, rows: validationRows, vocabulary: vocabulary))
        muted =
            kinds == 0
            ? drifted
            : KindSelector(count: kinds).muted(
                examples.facts, rows: rows, vocabulary: vocabulary, muted: drifted)
    }

    /// Names of the drifted kinds, in the order of speech.
    var driftedNames: [String] { Kind.allCases.filter(drifted.contains).map(\.name) }
}

extension ExampleTable {
    /// Learns the values of all kinds from some rows.
    func vocabulary(of rows: [Int], learner: VocabularyLearner) throws(TrainingError) -> Vocabulary {
        var some = FactTable()
        for row in rows { some.append(facts[row], label: facts.labels[row]) }
        do {
            return try learner.learn(from: some)
        } catch {
            throw TrainingError(.nothingToLearn, operation: "train", cause: "\(error)")
        }
    }

    /// Frauds among some rows.
    func frauds(in rows: [Int]) -> Int { rows.reduce(0) { $0 + (facts.labels[$1] == 1 ? 1 : 0) } }

    func requireBothKinds(in rows: [Int], _ period: String) throws(TrainingError) {
        let frauds = frauds(in: rows)
        guard frauds > 0, frauds < rows.count else {
            throw TrainingError(
                .nothingToLearn, operation: "train",
                cause: "the \(period) period has \(rows.count) labelled examples, \(frauds) of them fraud")
        }
    }
}
