"""The CloudFormation resource schemas that cfn-lint carries, as an independent witness for the rows.

Promises: read from the installed package only (no network, no newer copy from a user's cache), each schema once and
only when it is asked for. Leaves to others: which row corresponds to which type (`emulator.rows`) and where the two
differ (`emulator.agreement`).
A property is named by its path in CloudFormation's own spelling, list items and map values as `*`:
`Rules/*/Status`. Source: cfn-lint 1.x, `cfnlint/data/schemas` (checked 2026-11).
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

REGION: Final = "us-east-1"
# Schemas may refer to themselves (a condition within a condition): deeper than this nobody compares.
DEEPEST: Final = 8


class UnknownTypeError(LookupError):
    """No schema for a CloudFormation type."""


@dataclass(frozen=True)
class Schema:
    """What CloudFormation says of one resource type; every set holds paths of properties."""

    type_name: str
    properties: frozenset[str]
    required: frozenset[str]
    create_only: frozenset[str]
    read_only: frozenset[str]
    write_only: frozenset[str]
    enums: Mapping[str, frozenset[str]]


def type_names() -> frozenset[str]:
    return frozenset(_files())


@cache
def schema(type_name: str) -> Schema:
    """The schema of `type_name` (`AWS::S3::Bucket`); UnknownTypeError for one that cfn-lint does not carry."""
    if type_name not in _files():
        raise UnknownTypeError(f"no CloudFormation schema for {type_name!r}; see `emulator.schemas.type_names()`")
    document = json.loads((_folder() / "resources" / f"{_files()[type_name]}.json").read_text(encoding="utf-8"))
    found = list(_walk(document, document, "", DEEPEST))
    return Schema(
        type_name=type_name,
        properties=frozenset(path for path, _, _ in found),
        required=frozenset(path for path, _, needed in found if needed),
        create_only=_paths(document, "createOnlyProperties") | _paths(document, "conditionalCreateOnlyProperties"),
        read_only=_paths(document, "readOnlyProperties"),
        write_only=_paths(document, "writeOnlyProperties"),
        enums={path: values for path, node, _ in found if (values := _enumeration(document, node))},
    )


@cache
def _folder() -> Path:
    package = find_spec("cfnlint")
    if package is None or not package.submodule_search_locations:
        raise ModuleNotFoundError("cfn-lint is not installed; it comes with moto: pip install -r requirements-dev.txt")
    return Path(next(iter(package.submodule_search_locations))) / "data" / "schemas"


@cache
def _files() -> dict[str, str]:
    text = (_folder() / "providers" / f"{REGION}.json").read_text(encoding="utf-8")
    names: dict[str, str] = json.loads(text)
    return names


def _paths(document: Mapping[str, Any], member: str) -> frozenset[str]:
    return frozenset(pointer.removeprefix("/properties/") for pointer in document.get(member) or ())


def _walk(
    document: Mapping[str, Any], node: Mapping[str, Any], prefix: str, depth: int
) -> Iterator[tuple[str, Mapping[str, Any], bool]]:
    """Every property under `node`: its path, its schema without references, whether its parent requires it."""
    if depth == 0:
        return
    for part in _alternatives(document, node):
        needed = set(part.get("required") or ())
        for name, child in (part.get("properties") or {}).items():
            path = f"{prefix}{name}"
            yield path, child, name in needed
            yield from _walk(document, child, f"{path}/", depth - 1)
        for items in _items(part):
            yield from _walk(document, items, f"{prefix}*/", depth - 1)


def _items(part: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The schemas of a list's items and of a map's values."""
    extra = part.get("additionalProperties")
    for candidate in (part.get("items"), extra, *(part.get("patternProperties") or {}).values()):
        if isinstance(candidate, dict):
            yield candidate


def _alternatives(document: Mapping[str, Any], node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """`node` itself without references, and what its anyOf, oneOf and allOf add."""
    seen = set()
    while (reference := node.get("$ref")) and reference not in seen:
        seen.add(reference)
        node = document["definitions"].get(reference.removeprefix("#/definitions/"), {})
    yield node
    for word in ("anyOf", "oneOf", "allOf"):
        for option in node.get(word) or ():
            if set(option) - {"required"}:  # a bare `required` says "one of these", not "this one"
                yield from _alternatives(document, option)


def _enumeration(document: Mapping[str, Any], node: Mapping[str, Any]) -> frozenset[str]:
    """The allowed values of a property or of its items; empty if it is open."""
    values: set[str] = set()
    for part in _alternatives(document, node):
        values |= {str(value) for value in part.get("enum") or () if isinstance(value, str | int)}
        if isinstance(items := part.get("items"), dict):
            values |= _enumeration(document, items)
    return frozenset(values)
