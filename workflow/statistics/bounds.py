"""The interval of each metric and of each difference, honest where resampling sees nothing vary.

Where no image is wrong, or no pair in the wrong order, every resample says 1.0, and the bootstrap would claim certainty
from ten images; likewise where two models that are not the same never differ. The bound is then the exact one for no
event among so many independent groups (Clopper and Pearson, Biometrika 26, 1934: tail ** (1 / n)).
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from workflow.statistics.auc import groups_per_class
from workflow.statistics.bootstrap import Bound, Sample, clustered_bound, group_index, paired_bound
from workflow.statistics.metrics import METRICS, Floats

_TRIALS: Final[Mapping[str, Callable[[Sample], int]]] = {
    "auc": lambda sample: min(groups_per_class(sample)),
    "accuracy": lambda sample: len(np.unique(group_index(sample.groups))),
}
"""How many groups could have gone wrong, of the metrics that have a best value; for AUC those of the rarer class."""


def metric_bound(name: str, sample: Sample, *, confidence: float, seed: int) -> Bound:
    bound = clustered_bound(METRICS[name], sample, confidence=confidence, seed=seed)
    if name not in _TRIALS or bound.point != 1.0:  # NaN as well: images of one class only have no AUC
        return bound
    return replace(bound, lower=_least(name, sample, confidence), upper=1.0, method="exact, nothing was wrong")


def difference_bound(name: str, sample: Sample, other_scores: Floats, *, confidence: float, seed: int) -> Bound:
    """Of metric(sample) - metric(the same images scored by somebody else)."""
    bound = paired_bound(METRICS[name], sample, other_scores, confidence=confidence, seed=seed)
    varies = bound.lower != 0 or bound.upper != 0
    if name not in _TRIALS or varies or np.array_equal(sample.scores, other_scores):
        return bound
    half = 1 - _least(name, sample, confidence)
    return replace(bound, lower=-half, upper=half, method="exact, nothing differed")


def _least(name: str, sample: Sample, confidence: float) -> float:
    """The least share of groups like these that goes right, when all of them did."""
    return float(((1 - confidence) / 2) ** (1 / _TRIALS[name](sample)))
