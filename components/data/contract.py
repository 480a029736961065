"""The contract of `data`: where images land, how much of them each tier gets, and who may sample."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:  # the workflow and hosts read this module where there is no Pulumi
    from pulumi import Output, ResourceOptions

    from components.base import Context
    from components.shared.contract import ServiceSpec
    from components.shared.statements import Statement
    from components.variants import Duty

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


@dataclass(frozen=True, kw_only=True)
class DataArgs:
    """Only the data home has this component; `tier_buckets` are its own, by tier."""

    context: "Context"
    tier_buckets: "Mapping[str, Output[str]]"
    artifact_bucket: "Output[str]"
    dev_sample_fraction: float
    staging_sample_fraction: float


class Data(Protocol):
    """What every variant of `data` is."""

    outputs: "DataOutputs[Output[str]]"
    services: "tuple[ServiceSpec[Output[str]], ...]"
    host_statements: "Output[tuple[Statement, ...]] | None"
    duty_statements: "Mapping[Duty, Output[tuple[Statement, ...]]]"

    def __init__(self, name: str, args: "DataArgs", opts: "ResourceOptions | None" = None) -> None: ...
