"""The contract of `tracking`: where runs and models are recorded, and how a client proves who it is."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:  # the workflow and hosts read this module where there is no Pulumi
    from pulumi import Output, ResourceOptions

    from components.base import Context
    from components.shared.contract import ServiceSpec
    from components.shared.statements import Statement

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class TrackingOutputs(Generic[T]):
    """`tracking_uri` is what MLFLOW_TRACKING_URI takes: an http URL, or the ARN of a managed app.

    `username` and `password_parameter` (the name of an SSM SecureString) are empty where requests are
    signed with the caller's AWS identity instead.
    """

    variant: str
    tracking_uri: T
    username: str
    password_parameter: str


@dataclass(frozen=True, kw_only=True)
class TrackingArgs:
    """`host_address` is the private address of the stack's host."""

    context: "Context"
    host_address: "Output[str]"
    artifact_bucket: "Output[str]"


class Tracking(Protocol):
    """What every variant of `tracking` is."""

    outputs: "TrackingOutputs[Output[str]]"
    services: "tuple[ServiceSpec[Output[str]], ...]"
    host_statements: "Output[tuple[Statement, ...]] | None"
    client_statements: "Output[tuple[Statement, ...]]"
    """What a role needs that logs runs and models here."""
    reader_statements: "Output[tuple[Statement, ...]]"
    """What a role needs that reads models, and notes what became of them."""

    def __init__(self, name: str, args: "TrackingArgs", opts: "ResourceOptions | None" = None) -> None: ...
