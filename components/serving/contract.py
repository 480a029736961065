"""The contract of `serving`: where predictions are asked for and where the wanted deployment is written."""

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
class ServingOutputs(Generic[T]):
    """`url` answers /ping and /invocations; `deployment_uri` is the S3 object that says which models are
    wanted with which weights (the one control-plane write of a deployment); `models_uri` is the S3 prefix
    of the digest-named model archives that the server may load."""

    variant: str
    url: T
    deployment_uri: T
    models_uri: T


@dataclass(frozen=True, kw_only=True)
class ServingArgs:
    """`host_address` is the private address of the stack's host."""

    context: "Context"
    host_address: "Output[str]"
    artifact_bucket: "Output[str]"


class Serving(Protocol):
    """What every variant of `serving` is."""

    outputs: "ServingOutputs[Output[str]]"
    services: "tuple[ServiceSpec[Output[str]], ...]"
    host_statements: "Output[tuple[Statement, ...]] | None"
    duty_statements: "Mapping[Duty, Output[tuple[Statement, ...]]]"

    def __init__(self, name: str, args: "ServingArgs", opts: "ResourceOptions | None" = None) -> None: ...
