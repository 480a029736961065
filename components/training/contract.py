"""The contract of `training`: what a job is started from. A job itself is never infrastructure state."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:  # the workflow and hosts read this module where there is no Pulumi
    from pulumi import Output, ResourceOptions

    from components.base import Context
    from components.shared.contract import NetworkOutputs, ReleaseOutputs, ServiceSpec
    from components.shared.statements import Statement
    from components.variants import Duty

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class TrainingOutputs(Generic[T]):
    """`launch_template_id` starts a spot instance that fetches the job its tag `mlteam:job` names, runs it and
    terminates itself; `jobs_uri` is s3://bucket/workflow/jobs/; `max_runtime_seconds` bounds every job.

    `instance_types` are tried together, cheapest capacity first; `subnet_ids` are where they may start.
    """

    variant: str
    launch_template_id: T
    instance_types: tuple[str, ...]
    subnet_ids: tuple[T, ...]
    role_arn: T
    jobs_uri: T
    max_runtime_seconds: int


@dataclass(frozen=True, kw_only=True)
class TrainingArgs:
    """`tier_buckets` are those that a job may read; `tracking_statements` are what tracking asks of its clients."""

    context: "Context"
    network: "NetworkOutputs[Output[str]]"
    artifact_bucket: "Output[str]"
    tier_buckets: "Mapping[str, Output[str]]"
    release: "ReleaseOutputs"
    tools: str
    tracking_statements: "Output[tuple[Statement, ...]]"
    ami_id: str
    instance_types: tuple[str, ...]
    max_hours: int


class Training(Protocol):
    """What every variant of `training` is."""

    outputs: "TrainingOutputs[Output[str]]"
    services: "tuple[ServiceSpec[Output[str]], ...]"
    host_statements: "Output[tuple[Statement, ...]] | None"
    duty_statements: "Mapping[Duty, Output[tuple[Statement, ...]]]"

    def __init__(self, name: str, args: "TrainingArgs", opts: "ResourceOptions | None" = None) -> None: ...
