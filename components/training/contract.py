"""The contract of `training`: what a job is started from. A job itself is never infrastructure state."""

from dataclasses import dataclass
from typing import Generic, TypeVar

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
