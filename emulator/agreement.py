"""Where a row and CloudFormation's schema of the same resource differ.

Promises: every difference in what is required, replacing, enumerated or there at all, as `"<what> <property path>"`
with a sentence for people. The row's module lists each with its reason in `DIFFERENCES`; a test holds both together.
Leaves to others: properties that only the provider knows (no `to`), and tags, which no two services write alike.

A row's `cloudformation` is a type, and after a dot the part of it that the row is about
(`AWS::S3::Bucket.VersioningConfiguration`); a property's is a path below that part, or from the root with a leading
`/`, or `-` for a property that the schema says in another way.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from emulator import schemas
from emulator.engine import shapes
from emulator.rows import Property, Row

NOWHERE: Final = "-"


@dataclass(frozen=True)
class _Place:
    """A property on its way down a row, with what it inherits from its parents."""

    schema: schemas.Schema
    service: str
    base: str  # path of the parent in the schema, ends in / unless it is the root
    shown: str  # path of the parent in the row, likewise with .
    member: str  # operation and member path of the parent
    replaces: bool | None  # None: they differ there already, said once
    named: str = ""  # property that gets a name by itself


def differences(row: Row) -> Mapping[str, str]:
    """Every difference by its key; a row that names no schema has one called `schema`."""
    if not row.cloudformation:
        return {"schema": "the row names no CloudFormation type"}
    type_name, _, part = row.cloudformation.partition(".")
    schema = schemas.schema(type_name)
    base = f"{part.replace('.', '/')}/" if part else ""
    place = _Place(schema, row.service, base, "", "", replaces=False, named=row.name)
    return dict([*_level(row.properties, place), *_missing(row.properties, place)])


def _level(properties: Mapping[str, Property], place: _Place) -> Iterator[tuple[str, str]]:
    for name, prop in properties.items():
        if not prop.paths and not prop.cloudformation:
            continue
        shown = f"{place.shown}{name}"
        path = _path(prop, place)
        if path is None:
            where = "no counterpart" if prop.cloudformation == NOWHERE else f"no {place.base}{_member_name(prop)}"
            yield f"absent {shown}", f"{place.schema.type_name} has {where}"
            continue
        yield from _compare(prop, shown, path, place)
        if prop.fields:
            inner = _Place(
                place.schema,
                place.service,
                f"{path}/",
                f"{shown}.",
                _member(prop, place) + ("[0]" if prop.many else ""),
                _inherited(prop, path, place),
            )
            yield from _level(prop.fields, inner)
            yield from _missing(prop.fields, inner)


def _compare(prop: Property, shown: str, path: str, place: _Place) -> Iterator[tuple[str, str]]:
    schema = place.schema
    if prop.required != (path in schema.required) and shown != place.named:
        yield f"required {shown}", f"row: {prop.required}, {path}: {path in schema.required}"
    ours, theirs = place.replaces or prop.replaces, _is_create_only(schema, path)
    if ours != theirs and place.replaces is not None:
        yield f"replaces {shown}", f"row: {ours}, {path}: {theirs}"
    enum, allowed = _enumeration(prop, place), schema.enums.get(path, frozenset())
    if (allowed or prop.enum) and enum != allowed:
        only_here, only_there = sorted(enum - allowed), sorted(allowed - enum)
        yield f"enum {shown}", f"only in the row: {only_here}, only in {path}: {only_there}"
    if path in schema.read_only:
        yield f"readonly {shown}", f"{path} is read-only"


def _inherited(prop: Property, path: str, place: _Place) -> bool | None:
    ours = place.replaces or prop.replaces
    return ours if place.replaces is not None and ours == _is_create_only(place.schema, path) else None


def _missing(properties: Mapping[str, Property], place: _Place) -> Iterator[tuple[str, str]]:
    """What the schema requires at this level and no property says."""
    said = {path for prop in properties.values() if (path := _path(prop, place))}
    for required in sorted(place.schema.required):
        below = required.removeprefix(place.base).removeprefix("*/")
        is_here = required.startswith(place.base) and "/" not in below
        if is_here and not any(path == required or path.startswith(f"{required}/") for path in said):
            yield f"missing {place.shown}{below}", f"{required} is required and the row has no such property"


def _path(prop: Property, place: _Place) -> str | None:
    """The property's path in the schema, whether its parent is an object or a list of them there."""
    if prop.cloudformation == NOWHERE or not (prop.paths or prop.cloudformation):
        return None
    name = _member_name(prop)
    if name.startswith("/"):
        return name[1:] if name[1:] in place.schema.properties else None
    known = place.schema.properties
    return next((path for word in _words(prop, name) if (path := _below(place.base, word, known))), None)


def _below(base: str, word: str, known: frozenset[str]) -> str | None:
    return next((path for path in (f"{base}{word}", f"{base}*/{word}") if path in known), None)


def _words(prop: Property, name: str) -> Iterator[str]:
    """The names under which the schema may have it: the member's, its whole path, what it is the only member of."""
    yield name
    if not prop.cloudformation:
        steps = shapes.steps(prop.paths[0].split(".", 1)[1]) if "." in prop.paths[0] else ()
        yield "/".join("*" if isinstance(step, int) else step for step in steps)
        yield str(next(iter(steps), ""))


def _member_name(prop: Property) -> str:
    if prop.cloudformation:
        return prop.cloudformation
    names = [step for step in shapes.steps(prop.paths[0]) if isinstance(step, str)]
    return names[-1][:1].upper() + names[-1][1:]


def _is_create_only(schema: schemas.Schema, path: str) -> bool:
    parts = path.split("/")
    return any("/".join(parts[:end]) in schema.create_only for end in range(1, len(parts) + 1))


def _member(prop: Property, place: _Place) -> str:
    if not prop.paths:
        return place.member
    return f"{place.member}.{prop.paths[0]}" if place.member else prop.paths[0]


def _enumeration(prop: Property, place: _Place) -> frozenset[str]:
    """The values that the row allows: its own list, or botocore's."""
    if prop.enum or not prop.paths:
        return frozenset(prop.enum)
    shape = shapes.shape_at(place.service, _member(prop, place))
    while shape.type_name == "list":
        shape = shape.member
    return frozenset(getattr(shape, "enum", None) or ())
