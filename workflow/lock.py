"""One writer per stack: a lease in S3, taken and given back by conditional writes.

Promises that of two commands that change what is served exactly one goes on, and that the other names the holder
(exit 8); that a holder that died is replaced when its lease is over, by S3's clock; that each holder gets a higher
fencing number. Leaves the last word to the conditional write of the deployment object itself.
"""

import contextlib
import dataclasses
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from workflow.clock import Dated, read_dated
from workflow.context import Context
from workflow.decode import DecodeError, decode
from workflow.errors import DriftError, RefusedError
from workflow.s3 import Address, ConflictError, restoring, write

TTL_SECONDS: Final = 120
"""How long a killed command keeps others waiting; a living one renews its lease three times as often."""


@dataclass(frozen=True, kw_only=True)
class Lease:
    """The lock object. It is never deleted, only marked `released`: so the fencing number never starts anew."""

    version: int
    owner: str
    purpose: str
    fencing: int
    ttl_seconds: int
    released: bool


@dataclass(kw_only=True)
class Lock:
    """A held lease. `check` before every write: a holder that was thought dead must not write."""

    client: Any
    address: Address
    lease: Lease
    etag: str
    _lost: str = ""
    _written: float = field(default_factory=time.monotonic)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    @property
    def fencing(self) -> int:
        return self.lease.fencing

    def check(self) -> None:
        lost = self._lost
        if not lost and time.monotonic() - self._written >= self.lease.ttl_seconds:
            lost = f"it could not be renewed for {self.lease.ttl_seconds} s"
        if lost:
            raise RefusedError(f"the lock {self.address} was lost while it was held: {lost}", cure="mlteam status")

    def renew(self) -> None:
        """Prolong the lease; a lease that somebody else has taken is kept for `check`, because a thread calls this."""
        self._rewrite(self.lease)

    def release(self) -> None:
        self._rewrite(dataclasses.replace(self.lease, released=True))

    def _rewrite(self, lease: Lease) -> None:
        with self._guard:
            if self._lost or self.lease.released:
                return
            asked = time.monotonic()
            try:
                self.etag = write(self.client, self.address, _encode(lease), if_match=self.etag)
                self.lease, self._written = lease, asked
            except ConflictError as error:
                self._lost = str(error)


def lock_address(artifact_bucket: str, stack: str) -> Address:
    return Address(artifact_bucket, f"workflow/locks/{stack}.json")


def acquire(client: Any, address: Address, *, owner: str, purpose: str, ttl_seconds: int = TTL_SECONDS) -> Lock:
    """The lock, or RefusedError naming who holds it."""
    stored = read_dated(client, address)
    fencing = 1
    if stored is not None:
        held = parse_lease(stored.body, address)
        _refuse_if_held(held, stored)
        fencing = held.fencing + 1
    lease = Lease(version=1, owner=owner, purpose=purpose, fencing=fencing, ttl_seconds=ttl_seconds, released=False)
    try:
        etag = write(client, address, _encode(lease), if_match=stored.etag if stored else "", if_absent=stored is None)
    except ConflictError as error:
        raise RefusedError(f"somebody else took the lock {address} just now", cure="mlteam status") from error
    return Lock(client=client, address=address, lease=lease, etag=etag)


@contextlib.contextmanager
def stack_lock(context: Context, purpose: str) -> Iterator[Lock]:
    """Hold the stack's lock for the block, renewing it while the block works."""
    platform = context.platform
    address = lock_address(platform.storage.artifact_bucket, platform.stack)
    lock = acquire(context.aws.client("s3"), address, owner=context.aws.caller_arn(), purpose=purpose)
    done = threading.Event()
    beat = threading.Thread(target=_renew_until, args=(lock, done), daemon=True)
    beat.start()
    try:
        yield lock
    finally:
        done.set()
        beat.join()
        try:
            lock.release()
        except Exception as error:  # must not hide what the block has failed of
            context.progress.warn(f"the lock was not given back, and ends by itself in {TTL_SECONDS} s: {error}")


def parse_lease(body: bytes, address: Address) -> Lease:
    try:
        return decode(Lease, json.loads(body))
    except (DecodeError, ValueError) as error:
        raise DriftError(
            f"the lock {address} is not one that mlteam wrote: {error}", cure=restoring(address)
        ) from error


def is_held(lease: Lease, stored: Dated) -> bool:
    return not lease.released and stored.age() < timedelta(seconds=lease.ttl_seconds)


def _refuse_if_held(lease: Lease, stored: Dated) -> None:
    if is_held(lease, stored):
        seconds = lease.ttl_seconds - int(stored.age().total_seconds())
        renewed = f"{stored.written_at:%Y-%m-%d %H:%M:%S} UTC"
        raise RefusedError(
            f"{lease.owner} holds the stack's lock to {lease.purpose}, last renewed {renewed}",
            cure=f"wait for it; a holder that died is replaced in {seconds} s",
        )


def _renew_until(lock: Lock, done: threading.Event) -> None:
    while not done.wait(lock.lease.ttl_seconds / 3):
        with contextlib.suppress(Exception):  # S3 may be away for a moment; `check` knows when that was too long
            lock.renew()


def _encode(lease: Lease) -> bytes:
    return json.dumps(dataclasses.asdict(lease), indent=1).encode()
