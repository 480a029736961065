"""Break-evens against the reference cases' figures."""

from typing import Final

import pytest

from costs.breakeven import (
    Host,
    build_minutes,
    pipeline_minutes,
    saved_by_schedule,
    serverless_hours_against_endpoint,
    serverless_hours_against_host,
)
from costs.model import load_prices

PRICES: Final = load_prices()


def test_a_pipeline_is_cheaper_by_the_minute_below_500_minutes() -> None:
    assert pipeline_minutes(PRICES) == pytest.approx(500)


@pytest.mark.parametrize(("hours", "minutes"), [(730, 8_994), (220, 3_204)])
def test_codebuild_is_cheaper_than_a_jenkins_host_up_to(hours: float, minutes: int) -> None:
    assert round(build_minutes(PRICES, Host(hours=hours))) == minutes


def test_serverless_is_cheaper_than_an_endpoint_up_to_583_busy_hours() -> None:
    assert round(serverless_hours_against_endpoint(PRICES, "sm.ml.m5.large.hosting")) == 583


def test_serverless_is_cheaper_than_a_host_up_to_212_busy_hours() -> None:
    assert round(serverless_hours_against_host(PRICES, Host())) == 212


def test_nights_and_weekends_off_save_70_percent() -> None:
    assert saved_by_schedule(220) == pytest.approx(0.70, abs=0.005)
