"""The lake, 1 TB of images a day: what it costs to list, sample, copy or move it. Pure functions of object counts.

A TB is 1,000 GB and a month 30 days here, as in the reference cases.
"""

from dataclasses import dataclass
from math import ceil
from typing import Final

from costs.prices import Prices
from costs.requests import Work, bill

KEYS_PER_LIST: Final = 1_000
DAYS: Final = 30
KB_PER_GB: Final = 1_000_000
LAMBDA_GB_SECONDS: Final = 0.000625
"""5 ms at 128 MB: what one object takes a function that only decides whether it is in the sample."""


@dataclass(frozen=True, kw_only=True)
class Lake:
    """`gb_per_day` arrive as objects of `object_kb`."""

    gb_per_day: float = 1_000
    object_kb: float = 200

    @property
    def objects_per_day(self) -> float:
        return self.gb_per_day * KB_PER_GB / self.object_kb


def list_usd_per_day(lake: Lake, prices: Prices, *, fraction: float = 1.0) -> float:
    """Listing a day's keys; with hash-prefixed keys only the sampled `fraction` has to be listed."""
    pages = ceil(lake.objects_per_day * fraction / KEYS_PER_LIST)
    return bill(Work(requests={"ListObjectsV2": pages}), prices).usd


def inventory_usd_per_day(lake: Lake, prices: Prices) -> float:
    return bill(Work(inventory_objects=lake.objects_per_day), prices).usd


def function_usd_per_day(lake: Lake, prices: Prices) -> float:
    """One Lambda call an object, without the free allowance that the first million of a month have."""
    calls = lake.objects_per_day
    seconds = calls * LAMBDA_GB_SECONDS
    return calls / 1_000_000 * prices["lambda.request"].usd + seconds * prices["lambda.arm.gbs"].usd


def own_copy_usd_per_day(lake: Lake, prices: Prices, *, fraction: float) -> float:
    return bill(Work(requests={"CopyObject": lake.objects_per_day * fraction}), prices).usd


def batch_copy_usd_per_day(lake: Lake, prices: Prices, *, fraction: float) -> float:
    """One job a day; Batch Operations bills its objects and the copies that it makes."""
    copies = lake.objects_per_day * fraction
    return bill(Work(requests={"CopyObject": copies}, batch_jobs=1, batch_objects=copies), prices).usd


def kept_copies_usd_per_month(lake: Lake, prices: Prices, *, fraction: float) -> float:
    """A sample copied every day by our own requests, each day's copies kept for 30 days."""
    stored = bill(Work(stored_gb_months=lake.gb_per_day * fraction * DAYS), prices).usd
    return stored + own_copy_usd_per_day(lake, prices, fraction=fraction) * DAYS


def manifest_usd_per_month(lake: Lake, prices: Prices, *, fraction: float, key_bytes: int = 100) -> float:
    """No copy: list every day, write one manifest of the sampled keys, keep a month of manifests."""
    listed = list_usd_per_day(lake, prices) * DAYS
    gigabytes = lake.objects_per_day * fraction * key_bytes * DAYS / 1e9
    return listed + bill(Work(requests={"PutObject": DAYS}, stored_gb_months=gigabytes), prices).usd


@dataclass(frozen=True, kw_only=True)
class Move:
    """One TB moved to a colder class: what the requests cost once, what it saves a month from then on."""

    request_usd: float
    saved_usd_per_month: float

    @property
    def months_to_break_even(self) -> float:
        return self.request_usd / self.saved_usd_per_month


def move_one_day(lake: Lake, prices: Prices, *, storage_sku: str, transition_sku: str) -> Move:
    """Reading it back, the 128 KB minimum and the minimum stay come on top: it pays only for what stays unread."""
    saved = prices["s3.standard"].usd - prices[storage_sku].usd
    requests = lake.objects_per_day / 1_000 * prices[transition_sku].usd
    return Move(request_usd=requests, saved_usd_per_month=lake.gb_per_day * saved)
