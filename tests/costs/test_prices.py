"""The price file: every row is complete, and a broken row is named."""

import csv
from pathlib import Path

import pytest

from costs.prices import CONFIDENCES, PRICE_FILE, UNITS, PriceError, load_prices

HEAD = "sku,unit,usd,free,source,as_of,confidence,note\n"


def test_every_row_of_the_file_is_a_price() -> None:
    with PRICE_FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    prices = load_prices()
    assert len(prices) == len(rows) > 100
    for price in prices.values():
        assert price.unit in UNITS
        assert price.usd >= 0
        assert price.confidence in CONFIDENCES
        assert price.source
        assert price.as_of


def test_no_unit_is_allowed_that_no_row_has() -> None:
    assert {price.unit for price in load_prices().values()} == UNITS


def test_a_free_allowance_is_stated_in_the_rows_own_note() -> None:
    silent = [price.sku for price in load_prices().values() if price.free and "free" not in price.note]
    assert silent == []


def test_an_unsourced_price_is_never_trusted() -> None:
    doubtful = [
        price.sku
        for price in load_prices().values()
        if "unsourced" in price.source or "estimate" in price.source or "not a list price" in price.source
    ]
    assert doubtful
    assert [sku for sku in doubtful if load_prices()[sku].confidence != "low"] == []


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("a,hour,cheap,,s,2026,high,", "line 2: usd 'cheap' is not a number"),
        ("a,hour,-1,,s,2026,high,", "usd '-1' must be a finite number, 0 or more"),
        ("a,hour,nan,,s,2026,high,", "usd 'nan' must be a finite number"),
        ("a,hour,inf,,s,2026,high,", "usd 'inf' must be a finite number"),
        ("a,hour,1,-2,s,2026,high,", "free '-2' must be"),
        ("a,hours,1,,s,2026,high,", "unit 'hours' is not one of"),
        ("a,hour,1,,s,2026,sure,", "confidence 'sure' is not one of low, medium, high"),
        ("a,hour,1,,,2026,high,", "sku, usd, source and as_of are required"),
        ("a,hour,1,,s,,high,", "sku, usd, source and as_of are required"),
        ("a,hour", "sku, usd, source and as_of are required"),
        ("a,hour,1,,s,2026,high,\na,hour,1,,s,2026,high,", "line 3: sku 'a' is there twice"),
    ],
)
def test_a_broken_row_is_named(tmp_path: Path, row: str, fault: str) -> None:
    path = tmp_path / "prices.csv"
    path.write_text(HEAD + row + "\n", encoding="utf-8")
    with pytest.raises(PriceError, match=fault):
        load_prices(path)


def test_asking_for_a_price_that_is_not_there_names_the_nearest() -> None:
    with pytest.raises(PriceError, match=r"'ebs\.gp3\.fast'.*nearest: ebs\.gp3, ebs\.gp3\.iops_over_3000"):
        load_prices()["ebs.gp3.fast"]


def test_a_discounted_price_is_as_doubtful_as_its_factor() -> None:
    prices = load_prices()
    spot = prices["ec2.m7g.large"].times(prices["ec2.spot.factor"])
    assert spot.usd == pytest.approx(0.0816 * 0.40)
    assert spot.confidence == "low"
    assert "ec2.spot.factor" in spot.sku
