"""The lake of 1 TB a day against the reference figures."""

from typing import Final

import pytest

from costs import lake
from costs.model import load_prices

PRICES: Final = load_prices()
LAKE: Final = lake.Lake()


def test_listing_and_inventory_of_a_day() -> None:
    assert lake.list_usd_per_day(LAKE, PRICES) == pytest.approx(0.025)
    assert lake.inventory_usd_per_day(LAKE, PRICES) == pytest.approx(0.0125)
    assert lake.list_usd_per_day(LAKE, PRICES, fraction=0.01) == pytest.approx(0.00025)


def test_a_function_per_object_costs_more_than_the_listing() -> None:
    assert lake.function_usd_per_day(LAKE, PRICES) == pytest.approx(1.04, rel=0.01)


@pytest.mark.parametrize(("fraction", "batch_usd", "own_usd"), [(0.01, 0.55, 0.25), (0.10, 3.25, 2.50)])
def test_a_days_copies_by_batch_and_by_own_requests(fraction: float, batch_usd: float, own_usd: float) -> None:
    assert lake.batch_copy_usd_per_day(LAKE, PRICES, fraction=fraction) == pytest.approx(batch_usd)
    assert lake.own_copy_usd_per_day(LAKE, PRICES, fraction=fraction) == pytest.approx(own_usd)


@pytest.mark.parametrize(("fraction", "expected_usd"), [(0.01, 14.40), (0.10, 144), (0.50, 720)])
def test_copies_kept_a_month(fraction: float, expected_usd: float) -> None:
    assert lake.kept_copies_usd_per_month(LAKE, PRICES, fraction=fraction) == pytest.approx(expected_usd)


@pytest.mark.parametrize("fraction", [0.01, 0.10, 0.50])
def test_a_manifest_stays_under_a_dollar_a_month(fraction: float) -> None:
    assert 0.5 < lake.manifest_usd_per_month(LAKE, PRICES, fraction=fraction) < 1


@pytest.mark.parametrize(
    ("object_kb", "storage_sku", "transition_sku", "once_usd", "saved_usd", "months"),
    [
        (200, "s3.standard_ia", "s3.lifecycle.to_ia", 50, 10.5, 4.8),
        (1_000, "s3.standard_ia", "s3.lifecycle.to_ia", 10, 10.5, 0.95),
        (200, "s3.glacier_ir", "s3.lifecycle.to_gir", 100, 19, 5.3),
    ],
)
def test_moving_small_images_takes_months_to_pay(
    object_kb: float, storage_sku: str, transition_sku: str, once_usd: float, saved_usd: float, months: float
) -> None:
    move = lake.move_one_day(
        lake.Lake(object_kb=object_kb), PRICES, storage_sku=storage_sku, transition_sku=transition_sku
    )
    assert move.request_usd == pytest.approx(once_usd)
    assert move.saved_usd_per_month == pytest.approx(saved_usd)
    assert move.months_to_break_even == pytest.approx(months, rel=0.01)
