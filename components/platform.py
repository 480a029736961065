"""The record of a whole stack that the workflow reads: one frozen dataclass, generic in its leaf type.

While provisioning a leaf is `Output[str]`, at run time `str`. Loads without Pulumi.
"""

from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from components.data.contract import DataOutputs
from components.monitoring.contract import MonitoringOutputs
from components.serving.contract import ServingOutputs
from components.shared.contract import ApprovalOutputs, HostCommandOutputs, HostOutputs, RoleOutputs
from components.storage.contract import StorageOutputs
from components.tracking.contract import TrackingOutputs
from components.training.contract import TrainingOutputs

T = TypeVar("T")

PLATFORM_VERSION: Final = 1


def platform_parameter(project: str, stack: str) -> str:
    """The SSM parameter that holds the s3:// address of the stack's platform record."""
    return f"/{project}-{stack}/platform"


@dataclass(frozen=True, kw_only=True)
class Platform(Generic[T]):
    """`host` and its commands are absent in a mix that runs no service of its own."""

    version: int
    project: str
    stack: str
    region: str
    account_id: T
    storage: StorageOutputs[T]
    approval: ApprovalOutputs[T]
    roles: RoleOutputs[T]
    host: HostOutputs[T] | None
    host_commands: HostCommandOutputs | None
    data: DataOutputs[T]
    tracking: TrackingOutputs[T]
    training: TrainingOutputs[T]
    serving: ServingOutputs[T]
    monitoring: MonitoringOutputs[T]
