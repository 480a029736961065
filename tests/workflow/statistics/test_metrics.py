"""Metrics against scikit-learn's, weights included."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from workflow.statistics.metrics import METRIC_RANGES, METRICS, point, weighted_auc

LABELS = np.array([0, 0, 1, 1, 0, 1, 0, 1, 1, 0], dtype=float)
SCORES = np.array([0.1, 0.4, 0.35, 0.8, 0.4, 0.4, 0.2, 0.9, 0.05, 0.5])


@pytest.mark.parametrize(("name", "reference"), [("auc", 0.6), ("accuracy", 0.6), ("log_loss", 0.7333651691962823)])
def test_a_metric_is_scikit_learns(name: str, reference: float) -> None:
    """References by scikit-learn 1.9 (importing it here would cost five seconds)."""
    assert point(METRICS[name], LABELS, SCORES) == pytest.approx(reference, abs=1e-9)


@given(arrays(np.int64, len(LABELS), elements=st.integers(0, 4)))
def test_a_weight_is_how_often_an_image_is_there(counts: np.ndarray) -> None:
    repeated = np.repeat(np.arange(len(LABELS)), counts)
    if len(set(LABELS[repeated])) < 2:
        return
    weighted = weighted_auc(LABELS, SCORES, counts[None, :].astype(float))[0]
    assert weighted == pytest.approx(point(weighted_auc, LABELS[repeated], SCORES[repeated]))


def test_auc_of_one_class_is_not_a_number() -> None:
    assert np.isnan(point(weighted_auc, np.ones(3), np.array([0.1, 0.2, 0.3])))


def test_a_confident_mistake_stays_in_the_range_of_log_loss() -> None:
    worst = point(METRICS["log_loss"], np.array([1.0, 0.0]), np.array([0.0, 1.0]))
    assert 30 < worst <= METRIC_RANGES["log_loss"][1]
