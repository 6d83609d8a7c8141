"""XGBoost and an isolation forest on exported facts: chosen on July, measured on the test week of handbook-h2.

Evaluations that `vigie evaluate --json` printed for the same test week are compared with the trees.
"""

import json
import statistics
import sys

import numpy
import pandas
import xgboost
from sklearn.ensemble import IsolationForest
from sklearn.metrics import average_precision_score, roc_auc_score

ABOUT = [
    "transaction_id", "account_id", "effective_at", "label", "label_known_at", "label_scenario",
]
COMMON = dict(
    objective="binary:logistic", tree_method="hist", max_bin=512, subsample=0.8, base_score=0.01, nthread=2, seed=1
)
CANDIDATES = [
    dict(max_depth=depth, eta=0.05, colsample_bytree=columns) for depth in (5, 6) for columns in (0.5, 0.8)
]
LONGEST = 500
STEP = 50


def figures(scores, labels, scenarios):
    def of(rows):
        return round(float(average_precision_score(labels[rows], scores[rows])), 4)

    return dict(
        average_precision=of(numpy.ones(len(labels), bool)),
        area_under_roc=round(float(roc_auc_score(labels, scores)), 4),
        scenarios={int(s): of((labels == 0) | (scenarios == s)) for s in sorted(set(scenarios[labels == 1]))},
    )


def compared(paths, trees):
    precisions = sorted(json.load(open(path))["average_precision"] for path in paths)
    median = statistics.median(precisions)
    return dict(seeds=[round(precision, 4) for precision in precisions], average_precision=round(median, 4),
                ahead_of_xgboost=round(median - trees, 4))


def main():
    table = pandas.read_csv(sys.argv[1], low_memory=False)
    days = table.effective_at.str[:10].values
    labels = table.label.fillna(0).astype(int).values
    scenarios = table.label_scenario.fillna(0).astype(int).values
    names = [
        name for name in table.columns
        if name not in ABOUT and pandas.api.types.is_numeric_dtype(table[name])
    ]
    facts = table[names].values.astype(numpy.float32)

    def period(begin, end):
        return (days >= begin) & (days < end)

    early, july = period("2018-04-15", "2018-06-24"), period("2018-07-01", "2018-08-01")
    all_labels, test = period("2018-04-15", "2018-08-01"), period("2018-08-08", "2018-08-15")

    def matrix(rows):
        return xgboost.QuantileDMatrix(facts[rows], labels[rows], max_bin=512)

    training, check = matrix(early), xgboost.DMatrix(facts[july])
    best = (-1.0, None, 0)
    for candidate in CANDIDATES:
        model = xgboost.train({**COMMON, **candidate}, training, LONGEST)
        for rounds in range(2 * STEP, LONGEST + 1, STEP):
            scores = model.predict(check, iteration_range=(0, rounds))
            precision = average_precision_score(labels[july], scores)
            best = max(best, (float(precision), candidate, rounds), key=lambda entry: entry[0])
        print(f"trees.py: {candidate}: best so far {best}", file=sys.stderr)
    precision, chosen, rounds = best
    validations, tests = [], []
    for seed in (1, 2, 3):
        model = xgboost.train({**COMMON, **chosen, "seed": seed}, training, rounds)
        validations.append(round(float(average_precision_score(labels[july], model.predict(check))), 4))
        model = xgboost.train({**COMMON, **chosen, "seed": seed}, matrix(all_labels), rounds)
        tests.append(figures(model.predict(xgboost.DMatrix(facts[test])), labels[test], scenarios[test]))
    tests.sort(key=lambda entry: entry["average_precision"])

    filled = numpy.where(numpy.isnan(facts), numpy.nanmedian(facts[all_labels], axis=0), facts)
    filled = numpy.nan_to_num(filled)
    forest = IsolationForest(n_estimators=300, random_state=1, n_jobs=2).fit(filled[all_labels])
    unusual = figures(-forest.score_samples(filled[test]), labels[test], scenarios[test])
    result = dict(
        facts=len(names),
        xgboost=dict(chosen=chosen, rounds=rounds, validation_average_precision=round(precision, 4),
                     validation_seeds=validations, test=tests[1],
                     seeds=[entry["average_precision"] for entry in tests]),
        isolation_forest=unusual,
    )
    evaluations = [path for path in sys.argv[2:] if path != "--json"]
    if evaluations:
        result["vigie"] = compared(evaluations, tests[1]["average_precision"])
    print(json.dumps(result, indent=None if "--json" in sys.argv else 2))


main()
