"""AUC over independent images by DeLong, and which images are independent.

DeLong, DeLong, Clarke-Pearson, Comparing the areas under two or more correlated ROC curves, Biometrics 44 (1988).
"""

from statistics import NormalDist

import numpy as np

from workflow.statistics.bootstrap import Bound, Sample, group_index
from workflow.statistics.metrics import Floats, point, weighted_auc


def delong_bound(labels: Floats, scores: Floats, *, confidence: float) -> Bound:
    """The normal interval of AUC for independent images; NaN bounds with fewer than two images of a class."""
    positive, negative = scores[labels == 1], scores[labels == 0]
    value = point(weighted_auc, labels, scores)
    if min(len(positive), len(negative)) < 2:
        return Bound(point=value, lower=np.nan, upper=np.nan, confidence=confidence, method="DeLong")
    wins = _placements(positive, negative)
    losses = 1 - _placements(negative, positive)
    error = float(np.sqrt(wins.var(ddof=1) / len(positive) + losses.var(ddof=1) / len(negative)))
    half = NormalDist().inv_cdf((1 + confidence) / 2) * error
    return Bound(
        point=value, lower=max(0.0, value - half), upper=min(1.0, value + half), confidence=confidence, method="DeLong"
    )


def groups_per_class(sample: Sample) -> tuple[int, int]:
    """How many groups hold a negative, how many a positive."""
    index = group_index(sample.groups)
    return len(np.unique(index[sample.labels == 0])), len(np.unique(index[sample.labels == 1]))


def one_image_per_group(sample: Sample) -> bool:
    """Whether images are independent, so that DeLong may be compared with the bootstrap."""
    return len(set(sample.groups)) == len(sample.groups)


def _placements(scores: Floats, others: Floats) -> Floats:
    """For each score the share of the others below it, ties counting half."""
    ordered = np.sort(others)
    below = np.searchsorted(ordered, scores, side="left")
    upto = np.searchsorted(ordered, scores, side="right")
    return np.asarray((below + upto) / (2 * len(ordered)), dtype=np.float64)
