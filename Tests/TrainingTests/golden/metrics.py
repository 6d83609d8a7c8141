"""Golden values of scikit-learn for MetricsTests: python3 metrics.py > metrics.json (made with 1.9.1)."""
import json

import numpy
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

random = numpy.random.default_rng(20180401)
cases = []
for size, share, decimals in [(40, 0.3, 1), (200, 0.1, 2), (500, 0.02, 2), (300, 0.5, 6)]:
    labels = (random.random(size) < share).astype(int)
    labels[:2] = [0, 1]
    scores = numpy.clip(0.35 * labels + 0.65 * random.random(size), 0.01, 0.99).round(decimals)
    cases.append({
        "scores": scores.tolist(),
        "labels": labels.tolist(),
        "averagePrecision": average_precision_score(labels, scores),
        "areaUnderROC": roc_auc_score(labels, scores),
        "brierScore": brier_score_loss(labels, scores),
        "logLoss": log_loss(labels, scores),
    })
print(json.dumps(cases))
