"""AUC with its bounds: over groups by bootstrap, over independent images by DeLong.

DeLong, DeLong, Clarke-Pearson, Comparing the areas under two or more correlated ROC curves, Biometrics 44 (1988).
"""

from statistics import NormalDist

import numpy as np

from workflow.statistics.bootstrap import Bound, Sample, clustered_bound, group_index
from workflow.statistics.metrics import Floats, point, weighted_auc


def auc_bound(sample: Sample, *, confidence: float, seed: int) -> Bound:
    """The clustered interval of AUC, honest about perfect scores.

    Where no pair is in the wrong order every resample says 1.0, and the bootstrap would claim certainty from ten
    images. The lower bound is then the exact one for no failure among the groups of the rarer class (Clopper
    and Pearson 1934: tail ** (1 / n)).
    """
    bound = clustered_bound(weighted_auc, sample, confidence=confidence, seed=seed)
    if bound.point != 1.0:  # NaN as well: images of one class only have no AUC
        return bound
    tail = (1 - confidence) / 2
    lower = tail ** (1 / min(groups_per_class(sample)))
    return Bound(point=1.0, lower=lower, upper=1.0, confidence=confidence, method="exact, no pair in the wrong order")


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
