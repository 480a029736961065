"""What S3 work costs: requests by operation, storage, Inventory, Batch Operations. The sampler bills itself with it.

Operations are named as botocore names them, so a counter on a client can be billed as it is. An operation without a
class is refused. No free allowance is applied: S3's price rows have none.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from costs.prices import Price, Prices, load_prices
from costs.records import UnpriceableError

PUT_CLASS: Final = "s3.put_copy_post_list"
GET_CLASS: Final = "s3.get_head"
NO_CHARGE: Final = ""

OPERATION_CLASSES: Final[Mapping[str, str]] = {
    "PutObject": PUT_CLASS,
    "CopyObject": PUT_CLASS,
    "ListObjects": PUT_CLASS,
    "ListObjectsV2": PUT_CLASS,
    "ListObjectVersions": PUT_CLASS,
    "ListMultipartUploads": PUT_CLASS,
    "ListParts": PUT_CLASS,
    "ListBuckets": PUT_CLASS,
    "CreateMultipartUpload": PUT_CLASS,
    "UploadPart": PUT_CLASS,
    "UploadPartCopy": PUT_CLASS,
    "CompleteMultipartUpload": PUT_CLASS,
    "PutObjectTagging": PUT_CLASS,
    "GetObject": GET_CLASS,
    "GetObjectAttributes": GET_CLASS,
    "GetObjectTagging": GET_CLASS,
    "HeadObject": GET_CLASS,
    "HeadBucket": GET_CLASS,
    "GetBucketLocation": GET_CLASS,
    "GetBucketVersioning": GET_CLASS,
    "DeleteObject": NO_CHARGE,
    "DeleteObjects": NO_CHARGE,
    "AbortMultipartUpload": NO_CHARGE,
}


@dataclass(frozen=True, kw_only=True)
class Work:
    """`requests` counts operations; `stored_gb_months` is S3 Standard; the rest are what other S3 features bill by."""

    requests: Mapping[str, float] = field(default_factory=dict)
    stored_gb_months: float = 0
    inventory_objects: float = 0
    batch_jobs: float = 0
    batch_objects: float = 0


@dataclass(frozen=True, kw_only=True)
class Charge:
    """One line: `count` of something at `price`, whose unit holds `per` of them."""

    what: str
    count: float
    per: float
    price: Price

    @property
    def usd(self) -> float:
        return self.count / self.per * self.price.usd


@dataclass(frozen=True, kw_only=True)
class WorkBill:
    charges: tuple[Charge, ...]

    @property
    def usd(self) -> float:
        return sum(charge.usd for charge in self.charges)


def _request_charges(requests: Mapping[str, float], prices: Prices) -> list[Charge]:
    charges = []
    for operation, count in requests.items():
        if operation not in OPERATION_CLASSES:
            raise UnpriceableError(
                f"cannot price S3 operation {operation!r} ({count:g} calls): no class is known"
                "\n  cure: add it to OPERATION_CLASSES in costs/requests.py"
            )
        if sku := OPERATION_CLASSES[operation]:
            charges.append(Charge(what=operation, count=count, per=1_000, price=prices[sku]))
    return charges


def bill(work: Work, prices: Prices | None = None) -> WorkBill:
    """Price it; raises `UnpriceableError` for an operation that has no class."""
    prices = prices if prices is not None else load_prices()
    charges = _request_charges(work.requests, prices)
    for what, sku, count, per in (
        ("GB-months in S3 Standard", "s3.standard", work.stored_gb_months, 1),
        ("objects listed by Inventory", "s3.inventory", work.inventory_objects, 1_000_000),
        ("Batch Operations jobs", "s3.batch.job", work.batch_jobs, 1),
        ("Batch Operations objects", "s3.batch.object", work.batch_objects, 1_000_000),
    ):
        if count:
            charges.append(Charge(what=what, count=count, per=per, price=prices[sku]))
    return WorkBill(charges=tuple(charges))
