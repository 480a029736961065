"""Properties of a row: which there are, when two values mean the same, and their form at AWS and back."""

import base64
import datetime
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from emulator.archives import packed
from emulator.engine import expressions, shapes
from emulator.engine.values import UNKNOWN, Asset
from emulator.rows import SAME, Call, Function, Json, Kind, Property, Row

REGION: Final = Property(type="string", replaces=True)  # pulumi-aws 7 has it on every type
TAGS: Final = Property(type="map")
_GLOBAL: Final = frozenset({"iam", "budgets"})  # services whose resources have no region in pulumi-aws


def properties_of(row: Row | Function) -> Mapping[str, Property]:
    """The row's properties with those that every type has."""
    region = {} if row.service in _GLOBAL else {"region": REGION}
    tags = {"tags": TAGS} if isinstance(row, Row) and row.tags else {}
    return {**region, **tags, **row.properties}


def same(one: Json, other: Json, prop: Property) -> bool:
    """Whether two plain values mean the same to AWS."""
    if one is UNKNOWN or other is UNKNOWN:
        return False
    if isinstance(one, Asset) and isinstance(other, Asset):
        return one.hash == other.hash if one.hash else one == other
    return bool(_meaning(one, prop) == _meaning(other, prop))


def _meaning(value: Json, prop: Property) -> Json:
    if prop.kind in (Kind.JSON, Kind.POLICY):
        return _document(value, is_policy=prop.kind is Kind.POLICY)
    if isinstance(value, list):
        items = [_members(item, prop) for item in value]
        return sorted(items, key=_order) if prop.unordered else items
    return _members(value, prop)


def _members(value: Json, prop: Property) -> Json:
    if not isinstance(value, dict):
        return value
    meant = {key: _meaning(item, prop.fields.get(key, Property())) for key, item in value.items()}
    # An empty list or block in a block says nothing that its absence does not say.
    return {key: item for key, item in meant.items() if item not in (None, [], {})}


def _order(value: Json) -> str:
    return json.dumps(value, sort_keys=True, default=repr)


def _document(value: Json, *, is_policy: bool) -> Json:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return value
    return _policy(value) if is_policy else value


_ROOT: Final = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):root")


def _policy(value: Json) -> Json:
    """IAM reads a single text and a list of one alike, knows no order in lists, and an account by its id or its ARN."""
    if isinstance(value, dict):
        return {name: _policy(item) for name, item in value.items()}
    if isinstance(value, list):
        items = sorted((_policy(item) for item in value), key=_order)
        return items[0] if len(items) == 1 else items
    if isinstance(value, bool):
        return str(value).lower()
    return _ROOT.sub(r"\1", value) if isinstance(value, str) else value


def local_type(prop: Property) -> str:
    """The type that a row declares itself, or "" where botocore's model decides."""
    if prop.type:
        return prop.type
    if prop.kind is Kind.TEXT or (prop.kind is Kind.ARN and not prop.paths):
        return "string"
    return "map" if prop.kind is Kind.TAGS else ""


def to_api(value: Json, prop: Property, shape: shapes.Shape) -> Json:
    """A plain value in the form that AWS takes."""
    if prop.fields:
        if prop.many:
            return [_block(item, prop, shape.member) for item in value]
        return _block(value, prop, shape)
    match prop.kind:
        case Kind.TEXT:
            return json.loads(value.lower())
        case Kind.BASE64:
            return base64.b64encode(value.encode()).decode()
        case Kind.JSON | Kind.POLICY:
            return value if isinstance(value, str) else json.dumps(value)
        case Kind.TAGS:
            key, text = ("Key", "Value") if "Key" in shape.member.members else ("key", "value")
            return [{key: name, text: content} for name, content in value.items()]
        case Kind.ASSET:
            return packed(value) if isinstance(value, Asset) else value.encode()
    return value


def _block(value: Mapping[str, Json], prop: Property, shape: shapes.Shape) -> Json:
    built: dict[str, Json] = {}
    for name, field in prop.fields.items():
        if value.get(name) is not None:
            for path in field.paths:
                inner = shapes.member_at(shape, path)
                put(built, path, to_api(value[name], field, inner))
    return built


def put(target: dict[str, Json], path: str, value: Json) -> None:
    """Set a member path in nested parameters; a structure that is there already is added to."""
    steps = shapes.steps(path)
    here: Any = target
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        empty: Json = [] if isinstance(following, int) else {}
        if isinstance(step, int):
            here.extend({} for _ in range(step + 1 - len(here)))
        elif step not in here:
            here[step] = empty
        if following is not None:
            here = here[step]
        elif isinstance(value, dict) and isinstance(here[step], dict):
            here[step] = {**here[step], **value}
        else:
            here[step] = value


def read_path(prop: Property) -> str | None:
    """The expression that finds the property in the read document."""
    if prop.read != SAME:
        return prop.read
    steps = shapes.steps(prop.paths[0]) if prop.paths else ()
    return prop.paths[0].split(".", 1)[1] if len(steps) > 1 else None


def from_api(value: Json, prop: Property) -> Json:
    """What AWS answered, in Pulumi's form; None where it said nothing."""
    if value is None:
        return None
    if prop.fields:
        if prop.many:
            return [_fields(item, prop) for item in value]
        return _fields(value, prop)
    match prop.kind:
        case Kind.TEXT:
            return value if isinstance(value, str) else json.dumps(value)
        case Kind.BASE64:
            return base64.b64decode(value).decode()
        case Kind.TAGS:
            return value if isinstance(value, dict) else expressions.evaluate("tags(@)", value)
        case Kind.JSON | Kind.POLICY:
            return value if isinstance(value, str) else json.dumps(value)
    return plain(value)


def _fields(value: Json, prop: Property) -> Json:
    found = {}
    for name, field in prop.fields.items():
        path = (field.paths[0] if field.paths else None) if field.read == SAME else field.read
        answer = from_api(expressions.evaluate(path, value), field) if path else None
        if answer is not None:
            found[name] = answer
    return found


def plain(value: Json) -> Json:
    """An answer of botocore as JSON: times as text, bytes as text."""
    match value:
        case datetime.datetime():
            return value.isoformat().replace("+00:00", "Z")
        case bytes():
            return value.decode(errors="replace")
        case list():
            return [plain(item) for item in value]
        case dict():
            return {key: plain(item) for key, item in value.items() if key != "ResponseMetadata"}
    return value


def mapped(row: Row | Function, call: Call) -> Iterator[tuple[str, Property, str]]:
    """(name, property, member path) of each property that the call takes; "" is the parameters themselves."""
    for name, prop in row.properties.items():
        for path in prop.paths:
            head, _, rest = path.partition(".")
            if head == call.operation and (not call.only or name in call.only):
                yield name, prop, rest
