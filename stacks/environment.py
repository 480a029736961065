"""What a stack guarantees whatever its flags: one row per stack there may be."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from components.variants import Tier


@dataclass(frozen=True, kw_only=True)
class Environment:
    """`tier` is the level of data that the stack works on when another stack is its data home.

    `keep_data` protects what holds data and leaves it when it is removed from the program; without it a destroy
    empties the buckets. `snapshot_count` daily snapshots of the host's disk are kept (0: none; the databases are in
    the bucket anyway). `sleeps` says that working hours may stop the host.
    """

    name: str
    tier: Tier
    keep_data: bool
    snapshot_count: int
    log_days: int
    noncurrent_days: int
    sleeps: bool


ENVIRONMENTS: Final[Mapping[str, Environment]] = {
    environment.name: environment
    for environment in (
        Environment(
            name="local",
            tier=Tier.PROD,
            keep_data=False,
            snapshot_count=0,
            log_days=7,
            noncurrent_days=7,
            sleeps=False,
        ),
        Environment(
            name="dev",
            tier=Tier.DEV,
            keep_data=True,
            snapshot_count=0,
            log_days=14,
            noncurrent_days=14,
            sleeps=True,
        ),
        Environment(
            name="prod",
            tier=Tier.PROD,
            keep_data=True,
            snapshot_count=7,
            log_days=90,
            noncurrent_days=90,
            sleeps=False,
        ),
    )
}
