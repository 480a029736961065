"""Bootstrap bounds: repeatable, wider for clustered images, narrower for pairs, right in the long run."""

import numpy as np
import pytest

from workflow.statistics import bootstrap
from workflow.statistics.bootstrap import Sample, clustered_bound, paired_bound
from workflow.statistics.metrics import weighted_accuracy, weighted_auc


def scored(groups: int, copies: int, seed: int = 0, separation: float = 1.5) -> Sample:
    """Groups whose images are exact copies of each other: more images, no more information."""
    generator = np.random.default_rng(seed)
    labels = (np.arange(groups) % 2).astype(float)
    scores = 1 / (1 + np.exp(-(generator.normal(0, 1, groups) + separation * (labels - 0.5))))
    names = [f"g{number}" for number in range(groups)]
    return Sample(
        labels=np.repeat(labels, copies), scores=np.repeat(scores, copies), groups=list(np.repeat(names, copies))
    )


def test_the_same_seed_gives_the_same_bounds() -> None:
    sample = scored(60, 2)
    one, two = (clustered_bound(weighted_auc, sample, confidence=0.95, seed=7) for _ in range(2))
    assert one == two
    assert clustered_bound(weighted_auc, sample, confidence=0.95, seed=8).lower != one.lower


def test_copies_of_an_image_do_not_narrow_the_bounds() -> None:
    single = clustered_bound(weighted_auc, scored(60, 1), confidence=0.95, seed=1)
    copied = clustered_bound(weighted_auc, scored(60, 10), confidence=0.95, seed=1)
    assert copied.upper - copied.lower == pytest.approx(single.upper - single.lower, rel=1e-9)


def test_blocks_do_not_change_the_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = clustered_bound(weighted_accuracy, scored(40, 1), confidence=0.9, seed=3, rounds=200)
    monkeypatch.setattr(bootstrap, "_CELLS", 40 * 7)
    assert clustered_bound(weighted_accuracy, scored(40, 1), confidence=0.9, seed=3, rounds=200) == whole


def test_a_pair_of_the_same_scores_differs_by_nothing() -> None:
    sample = scored(50, 1)
    bound = paired_bound(weighted_auc, sample, sample.scores, confidence=0.95, seed=1)
    assert (bound.point, bound.lower, bound.upper) == (0.0, 0.0, 0.0)


def test_pairing_narrows_the_bounds_of_a_difference() -> None:
    sample = scored(100, 1)
    nearly = np.clip(sample.scores + np.random.default_rng(5).normal(0, 0.02, 100), 0, 1)
    paired = paired_bound(weighted_auc, sample, nearly, confidence=0.95, seed=1)
    alone = clustered_bound(weighted_auc, sample, confidence=0.95, seed=1)
    assert paired.upper - paired.lower < (alone.upper - alone.lower) / 2


def test_a_sample_too_small_to_resample_has_no_bounds() -> None:
    bound = clustered_bound(weighted_auc, scored(2, 1), confidence=0.95, seed=1)
    assert np.isnan(bound.lower)
    assert np.isnan(bound.upper)


def test_the_lower_bound_misses_the_truth_about_as_often_as_it_says() -> None:
    truth = 0.8556  # Phi(1.5 / sqrt(2)), the AUC of two normals 1.5 apart
    lower = [
        clustered_bound(weighted_auc, scored(120, 1, seed), confidence=0.9, seed=1, rounds=400).lower
        for seed in range(150)
    ]
    misses = np.mean(np.array(lower) > truth)
    assert 0.01 <= misses <= 0.11, f"nominal 5 %, measured {misses:.1%}"
