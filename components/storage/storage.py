"""Storage: the buckets of a stack, never swapped: what everything else may lose, these keep.

The data home has a bucket per tier of data and one for artifacts; any other stack has its artifacts only and reads its
own tier of the home.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pulumi import Output, ResourceOptions

from components.base import Context, PlatformComponent
from components.storage.bucket import Bucket, BucketArgs
from components.storage.contract import StorageOutputs
from components.variants import Tier

CHECKPOINT_DAYS: Final = 30
"""A checkpoint serves the run that wrote it; a run that has not come back in a month never will."""


@dataclass(frozen=True, kw_only=True)
class StorageArgs:
    """`home_tiers` are buckets of another stack's that this one reads; then it makes no tier bucket of its own."""

    context: Context
    noncurrent_days: int
    log_days: int
    home_tiers: Mapping[str, Output[str]] | None = None


class Storage(PlatformComponent[StorageOutputs[Output[str]]]):
    """Creates four buckets in the data home, one elsewhere. Costs what they store."""

    def __init__(self, name: str, args: StorageArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__(name, args.context, opts)
        expire_days = {"checkpoints/": CHECKPOINT_DAYS, "workflow/jobs/": args.log_days}
        artifacts = self._create_bucket(args, "artifacts", expire_days=expire_days)
        tiers = args.home_tiers
        if tiers is None:
            tiers = {tier.value: self._create_bucket(args, tier.value, tier=tier.value) for tier in Tier}
        self.publish(StorageOutputs(tier_buckets=tiers, artifact_bucket=artifacts))

    def _create_bucket(
        self, args: StorageArgs, purpose: str, *, expire_days: Mapping[str, int] | None = None, tier: str = ""
    ) -> Output[str]:
        bucket_args = BucketArgs(
            context=args.context,
            purpose=purpose,
            noncurrent_days=args.noncurrent_days,
            expire_days=expire_days or {},
            tier=tier,
        )
        return Bucket(f"{self.component_name}-{purpose}", bucket_args, self.child).outputs.bucket
