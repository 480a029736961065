"""The interval of each metric and of each difference: what the gate decides by.

A share (AUC, accuracy) of few groups is skewed, and near 1 its percentile bootstrap misses the truth three to six times
as often as it says (tests/workflow/statistics/test_bounds.py measures it). So the bootstrap gives the standard error
only; the interval is made on the logit scale, with Student's t for the few groups (Pepe, The Statistical Evaluation of
Medical Tests for Classification and Prediction, 2003, chapter 5; Obuchowski and Lieber, Confidence intervals for the
receiver operating characteristic area in studies with small samples, Academic Radiology 5, 1998).

Where nothing is wrong every resample says 1.0, and any bootstrap would claim certainty from ten images; likewise where
two models that are not the same never differ. The bound is then the exact one for no event among so many groups
(Clopper and Pearson, Biometrika 26, 1934: tail ** (1 / n)).
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

import numpy as np
from scipy.special import expit, logit, stdtrit

from workflow.statistics.auc import groups_per_class
from workflow.statistics.bootstrap import ROUNDS, Bound, Sample, clustered_bound, group_index, paired_bound, resampled
from workflow.statistics.metrics import METRICS, Floats, point

_TRIALS: Final[Mapping[str, Callable[[Sample], int]]] = {
    "auc": lambda sample: min(groups_per_class(sample)),
    "accuracy": lambda sample: len(np.unique(group_index(sample.groups))),
}
"""How many groups could have gone wrong, of the metrics that are shares; for AUC those of the rarer class."""


def metric_bound(name: str, sample: Sample, *, confidence: float, seed: int, rounds: int = ROUNDS) -> Bound:
    value = point(METRICS[name], sample.labels, sample.scores)
    if name in _TRIALS and value == 1.0:
        least = _least(name, sample, confidence)
        return Bound(point=1.0, lower=least, upper=1.0, confidence=confidence, method="exact, nothing was wrong")
    if name in _TRIALS and 0 < value < 1:
        return _logit_bound(name, sample, value, confidence=confidence, seed=seed, rounds=rounds)
    return clustered_bound(METRICS[name], sample, confidence=confidence, seed=seed, rounds=rounds)


def difference_bound(name: str, sample: Sample, other_scores: Floats, *, confidence: float, seed: int) -> Bound:
    """Of metric(sample) - metric(the same images scored by somebody else)."""
    bound = paired_bound(METRICS[name], sample, other_scores, confidence=confidence, seed=seed)
    varies = bound.lower != 0 or bound.upper != 0
    if name not in _TRIALS or varies or np.array_equal(sample.scores, other_scores):
        return bound
    half = 1 - _least(name, sample, confidence)
    return replace(bound, lower=-half, upper=half, method="exact, nothing differed")


def _logit_bound(name: str, sample: Sample, value: float, *, confidence: float, seed: int, rounds: int) -> Bound:
    """NaN bounds where the sample is too small to resample."""
    values = resampled(METRICS[name], sample, seed=seed, rounds=rounds)
    error = float(values.std(ddof=1)) if len(values) > 1 else math.nan
    student = stdtrit(_TRIALS[name](sample) - 1, (1 + confidence) / 2)
    half = student * error / (value * (1 - value))  # the delta method: the slope of the logit
    lower, upper = expit(logit(value) + np.array([-half, half]))
    method = f"logit, t, group-clustered bootstrap of {rounds} rounds"
    return Bound(point=value, lower=float(lower), upper=float(upper), confidence=confidence, method=method)


def _least(name: str, sample: Sample, confidence: float) -> float:
    """The least share of groups like these that goes right, when all of them did."""
    return float(((1 - confidence) / 2) ** (1 / _TRIALS[name](sample)))
