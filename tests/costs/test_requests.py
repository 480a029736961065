"""S3 work by the request."""

from typing import Final

import pytest

from costs.model import UnpriceableError, load_prices
from costs.requests import Work, bill

PRICES: Final = load_prices()


@pytest.mark.parametrize(
    ("operation", "usd_per_thousand"),
    [
        ("PutObject", 0.005),
        ("CopyObject", 0.005),
        ("ListObjectsV2", 0.005),
        ("GetObject", 0.0004),
        ("HeadObject", 0.0004),
        ("DeleteObjects", 0.0),
    ],
)
def test_operations_are_billed_by_their_class(operation: str, usd_per_thousand: float) -> None:
    assert bill(Work(requests={operation: 1_000}), PRICES).usd == pytest.approx(usd_per_thousand)


def test_an_operation_without_a_class_is_refused_by_name() -> None:
    with pytest.raises(UnpriceableError, match="'SelectObjectContent' \\(3 calls\\)"):
        bill(Work(requests={"SelectObjectContent": 3}), PRICES)


def test_storage_inventory_and_batch_add_up() -> None:
    work = Work(stored_gb_months=100, inventory_objects=2_000_000, batch_jobs=2, batch_objects=500_000)
    assert bill(work, PRICES).usd == pytest.approx(2.3 + 0.005 + 0.5 + 0.5)


def test_nothing_costs_nothing() -> None:
    assert bill(Work(), PRICES).charges == ()
