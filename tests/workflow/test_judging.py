"""The gate's rules: bounds decide, and what is not a usable number is a no."""

import dataclasses
import math

import pytest

from workflow.judging import judge
from workflow.project import Project
from workflow.statistics.bootstrap import Bound
from workflow.verdicts import ChampionScores, EvaluateRecord

PROJECT = Project.model_validate(
    {
        "project": "digits",
        "positive_label": "8",
        "thresholds": {"auc": ">= 0.90", "log_loss": "<= 0.40"},
        "not_worse_than_champion": {"auc": 0.01, "log_loss": 0.02},
    }
)


def bound(point: float, lower: float, upper: float) -> Bound:
    return Bound(point=point, lower=lower, upper=upper, confidence=0.95, method="m")


GOOD = EvaluateRecord(
    digest="a" * 64,
    manifest_digest="m" * 64,
    images=300,
    negative_groups=90,
    positive_groups=20,
    broken=(),
    seed=1,
    metrics={"auc": bound(0.95, 0.91, 0.98), "log_loss": bound(0.3, 0.25, 0.36)},
    delong=None,
    champion=ChampionScores(
        digest="c" * 64,
        metrics={},
        differences={"auc": bound(0.01, -0.005, 0.02), "log_loss": bound(-0.01, -0.03, 0.01)},
    ),
    predictions_uri="s3://x",
)


def failed(evaluation: EvaluateRecord) -> list[str]:
    return [check.reason for check in judge(PROJECT, evaluation) if not check.passed]


def with_metric(name: str, value: Bound) -> EvaluateRecord:
    return dataclasses.replace(GOOD, metrics={**GOOD.metrics, name: value})


def with_difference(name: str, value: Bound) -> EvaluateRecord:
    assert GOOD.champion is not None
    differences = {**GOOD.champion.differences, name: value}
    return dataclasses.replace(GOOD, champion=dataclasses.replace(GOOD.champion, differences=differences))


def test_a_candidate_whose_bounds_meet_every_demand_passes() -> None:
    assert failed(GOOD) == []
    assert len(judge(PROJECT, GOOD)) == 5


def test_a_point_above_the_threshold_is_not_enough() -> None:
    assert failed(with_metric("auc", bound(0.93, 0.88, 0.97))) == ["auc 0.9300, lower 95% bound 0.8800, wanted >= 0.9"]


def test_a_threshold_from_above_is_judged_by_the_upper_bound() -> None:
    assert failed(with_metric("log_loss", bound(0.3, 0.2, 0.41))) == [
        "log_loss 0.3000, upper 95% bound 0.4100, wanted <= 0.4"
    ]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1.7976931348623157e308, -0.1, 1.1])
@pytest.mark.parametrize("side", ["point", "lower", "upper"])
def test_what_is_no_number_in_range_fails(value: float, side: str) -> None:
    reasons = failed(with_metric("auc", bound(**{"point": 0.95, "lower": 0.94, "upper": 0.96, side: value})))
    assert len(reasons) == 1
    assert "not usable" in reasons[0]


def test_a_metric_that_was_not_measured_fails() -> None:
    assert "not measured" in failed(dataclasses.replace(GOOD, metrics={"auc": GOOD.metrics["auc"]}))[0]


def test_too_few_groups_fail_however_good_the_numbers() -> None:
    assert failed(dataclasses.replace(GOOD, positive_groups=9)) == ["groups of the rarer class: 9, wanted at least 10"]


def test_delongs_bound_counts_where_it_is_lower() -> None:
    assert failed(dataclasses.replace(GOOD, delong=bound(0.95, 0.89, 0.99)))
    assert failed(dataclasses.replace(GOOD, delong=bound(0.95, 0.93, 0.99))) == []
    assert failed(dataclasses.replace(GOOD, delong=bound(0.95, math.nan, math.nan))) == []


def test_worse_than_the_champion_by_more_than_the_margin_fails() -> None:
    assert "wanted at least -0.01" in failed(with_difference("auc", bound(0.0, -0.011, 0.01)))[0]
    assert "log_loss against the champion" in failed(with_difference("log_loss", bound(0.0, -0.1, 0.03)))[0]
    assert "not usable" in failed(with_difference("auc", bound(math.nan, math.nan, math.nan)))[0]


def test_the_first_model_has_no_champion_to_beat() -> None:
    assert failed(dataclasses.replace(GOOD, champion=None)) == []
