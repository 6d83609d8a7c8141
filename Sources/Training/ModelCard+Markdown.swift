import RiskModels

extension ModelCard {
    /// The card for people.
    /// - Parameter base: name of the files beside it, without endings.
    func markdown(base: String) -> String {
        [
            heading, figures, scenarios, calibration(base), selection, points, limits,
        ].filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
    }

    private var heading: String {
        """
        # Model card: \(model)

        | | |
        |---|---|
        | kind | \(kind) |
        | SHA-256 of the model file | `\(sha256)` |
        | data | `\(training.dataName)`, SHA-256 `\(training.dataSHA256)` |
        | trained on | \(training.trainedFrom) to \(training.trainedTo), \(training.examples) transactions, \
        \(training.frauds) frauds |
        | tested on | \(evaluation.from) to \(evaluation.to), \(evaluation.transactions) transactions, \
        \(evaluation.frauds) frauds |
        | seed | \(training.seed) |
        | command | `\(training.command)` |
        """
    }

    private var figures: String {
        """
        ## Test period

        | measure | value |
        |---|---|
        | average precision | \(rounded(evaluation.averagePrecision)) |
        | area under the ROC curve | \(rounded(evaluation.areaUnderROC)) |
        | card precision@100, mean per day | \(rounded(evaluation.cardPrecisionAt100)) |
        | recall at a budget of \(rounded(evaluation.alertBudgetPerDay)) alerts a day | \
        \(rounded(evaluation.recallAtBudget)) |
        | … its precision | \(rounded(evaluation.precisionAtBudget)) |
        | … alerts a day that its threshold really gave | \(rounded(evaluation.alertsPerDay)) |
        | Brier score | \(rounded(evaluation.brierScore)) |
        | log loss | \(rounded(evaluation.logLoss)) |

        SHA-256 over (transaction, probability bits): `\(evaluation.resultSHA256)`
        """
    }

    private var scenarios: String {
        guard !evaluation.scenarios.isEmpty else { return "" }
        let rows = evaluation.scenarios.map {
            "| \($0.scenario) | \($0.frauds) | \(rounded($0.averagePrecision)) | "
                + "\(rounded($0.areaUnderROC)) | \(rounded($0.recallAtBudget)) |"
        }
        return """
            ## By scenario

            Frauds of one scenario against all genuine transactions.

            | scenario | frauds | average precision | area under ROC | recall at the budget |
            |---|---|---|---|---|
            \(rows.joined(separator: "\n"))
            """
    }

    private func calibration(_ base: String) -> String {
        let rows = evaluation.calibration.map {
            "| \($0.count) | \(rounded($0.meanProbability)) | \(rounded($0.fraudShare)) |"
        }
        return """
            ## Calibration

            ![Reliability](\(base).reliability.svg)
            ![Precision and recall](\(base).precision-recall.svg)

            | transactions | mean probability | share of fraud |
            |---|---|---|
            \(rows.joined(separator: "\n"))
            """
    }

    private var selection: String {
        guard let report, !report.candidates.isEmpty else { return "" }
        let rows = report.candidates.map {
            "| \($0.ridge) | \($0.smoothness) | \($0.pairs) | \(rounded($0.averagePrecision)) |"
        }
        let muted = report.mutedKinds.isEmpty ? "none" : report.mutedKinds.joined(separator: ", ")
        let pairs = report.pairs.isEmpty ? "none" : report.pairs.joined(separator: "; ")
        return """
            ## Selection

            Chosen by average precision on \(report.validation.from) to \(report.validation.to): ridge \
            \(report.chosen.ridge), smoothness \(report.chosen.smoothness), \(report.chosen.pairs) pairs. \
            Calibrated there, then fitted again on the whole training period.

            | ridge | smoothness | pairs | validation average precision |
            |---|---|---|---|
            \(rows.joined(separator: "\n"))

            Without points, because their values moved between training and validation: \(muted).
            Pairs of kinds: \(pairs).
            """
    }

    private var points: String {
        guard !topPoints.isEmpty else { return "" }
        let rows = topPoints.prefix(25).map {
            "| \($0.kind) | \(rounded($0.span)) | \($0.strongest) | \(rounded($0.logOdds)) |"
        }
        return """
            ## Points

            Per kind: the span of its points, and the place with the most. In log-odds; 0.0173 of it is one
            point of the score 0–999.

            | kind | span | strongest at | log-odds there |
            |---|---|---|---|
            \(rows.joined(separator: "\n"))
            """
    }

    private var limits: String {
        """
        ## Use and limits

        Ranks card and account transactions by the probability of fraud and says why; people decide. It knows
        only what the training period showed: watch drift, and train
        again when the calibration leaves the line.
        """
    }
}
