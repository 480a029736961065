"""What a perfect score, and two models that never differ, may claim; and what the bootstrap says of all others."""

import numpy as np
import pytest

from workflow.statistics.bootstrap import Sample, clustered_bound, paired_bound
from workflow.statistics.bounds import difference_bound, metric_bound
from workflow.statistics.metrics import METRICS


def sample(scores: list[float], copies: int = 1) -> Sample:
    """Groups of `copies` images each, in turn negative and positive."""
    labels = np.repeat(np.arange(len(scores)) % 2.0, copies)
    groups = np.repeat([str(number) for number in range(len(scores))], copies)
    return Sample(labels=labels, scores=np.repeat(scores, copies), groups=list(groups))


PERFECT = [0.1, 0.9] * 10
EXACT = {"auc": 0.025 ** (1 / 10), "accuracy": 0.025 ** (1 / 20)}


@pytest.mark.parametrize("copies", [1, 5])
@pytest.mark.parametrize("name", EXACT)
def test_a_perfect_score_of_few_groups_does_not_claim_certainty(name: str, copies: int) -> None:
    bound = metric_bound(name, sample(PERFECT, copies), confidence=0.95, seed=1)
    assert (bound.point, bound.upper) == (1.0, 1.0)
    assert bound.lower == pytest.approx(EXACT[name])


@pytest.mark.parametrize("name", EXACT)
def test_two_models_that_never_differ_on_few_groups_may_differ_on_others(name: str) -> None:
    other = np.array(PERFECT) * 0.9
    bound = difference_bound(name, sample(PERFECT), other, confidence=0.95, seed=1)
    assert bound.point == 0.0
    assert bound.lower == pytest.approx(EXACT[name] - 1)
    assert bound.upper == pytest.approx(1 - EXACT[name])


@pytest.mark.parametrize("name", METRICS)
def test_a_model_does_not_differ_from_itself(name: str) -> None:
    images = sample(PERFECT)
    bound = difference_bound(name, images, images.scores, confidence=0.95, seed=1)
    assert (bound.lower, bound.upper) == (0.0, 0.0)


@pytest.mark.parametrize("name", METRICS)
def test_where_something_varies_the_bootstrap_speaks(name: str) -> None:
    images = sample([0.1, 0.9, 0.7, 0.3] * 10)
    other = np.roll(images.scores, 1)
    alone = clustered_bound(METRICS[name], images, confidence=0.95, seed=1)
    assert metric_bound(name, images, confidence=0.95, seed=1) == alone
    paired = paired_bound(METRICS[name], images, other, confidence=0.95, seed=1)
    assert difference_bound(name, images, other, confidence=0.95, seed=1) == paired


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_images_of_one_class_have_no_auc_and_no_bounds(label: float) -> None:
    images = sample(PERFECT)
    one_class = Sample(labels=np.full(20, label), scores=images.scores, groups=images.groups)
    bound = metric_bound("auc", one_class, confidence=0.95, seed=1)
    assert np.isnan([bound.point, bound.lower, bound.upper]).all()
