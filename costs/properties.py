"""Reading properties however they are spelled: snake_case or camelCase, typed arguments or plain dictionaries.

A value that is no plain data (an output whose value the engine does not have yet) is *unknown*, which is not the same
as *absent*: absent means AWS's own default, unknown means that an assumption is needed and has to be shown.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Final

UNKNOWN: Final = object()


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def _plain(value: object) -> object:
    """Plain data as it is; typed arguments of Pulumi as their dictionary; anything else is unknown."""
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, str | bool | int | float | Mapping):
        return value
    if isinstance(value, list | tuple):
        return value
    # Typed arguments (aws.ec2.InstanceRootBlockDeviceArgs) mark their class so; this package does not import pulumi.
    return vars(value) if hasattr(type(value), "_pulumi_input_type") else UNKNOWN


class Fields:
    """A typed view of one property bag; names are asked for in snake_case."""

    def __init__(self, properties: object) -> None:
        plain = _plain(properties)
        self._known = plain is not UNKNOWN
        self._values: Mapping[object, object] = plain if isinstance(plain, Mapping) else {}

    def raw(self, name: str) -> object:
        """The value, None when absent, UNKNOWN when the engine does not know it yet."""
        if not self._known:
            return UNKNOWN
        value = self._values.get(name)
        return _plain(self._values.get(_camel(name)) if value is None else value)

    def unknown(self, name: str) -> bool:
        return self.raw(name) is UNKNOWN

    def has(self, name: str) -> bool:
        return self.raw(name) not in (None, UNKNOWN, "", [], ())

    def text(self, name: str) -> str | None:
        value = self.raw(name)
        return value if isinstance(value, str) and value else None

    def number(self, name: str) -> float | None:
        value = self.raw(name)
        if isinstance(value, str):
            try:
                return float(value)
            except ValueError:
                return None
        return float(value) if isinstance(value, int | float) else None

    def flag(self, name: str) -> bool | None:
        value = self.raw(name)
        if isinstance(value, str):
            return {"true": True, "false": False}.get(value.lower())
        return value if isinstance(value, bool) else None

    def child(self, name: str) -> "Fields":
        """A nested bag; some providers wrap it in a list of one."""
        value = self.raw(name)
        if isinstance(value, Sequence) and not isinstance(value, str):
            return Fields(value[0] if value else {})
        return Fields(UNKNOWN if value is UNKNOWN else value)

    def children(self, name: str) -> list["Fields"]:
        value = self.raw(name)
        if isinstance(value, Sequence) and not isinstance(value, str):
            return [Fields(item) for item in value]
        return [Fields(value)] if isinstance(value, Mapping) else []

    def texts(self, name: str) -> list[str]:
        value = self.raw(name)
        items = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
        return [item for item in map(_plain, items) if isinstance(item, str)]

    def length(self, name: str) -> int | None:
        """How many items a list has, even where the items themselves are unknown; None when the list is."""
        value = self.raw(name)
        return len(value) if isinstance(value, Sequence) and not isinstance(value, str) else None
