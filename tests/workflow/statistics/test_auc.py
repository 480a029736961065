"""AUC's bounds by DeLong, against a worked example and the bootstrap."""

import numpy as np
import pytest

from workflow.statistics.auc import delong_bound, groups_per_class, one_image_per_group
from workflow.statistics.bootstrap import Sample, clustered_bound
from workflow.statistics.metrics import weighted_auc


def sample(labels: list[int], scores: list[float], groups: list[str] | None = None) -> Sample:
    names = groups if groups is not None else [str(number) for number in range(len(labels))]
    return Sample(labels=np.array(labels, float), scores=np.array(scores, float), groups=names)


def test_delong_of_a_case_worked_by_hand() -> None:
    """Positives .8 .4, negatives .6 .2: placements 1, .5 and .5, 1; variance (.125 + .125) / 2; error .3536."""
    bound = delong_bound(np.array([1.0, 1, 0, 0]), np.array([0.8, 0.4, 0.6, 0.2]), confidence=0.5)
    assert bound.point == 0.75
    assert bound.lower == pytest.approx(0.75 - 0.67449 * 0.35355, abs=1e-4)
    assert bound.upper == pytest.approx(0.75 + 0.67449 * 0.35355, abs=1e-4)


def test_delong_and_the_bootstrap_agree_on_independent_images() -> None:
    generator = np.random.default_rng(2)
    labels = [number % 2 for number in range(400)]
    scores = [float(1 / (1 + np.exp(-generator.normal(1.5 * (label - 0.5))))) for label in labels]
    images = sample(labels, scores)
    bootstrap = clustered_bound(weighted_auc, images, confidence=0.95, seed=1)
    delong = delong_bound(images.labels, images.scores, confidence=0.95)
    assert bootstrap.lower == pytest.approx(delong.lower, abs=0.006)
    assert bootstrap.upper == pytest.approx(delong.upper, abs=0.006)


def test_one_image_of_a_class_has_no_delong_bound() -> None:
    assert np.isnan(delong_bound(np.array([1.0, 0, 0]), np.array([0.9, 0.2, 0.1]), confidence=0.95).lower)


def test_groups_are_counted_once_per_class() -> None:
    images = sample([0, 0, 1, 1, 1], [0.1] * 5, ["a", "a", "b", "c", "c"])
    assert groups_per_class(images) == (1, 2)
    assert not one_image_per_group(images)
