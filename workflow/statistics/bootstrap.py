"""Confidence bounds by resampling whole groups: images of one group are not independent of each other.

Percentile bootstrap over groups (Davison and Hinkley, Bootstrap Methods, 1997, section 3.8): a group is drawn
with all its images, as often as it is drawn. Deterministic for a seed. Bounds are the two ends of one central
interval, so at confidence 0.95 the lower bound is the 2.5 % quantile.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from workflow.statistics.metrics import Floats, Metric, point

ROUNDS: Final = 2000
"""The 2.5 % quantile then rests on 50 rounds: a standard error of about 7 % of the half width."""
MAX_CONFIDENCE: Final = 0.99
"""Its bounds rest on the outermost 10 rounds; of more confidence than these rounds have they would only look so."""
_CELLS: Final = 4_000_000
"""Weights held at once (32 MB): rounds are taken in blocks, so that memory does not grow with the images."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Scored images: `labels` 0 or 1, `scores` in [0, 1], `groups` the group id of each."""

    labels: Floats
    scores: Floats
    groups: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Bound:
    """A value and the interval around it, at `confidence`; `method` says how it was found."""

    point: float
    lower: float
    upper: float
    confidence: float
    method: str


def clustered_bound(metric: Metric, sample: Sample, *, confidence: float, seed: int, rounds: int = ROUNDS) -> Bound:
    """The metric's interval over the sample's groups."""
    values = resampled(metric, sample, seed=seed, rounds=rounds)
    value = point(metric, sample.labels, sample.scores)
    return _bound(value, values, confidence, f"group-clustered bootstrap, {rounds} rounds")


def resampled(metric: Metric, sample: Sample, *, seed: int, rounds: int = ROUNDS) -> Floats:
    """The metric in each round that has one; empty when a round in twenty has none: the sample says nothing then."""
    index = group_index(sample.groups)
    values = [metric(sample.labels, sample.scores, weights[:, index]) for weights in _draws(index, seed, rounds)]
    return _usable(np.concatenate(values))


def paired_bound(metric: Metric, sample: Sample, other_scores: Floats, *, confidence: float, seed: int) -> Bound:
    """The interval of metric(sample) - metric(the same images scored by somebody else).

    Both are resampled together, so what makes an image hard for both cancels out.
    """
    index = group_index(sample.groups)
    differences = [
        metric(sample.labels, sample.scores, weights[:, index]) - metric(sample.labels, other_scores, weights[:, index])
        for weights in _draws(index, seed, ROUNDS)
    ]
    value = point(metric, sample.labels, sample.scores) - point(metric, sample.labels, other_scores)
    values = _usable(np.concatenate(differences))
    return _bound(value, values, confidence, f"paired group-clustered bootstrap, {ROUNDS} rounds")


def group_index(groups: Sequence[str]) -> NDArray[np.intp]:
    """The number of each image's group, groups in the order of their names."""
    return np.unique(np.asarray(groups, dtype=object).astype(str), return_inverse=True)[1]


def _draws(index: NDArray[np.intp], seed: int, rounds: int) -> Iterator[Floats]:
    generator = np.random.default_rng(seed)
    groups = int(index.max()) + 1
    block = max(1, _CELLS // len(index))
    for start in range(0, rounds, block):
        size = min(block, rounds - start)
        yield generator.multinomial(groups, np.full(groups, 1 / groups), size=size).astype(np.float64)


def _usable(values: Floats) -> Floats:
    usable = values[np.isfinite(values)]
    return usable if len(usable) >= 0.95 * len(values) else usable[:0]


def _bound(value: float, values: Floats, confidence: float, method: str) -> Bound:
    if not len(values):
        return Bound(point=value, lower=np.nan, upper=np.nan, confidence=confidence, method=method)
    tail = (1 - confidence) / 2
    lower, upper = np.quantile(values, [tail, 1 - tail])
    return Bound(point=value, lower=float(lower), upper=float(upper), confidence=confidence, method=method)
