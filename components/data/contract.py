"""The contract of `data`: where images land, how much of them each tier gets, and who may sample."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class DataOutputs(Generic[T]):
    """`landing_uri` is s3://bucket/landing/; fractions are of all groups, in (0, 1], dev at most 0.01;
    `role_arn` is the role that the sampler runs as."""

    variant: str
    landing_uri: T
    dev_sample_fraction: float
    staging_sample_fraction: float
    role_arn: T
