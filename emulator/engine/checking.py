"""Check: refuse what the row or botocore's model does not allow, then fill in names, defaults and default tags."""

import difflib
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from emulator.engine import policies, shapes
from emulator.engine.configuring import Configuration
from emulator.engine.diffing import DEFAULTS
from emulator.engine.properties import local_type, properties_of
from emulator.engine.values import UNKNOWN, Asset, Secret, Unknown, Value, holds, opened
from emulator.rows import Function, Json, Kind, Property, Row

_ARN: Final = re.compile(r"arn:aws(-[a-z]+)*:[a-z0-9-]+:[a-z0-9-]*:(\d{12}|aws)?:\S+")
# AWS's limits for tags on most services; https://docs.aws.amazon.com/tag-editor/latest/userguide/reference.html
_TAG_KEY_CHARACTERS: Final = 128
_TAG_VALUE_CHARACTERS: Final = 256


@dataclass(frozen=True)
class Fault:
    """One thing wrong: the property's path and the whole sentence about it."""

    path: str
    reason: str


def faults(row: Row | Function, name: str, inputs: Mapping[str, Json]) -> list[Fault]:
    """Everything wrong in inputs (without secret wrappers; unknowns are passed over)."""
    known = properties_of(row)
    found = list(_block_faults(row, "", known, inputs))
    if isinstance(row, Row) and row.tags:
        found += [*_tag_faults(inputs.get("tags"))]
    if not found and row.check and not holds(dict(inputs), Unknown):
        found += list(row.check(inputs))
    label = f"{row.token} '{name}'" if name else row.token
    return [Fault(path, f"{label}: {path} {reason}") for path, reason in found]


def _block_faults(
    row: Row | Function, prefix: str, known: Mapping[str, Property], block: Mapping[str, Json]
) -> Iterator[tuple[str, str]]:
    for key, value in block.items():
        path = f"{prefix}{key}"
        if key == DEFAULTS:
            continue
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            hint = f"; did you mean {near[0]}" if near else ""
            yield path, f"is not mapped by the emulated AWS{hint}; allowed: {', '.join(sorted(known))}"
        elif value is not None:
            yield from _faults(row, path, known[key], value, ())
    for key, prop in known.items():
        if prop.required and block.get(key) is None:
            yield f"{prefix}{key}", "is missing: it is required"


def _faults(
    row: Row | Function, path: str, prop: Property, value: Json, above: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    if value is UNKNOWN:
        return
    if prop.fields and prop.many:
        if not isinstance(value, list):
            yield path, f"is {value!r}: must be a list"
            return
        for index, item in enumerate(value):
            yield from _faults_of_block(row, f"{path}[{index}]", prop, item, _below(prop, above, many=True))
    elif prop.fields:
        yield from _faults_of_block(row, path, prop, value, _below(prop, above, many=False))
    else:
        yield from ((f"{path}{p}", reason) for p, reason in _value_faults(row, prop, value, above))


def _below(prop: Property, above: tuple[str, ...], *, many: bool) -> tuple[str, ...]:
    """Member paths of a block, from the operation on."""
    paths = tuple(f"{head}.{path}" for head in above for path in prop.paths) if above else prop.paths
    return tuple(f"{path}[0]" for path in paths) if many else paths


def _faults_of_block(
    row: Row | Function, path: str, prop: Property, value: Json, heads: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    if value is UNKNOWN:
        return
    if not isinstance(value, dict):
        yield path, f"is {value!r}: must be an object"
        return
    yield from _unknown_or_missing(path, prop, value)
    for key, item in value.items():
        if key in prop.fields and item is not None:
            yield from _faults(row, f"{path}.{key}", prop.fields[key], item, heads)


def _unknown_or_missing(path: str, prop: Property, value: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    for key in value:
        if key not in prop.fields:
            near = difflib.get_close_matches(key, prop.fields, 1)
            hint = f"; did you mean {near[0]}" if near else ""
            allowed = ", ".join(sorted(prop.fields))
            yield f"{path}.{key}", f"is not mapped by the emulated AWS{hint}; allowed: {allowed}"
    for key, field in prop.fields.items():
        if field.required and value.get(key) is None:
            yield f"{path}.{key}", "is missing: it is required"


def _value_faults(
    row: Row | Function, prop: Property, value: Json, above: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    if holds(value, Unknown):
        return
    if prop.kind in (Kind.JSON, Kind.POLICY):
        yield from (("", reason) for reason in _json_faults(value, is_policy=prop.kind is Kind.POLICY))
        return
    if prop.kind is Kind.ASSET:
        if not isinstance(value, Asset | str):
            yield "", f"is {value!r}: must be an asset or archive"
        return
    found = list(_typed_faults(row, prop, value, above))
    yield from ((path, f"is {_at(value, path)!r}: {reason}") for path, reason in found)
    if not found and prop.kind is Kind.ARN:
        for arn in value if isinstance(value, list) else [value]:
            if not _ARN.fullmatch(arn):
                yield "", f"is {arn!r}: must be an ARN like arn:aws:service:region:account:resource"


def _typed_faults(
    row: Row | Function, prop: Property, value: Json, above: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    local = local_type(prop)
    if local:
        wrong = shapes.wrong_type(value, local)
        if wrong:
            yield "", wrong
        elif prop.enum and value not in prop.enum:
            yield "", f"allowed: {', '.join(prop.enum)}"
        elif prop.kind is Kind.TEXT and not _is_json_scalar(value):
            yield "", "must be a number or true or false, as a string"
        return
    full = f"{above[0]}.{prop.paths[0]}" if above else prop.paths[0]
    yield from shapes.faults(value, shapes.shape_at(row.service, full), prop.enum)


def _at(value: Json, path: str) -> Json:
    for step in shapes.steps(path):
        value = value.get(step, value) if isinstance(value, dict) else value[step] if isinstance(step, int) else value
    return value


def _is_json_scalar(value: str) -> bool:
    try:
        return isinstance(json.loads(value.lower()), int | float)
    except ValueError:
        return False


def _json_faults(value: Json, *, is_policy: bool) -> Iterator[str]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError as error:
            yield f"is malformed JSON: {error}"
            return
    if is_policy:
        yield from (f"is a malformed policy: {reason}" for reason in policies.faults(value))


def _tag_faults(tags: Json) -> Iterator[tuple[str, str]]:
    if not isinstance(tags, dict):
        return
    for key, value in tags.items():
        if not 0 < len(key) <= _TAG_KEY_CHARACTERS or key.lower().startswith("aws:"):
            yield f'tags["{key}"]', f"must have 1 to {_TAG_KEY_CHARACTERS} characters and not begin with aws:"
        if value is not UNKNOWN and not isinstance(value, str):
            yield f'tags["{key}"]', f"is {value!r}: must be a string"
        elif isinstance(value, str) and len(value) > _TAG_VALUE_CHARACTERS:
            yield f'tags["{key}"]', f"has {len(value)} characters, at most {_TAG_VALUE_CHARACTERS} are allowed"


@dataclass(frozen=True)
class Naming:
    """What a missing name is made from."""

    logical: str
    urn: str
    seed: bytes


def completed(
    row: Row, inputs: Mapping[str, Json], olds: Mapping[str, Json], naming: Naming, config: Configuration
) -> dict[str, Json]:
    """Inputs with what pulumi-aws fills in: name, defaults, default tags; secret wrappers stay as they are."""
    filled = {key: _as_text(row, key, value) for key, value in inputs.items() if value is not None and key != DEFAULTS}
    defaults = []
    for name, prop in row.properties.items():
        if name not in filled and prop.default is not None:
            filled[name] = prop.default
            defaults.append(name)
    if row.name and row.name not in filled and not filled.get(row.name_prefix):
        filled[row.name] = _kept_name(row, olds) or _new_name(row, naming)
        defaults.append(row.name)
    elif row.name and row.name not in filled:
        filled[row.name] = _kept_name(row, olds) or f"{filled[row.name_prefix]}{_hex(naming)}"
        defaults.append(row.name)
    if row.tags and config.default_tags:
        filled["tags"] = _with_default_tags(filled.get("tags", {}), config.default_tags)
    return {**filled, DEFAULTS: sorted(defaults)}


def _as_text(row: Row, name: str, value: Value) -> Value:
    """A JSON document that came as an object, as text; pulumi-aws takes both."""
    prop = row.properties.get(name)
    if prop is None or prop.kind not in (Kind.JSON, Kind.POLICY) or not isinstance(value, dict | list):
        return value
    if holds(value, Unknown):
        return UNKNOWN
    text = json.dumps(opened(value))
    return Secret(text) if holds(value, Secret) else text


def _with_default_tags(tags: Value, default_tags: Mapping[str, str]) -> Value:
    if isinstance(tags, Secret):
        return Secret(_with_default_tags(tags.value, default_tags))
    return {**default_tags, **tags} if isinstance(tags, dict) else tags


def _kept_name(row: Row, olds: Mapping[str, Json]) -> str | None:
    return olds.get(row.name) if row.name in (olds.get(DEFAULTS) or ()) else None


def _new_name(row: Row, naming: Naming) -> str:
    name = f"{naming.logical}-{_hex(naming)}"
    return name.lower() if row.name_lower else name


def _hex(naming: Naming) -> str:
    return hashlib.sha256(naming.seed + naming.urn.encode()).hexdigest()[:7]
