"""Metrics of a binary classifier, each for many weightings of the same images at once.

Every metric takes labels (n, 0 or 1), scores (n, probability of 1) and weights (rounds, n) and gives one value
per round: a bootstrap is then one call with a matrix of counts, and the point value a call with a row of ones.
A round in which a metric has no meaning (one class only) is NaN.
"""

from collections.abc import Callable
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Metric: TypeAlias = Callable[[Floats, Floats, Floats], Floats]

DECISION_THRESHOLD: Final = 0.5
"""A score from here on means the positive class."""
_SMALLEST_PROBABILITY: Final = 1e-15
"""Log loss of a confident mistake is infinite; clipped as scikit-learn did, so that one image cannot hide the rest."""


def weighted_auc(labels: Floats, scores: Floats, weights: Floats) -> Floats:
    """The chance that a positive scores above a negative, ties counting half (Mann-Whitney)."""
    order = np.argsort(scores, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(scores[order]) > 0])
    sorted_weights = weights[:, order]
    positive = np.add.reduceat(sorted_weights * labels[order], starts, axis=1)
    negative = np.add.reduceat(sorted_weights * (1 - labels[order]), starts, axis=1)
    below = np.cumsum(negative, axis=1) - negative
    pairs = positive.sum(axis=1) * negative.sum(axis=1)
    wins = (positive * (below + negative / 2)).sum(axis=1)
    return _quotient(wins, pairs)


def weighted_accuracy(labels: Floats, scores: Floats, weights: Floats) -> Floats:
    return _mean((scores >= DECISION_THRESHOLD) == (labels == 1), weights)


def weighted_log_loss(labels: Floats, scores: Floats, weights: Floats) -> Floats:
    """Mean of -log of the probability given to the right class, in nats."""
    likelihood = np.where(labels == 1, scores, 1 - scores)
    return _mean(-np.log(np.clip(likelihood, _SMALLEST_PROBABILITY, 1.0)), weights)


def _mean(values: NDArray[np.generic], weights: Floats) -> Floats:
    return _quotient(weights @ values.astype(np.float64), weights.sum(axis=1))


def _quotient(above: Floats, below: Floats) -> Floats:
    """NaN where there is nothing to divide by."""
    result: Floats = np.full(len(above), np.nan)
    np.divide(above, below, out=result, where=below > 0)
    return result


METRICS: Final[dict[str, Metric]] = {
    "auc": weighted_auc,
    "accuracy": weighted_accuracy,
    "log_loss": weighted_log_loss,
}
"""What `evaluate` measures and a threshold in mlteam.yaml may name."""
METRIC_RANGES: Final[dict[str, tuple[float, float]]] = {
    "auc": (0.0, 1.0),
    "accuracy": (0.0, 1.0),
    "log_loss": (0.0, -float(np.log(_SMALLEST_PROBABILITY)) * 1.001),
}
"""What a metric can be at all. MLflow stores infinity as 1.797e308, which only a range finds."""
HIGHER_IS_BETTER: Final[dict[str, bool]] = {"auc": True, "accuracy": True, "log_loss": False}


def point(metric: Metric, labels: Floats, scores: Floats) -> float:
    """The metric on the images as they are."""
    return float(metric(labels, scores, np.ones((1, len(labels))))[0])
