"""How much a team uses its platform in a month: what prices are multiplied by where a resource does not say.

The defaults are the reference team of docs/costs.md (5 people, one stack dev and one stack prod) as a whole;
`usage_for` gives each stack its share, and the shares of dev and prod add up to the whole. All numbers are planning
figures, to be replaced by the team's own with `dataclasses.replace`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Final

HOURS_PER_MONTH: Final = 730.0
WEEKS_PER_MONTH: Final = HOURS_PER_MONTH / (24 * 7)


@dataclass(frozen=True, kw_only=True)
class BucketUse:
    """What one bucket holds in S3 Standard, and its requests of a month (class as S3 bills them)."""

    storage_gb: float
    put_class_requests: float
    get_class_requests: float

    def scaled(self, share: float) -> "BucketUse":
        return BucketUse(
            storage_gb=self.storage_gb * share,
            put_class_requests=self.put_class_requests * share,
            get_class_requests=self.get_class_requests * share,
        )


TEAM_BUCKETS: Final[Mapping[str, BucketUse]] = {
    "prod": BucketUse(storage_gb=400, put_class_requests=600_000, get_class_requests=2_000_000),
    "staging": BucketUse(storage_gb=40, put_class_requests=150_000, get_class_requests=1_200_000),
    "dev": BucketUse(storage_gb=4, put_class_requests=50_000, get_class_requests=800_000),
    "artifacts": BucketUse(storage_gb=56, put_class_requests=200_000, get_class_requests=1_000_000),
}
"""500 GB, 1 M PUT-class and 5 M GET in all; staging a tenth and dev a hundredth of the prod tier."""


@dataclass(frozen=True, kw_only=True)
class Usage:
    """A month. Every field is documented in the assumptions table of docs/costs.md, which a test holds to this."""

    profile: str = "the whole reference team on one stack"
    free_tiers: bool = True
    host_hours: float = HOURS_PER_MONTH
    gpu_training_hours: float = 40
    cpu_training_hours: float = 40
    training_instance_types: tuple[str, ...] = ()
    processing_hours: float = 20
    notebook_hours: float = 200
    ci_agent_hours: float = 34
    ci_build_minutes: float = 2_000
    pipeline_action_minutes: float = 3_000
    inferences: float = 1_020_000
    inference_seconds: float = 0.05
    inference_kb: float = 12.5
    labeled_objects: float = 2_000
    buckets: Mapping[str, BucketUse] = field(default_factory=lambda: dict(TEAM_BUCKETS))
    inventory_objects: float = 1_000_000
    snapshot_gb_per_volume_gb: float = 1.0
    log_ingest_gb: float = 2
    alarm_messages: float = 40
    scheduled_starts: float = 44
    internet_egress_gb: float = 0
    private_endpoint_gb: float = 10
    nat_gb: float = 50
    load_balancer_units: float = 1
    mlflow_metadata_gb: float = 1
    image_gb: float = 5
    kms_requests: float = 20_000
    secret_calls: float = 10_000


MONTHLY: Final = (
    "gpu_training_hours",
    "cpu_training_hours",
    "processing_hours",
    "ci_agent_hours",
    "ci_build_minutes",
    "pipeline_action_minutes",
    "inventory_objects",
    "log_ingest_gb",
    "alarm_messages",
    "scheduled_starts",
    "internet_egress_gb",
    "private_endpoint_gb",
    "nat_gb",
    "mlflow_metadata_gb",
    "image_gb",
    "kms_requests",
    "secret_calls",
)
"""What the team does in a month, split evenly between its dev and its prod stack."""


def working_hours(days_per_week: float, hours_per_day: float) -> float:
    """Hours of a month that a host is on when its schedule wakes it for these."""
    return days_per_week * hours_per_day * WEEKS_PER_MONTH


def _half(whole: Usage) -> Usage:
    halves = {item.name: getattr(whole, item.name) / 2 for item in fields(whole) if item.name in MONTHLY}
    return replace(whole, **halves)


def _buckets(tier_share: float) -> dict[str, BucketUse]:
    shares = {"artifacts": 0.5}
    return {role: use.scaled(shares.get(role, tier_share)) for role, use in TEAM_BUCKETS.items()}


def _dev(whole: Usage) -> Usage:
    return replace(
        _half(whole),
        profile="dev: half of the reference team's jobs, its notebooks, a hundredth of its data",
        free_tiers=False,  # an account has them once: they are counted in prod, so that the sum is never too low
        host_hours=220,
        inferences=20_000,
        labeled_objects=0,
        buckets=_buckets(0.01),
    )


def _prod(whole: Usage) -> Usage:
    return replace(
        _half(whole),
        profile="prod: half of the reference team's jobs, all of its labels, nearly all of its data and inferences",
        notebook_hours=0,
        inferences=1_000_000,
        buckets=_buckets(0.99),
    )


PROFILES: Final[Mapping[str, Callable[[Usage], Usage]]] = {"dev": _dev, "prod": _prod}


def usage_for(stack: str, *, host_hours: float | None = None) -> Usage:
    """The share of `stack`: dev and prod have one each, any other name (local, a team's only stack) is the whole team.

    `host_hours` replaces the profile's: 730 for a host without a schedule, `working_hours(...)` for one with.
    """
    share = PROFILES.get(stack)
    usage = share(Usage()) if share else Usage()
    return usage if host_hours is None else replace(usage, host_hours=host_hours)
