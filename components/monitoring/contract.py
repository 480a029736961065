"""The contract of `monitoring`: who watches the stack, and where what it finds is said."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:  # the workflow and hosts read this module where there is no Pulumi
    from pulumi import Output, ResourceOptions

    from components.base import Context
    from components.shared.contract import ServiceSpec
    from components.shared.statements import Statement

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class MonitoringOutputs(Generic[T]):
    """`topic_arn` is the SNS topic that alarms speak through, as anything else may that has news for people; `alarms`
    are their names, none in a stack where nobody listens."""

    variant: str
    topic_arn: T
    alarms: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class MonitoringArgs:
    """`is_heard` says that the topic has subscribers. `schedule_group` is that of the host's working hours; without it
    the host never sleeps."""

    context: "Context"
    topic_arn: "Output[str]"
    topic_name: str
    is_heard: bool
    host_instance_id: "Output[str]"
    host_instance_type: str
    schedule_group: str | None


class Monitoring(Protocol):
    """What every variant of `monitoring` is."""

    outputs: "MonitoringOutputs[Output[str]]"
    services: "tuple[ServiceSpec[Output[str]], ...]"
    host_statements: "Output[tuple[Statement, ...]] | None"

    def __init__(self, name: str, args: "MonitoringArgs", opts: "ResourceOptions | None" = None) -> None: ...
