"""What changed between two sets of checked inputs, path by path."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from emulator.engine.properties import properties_of, same
from emulator.rows import Json, Property, Row

DEFAULTS: Final = "__defaults"
"""Input that names the properties which the provider filled in itself, as pulumi-aws records it."""

_PLAIN_KEY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NOTHING: Final = Property()


@dataclass(frozen=True)
class Change:
    """One changed path, in Pulumi's path syntax."""

    path: str
    kind: Literal["ADD", "DELETE", "UPDATE"]
    replaces: bool

    @property
    def property(self) -> str:
        return re.split(r"[.\[]", self.path, maxsplit=1)[0]


def changes(row: Row, old: Mapping[str, Json], new: Mapping[str, Json]) -> list[Change]:
    """Every change from the old to the new inputs; both without secret wrappers."""
    known = properties_of(row)
    found: list[Change] = []
    for name in sorted({*old, *new} - {DEFAULTS}):
        prop = known.get(name, _NOTHING)
        replaces = bool(prop.replaces_if and new.get(prop.replaces_if) is True)
        found += _compare(name, old.get(name), new.get(name), prop, replaces=replaces)
    return found


def changed(row: Row, old: Mapping[str, Json], new: Mapping[str, Json]) -> frozenset[str]:
    """Names of the properties that differ."""
    return frozenset(change.property for change in changes(row, old, new))


def _compare(path: str, old: Json, new: Json, prop: Property, *, replaces: bool) -> Iterator[Change]:
    replaces = replaces or prop.replaces
    if same(old, new, prop):
        return
    if old is None or new is None:
        yield Change(path, "ADD" if old is None else "DELETE", replaces or _first_time_replaces(prop, old, new))
    elif isinstance(old, dict) and isinstance(new, dict) and old and new and not _is_text(prop):
        for key in sorted({*old, *new}):
            inner = prop.fields.get(key, _NOTHING)
            yield from _compare(f"{path}{_step(key)}", old.get(key), new.get(key), inner, replaces=replaces)
    elif isinstance(old, list) and isinstance(new, list) and not prop.unordered:
        yield from _compare_lists(path, old, new, prop, replaces=replaces)
    else:
        yield Change(path, "UPDATE", replaces)


def _compare_lists(path: str, old: list[Json], new: list[Json], prop: Property, *, replaces: bool) -> Iterator[Change]:
    item = Property(fields=prop.fields)
    for index in range(max(len(old), len(new))):
        before = old[index] if index < len(old) else None
        after = new[index] if index < len(new) else None
        yield from _compare(f"{path}[{index}]", before, after, item, replaces=replaces)


def _first_time_replaces(prop: Property, old: Json, new: Json) -> bool:
    """A block that comes or goes as a whole replaces if it holds a property that does."""
    block = new if old is None else old
    if not isinstance(block, dict):
        return False
    return any(prop.fields[key].replaces for key in block if key in prop.fields)


def _is_text(prop: Property) -> bool:
    return prop.kind.value in ("json", "policy")


def _step(key: str) -> str:
    return f".{key}" if _PLAIN_KEY.fullmatch(key) else f'["{key}"]'
