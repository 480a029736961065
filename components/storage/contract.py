"""What storage gives to everybody else: a bucket per tier of data and one for artifacts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

T = TypeVar("T")

LANDING_PREFIX: Final = "landing/"
"""Where new images arrive, in the prod tier's bucket: the only prefix that people and cameras write to."""
MANIFEST_PREFIX: Final = "manifests/"
"""Where the sampler puts a tier's manifests, in that tier's own bucket."""
PACK_PREFIX: Final = "packs/"
"""Where it puts their tar shards, likewise."""


@dataclass(frozen=True, kw_only=True)
class StorageOutputs(Generic[T]):
    """`tier_buckets` has one bucket name per `Tier` that this stack may read, `artifact_bucket` the prefixes
    mlflow/ mlflow-app/ models/ serving/ checkpoints/ backup/ workflow/."""

    tier_buckets: Mapping[str, T]
    artifact_bucket: T
