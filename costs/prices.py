"""Dated list prices of us-east-1: one CSV row each, checked when it is read.

A row promises sku, unit, USD per unit, the monthly free allowance in the same unit (empty: none), source, the month
it was seen in, and how far to trust it. Nothing here knows a resource.
"""

import csv
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

PRICE_FILE: Final = Path(__file__).with_name("prices-us-east-1.csv")
CONFIDENCES: Final = ("low", "medium", "high")
# fmt: off
UNITS: Final = frozenset({
    "-", "100k", "10k", "10k tags-month", "1M", "1M objects listed", "1M source objects", "1M updates", "1k",
    "1k objects-month", "GB", "GB-month", "GB-second", "GB scanned", "IOPS-month", "LCU-hour", "MBps-month",
    "action-minute", "active pipeline-month", "alarm-month", "budget", "budget-day", "hour", "hour per AZ",
    "job", "key-month", "message", "metric-month", "minute", "month", "object", "ratio", "second",
})
# fmt: on
"""Closed, so that a typo in a row's unit is found when the file is read."""


class PriceError(ValueError):
    """The price file has a row that cannot be used, or lacks the one asked for."""


@dataclass(frozen=True, kw_only=True)
class Price:
    """`usd` per `unit`; the first `free` units of a month cost nothing, once per account."""

    sku: str
    unit: str
    usd: float
    free: float
    source: str
    as_of: str
    confidence: str
    note: str

    def times(self, factor: "Price") -> "Price":
        """The same thing at a discount: a spot price, say. As trustworthy as the weaker of the two rows."""
        weaker = min(self.confidence, factor.confidence, key=CONFIDENCES.index)
        return replace(
            self,
            sku=f"{self.sku} x {factor.sku}",
            usd=self.usd * factor.usd,
            source=f"{self.source}; factor: {factor.source}",
            confidence=weaker,
        )


class Prices(Mapping[str, Price]):
    """All rows by sku; asking for one that is not there says which are near."""

    def __init__(self, rows: Mapping[str, Price]) -> None:
        self._rows = dict(rows)

    def __getitem__(self, sku: str) -> Price:
        if sku not in self._rows:
            near = sorted(known for known in self._rows if known.split(".")[:2] == sku.split(".")[:2])
            raise PriceError(f"no price row {sku!r} in {PRICE_FILE.name}; nearest: {', '.join(near) or 'none'}")
        return self._rows[sku]

    def __contains__(self, sku: object) -> bool:
        return sku in self._rows

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


def _number(row: Mapping[str, str], column: str, where: str) -> float:
    try:
        value = float(row[column] or "0")
    except ValueError:
        raise PriceError(f"{where}: {column} {row[column]!r} is not a number") from None
    if not math.isfinite(value) or value < 0:
        raise PriceError(f"{where}: {column} {row[column]!r} must be a finite number, 0 or more")
    return value


def _price(row: Mapping[str, str], where: str) -> Price:
    if not (row["sku"] and row["usd"] and row["source"] and row["as_of"]):
        raise PriceError(f"{where}: sku, usd, source and as_of are required")
    if row["unit"] not in UNITS:
        raise PriceError(
            f"{where}: unit {row['unit']!r} is not one of {', '.join(sorted(UNITS))} (see costs/prices.py)"
        )
    if row["confidence"] not in CONFIDENCES:
        raise PriceError(f"{where}: confidence {row['confidence']!r} is not one of {', '.join(CONFIDENCES)}")
    texts = {name: row[name] for name in ("sku", "unit", "source", "as_of", "confidence", "note")}
    return Price(usd=_number(row, "usd", where), free=_number(row, "free", where), **texts)


def load_prices(path: Path = PRICE_FILE) -> Prices:
    """Read and check every row; a fault names file, line, value and what is allowed."""
    rows: dict[str, Price] = {}
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, restval="")
        for row in reader:
            where = f"{path.name}, line {reader.line_num}"
            price = _price(row, where)
            if price.sku in rows:
                raise PriceError(f"{where}: sku {price.sku!r} is there twice")
            rows[price.sku] = price
    return Prices(rows)
