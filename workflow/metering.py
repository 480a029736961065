"""Count the S3 requests that are really made, and what they cost by the price list of `costs`."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from types import TracebackType
from typing import Any, Final, Self

from costs.requests import Work, bill

EVENT: Final = "before-call.s3"
GIB: Final = 1 << 30


@dataclass(frozen=True, kw_only=True)
class Bill:
    """`requests` by operation; `stored_gib` is what was added, its price is for one month."""

    requests: Mapping[str, int]
    stored_gib: float
    usd: float

    def text(self) -> str:
        requests = ", ".join(f"{count} {name}" for name, count in self.requests.items())
        return f"USD {self.usd:.6f}: {requests or 'no requests'}, {self.stored_gib:.6f} GiB kept for a month"


def billed(requests: Mapping[str, int], stored_bytes: int) -> Bill:
    stored_gib = stored_bytes / GIB
    work = Work(requests={name: float(count) for name, count in requests.items()}, stored_gb_months=stored_gib)
    return Bill(requests=dict(sorted(requests.items())), stored_gib=stored_gib, usd=bill(work).usd)


class Meter:
    """Counts the calls of a client while it is entered; threads may use the client."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.requests: Counter[str] = Counter()
        self._stored_bytes = 0
        self._lock = Lock()

    def __enter__(self) -> Self:
        self.client.meta.events.register(EVENT, self._count)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.meta.events.unregister(EVENT, self._count)

    def bill(self) -> Bill:
        return billed(self.requests, self._stored_bytes)

    def keep(self, count: int) -> None:
        """Bytes that were stored without passing through here: S3's own copies."""
        with self._lock:
            self._stored_bytes += count

    def _count(self, model: Any, params: Mapping[str, Any], **_: Any) -> None:
        with self._lock:
            self.requests[model.name] += 1
            if model.name in ("PutObject", "UploadPart"):
                self._stored_bytes += _length(params["body"])


def _length(body: Any) -> int:
    """Bytes of a request body: what knows its length, or a file whose place must not move."""
    if hasattr(body, "__len__"):
        return len(body)
    here = body.tell()
    end = int(body.seek(0, 2))
    body.seek(here)
    return int(end - here)
