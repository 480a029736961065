"""PlatformComponent: what every component is, and the Context that tells it where it stands.

A component publishes one contract record as its last statement. What it wants to run on the host, and what the host's
role must then be allowed, it offers as `services` and `host_statements`; what people need to use it as
`duty_statements`. Most components offer none.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from types import MappingProxyType
from typing import Generic, TypeVar

from pulumi import ComponentResource, Output, ResourceOptions

from components.naming import Naming
from components.shared.contract import ServiceSpec
from components.shared.statements import Statement
from components.variants import Duty

R = TypeVar("R")


@dataclass(frozen=True, kw_only=True)
class Context:
    """Where a component stands, and what its stack guarantees whatever its flags."""

    naming: Naming
    region: str
    account_id: Output[str]
    owner: str
    keep_data: bool
    """Protect what holds data, and leave it when it is removed from the program."""
    boundary_arn: Output[str] | None = None
    """Permissions boundary of every role; None only while the boundary itself is made."""


def data_options(parent: ComponentResource, *, keep: bool) -> ResourceOptions:
    """For what holds data. Set from the first update: set later, it saves nothing (the engine reads the state)."""
    return ResourceOptions(parent=parent, protect=keep, retain_on_delete=keep)


def plain_record(record: object) -> dict[str, object]:
    """The fields of a contract record; leaves stay Outputs, records inside become dictionaries."""
    if not is_dataclass(record) or isinstance(record, type):
        raise TypeError(f"{record!r} is no contract record")
    return {field.name: _plain(getattr(record, field.name)) for field in fields(record)}


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return plain_record(value)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


class PlatformComponent(ComponentResource, Generic[R]):
    """A part of the platform. Type token: `mlteam:<kind>:<Class>`, kind being the folder that it lives in."""

    outputs: R
    services: tuple[ServiceSpec[Output[str]], ...] = ()
    host_statements: Output[tuple[Statement, ...]] | None = None
    duty_statements: Mapping[Duty, Output[tuple[Statement, ...]]] = MappingProxyType({})

    def __init__(self, name: str, context: Context, opts: ResourceOptions | None = None, *, variant: str = "") -> None:
        kind = type(self).__module__.split(".")[1]
        super().__init__(f"mlteam:{kind}:{type(self).__name__}", name, None, opts)
        self.context = context
        self.component_name = name
        self._variant = variant or "shared"

    @property
    def child(self) -> ResourceOptions:
        return ResourceOptions(parent=self)

    def tags(self, **more: str) -> dict[str, str]:
        """The platform's tags; every taggable resource carries them."""
        naming = self.context.naming
        return {
            "mlteam:project": naming.project,
            "mlteam:stack": naming.stack,
            "mlteam:component": self.component_name,
            "mlteam:variant": self._variant,
            "mlteam:owner": self.context.owner,
            **more,
        }

    def publish(self, outputs: R) -> None:
        """The last statement of every constructor: children are done, this is what they amount to."""
        self.outputs = outputs
        self.register_outputs(plain_record(outputs))
