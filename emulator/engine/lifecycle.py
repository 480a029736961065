"""Create, read, update and delete one resource as its row says, in plain values."""

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from emulator.engine import reading
from emulator.engine.calling import Aws, AwsError, CancelledError, Turn, collected, run, takes
from emulator.engine.configuring import Configuration
from emulator.engine.diffing import changed
from emulator.rows import Json, Row

DEFAULT_TIMEOUT_SECONDS: Final = 1200.0  # an EC2 instance or an endpoint may really take minutes


UNFINISHED: Final = "__unfinished"
"""Output of a resource whose last create or update failed: the state has what AWS has, the inputs what was wanted."""


@dataclass(frozen=True)
class Resource:
    """One resource as a request names it; values without secret wrappers."""

    row: Row
    name: str
    inputs: Mapping[str, Json]
    id: str = ""
    old: Mapping[str, Json] = field(default_factory=dict)
    state: Mapping[str, Json] = field(default_factory=dict)
    timeout_seconds: float = 0.0


class PartialError(Exception):
    """The resource is there, but not as it should be: the state keeps it, with what AWS has."""

    def __init__(self, id_: str, outputs: dict[str, Json], inputs: dict[str, Json], reason: str) -> None:
        super().__init__(reason)
        self.id = id_
        self.outputs = outputs
        self.inputs = inputs


def create(aws: Aws, config: Configuration, resource: Resource) -> tuple[str, dict[str, Json]]:
    """(id, outputs) of the new resource."""
    row, inputs = resource.row, resource.inputs
    turn = _turn(aws, config, resource)
    _look_up(turn, row)
    doc = collected({}, row.create[0], run(turn, row.create[0], None, inputs, {}))
    turn.known["id"] = str(turn.value(row.id, doc))
    try:
        for call in row.create[1:]:
            if call.when or call.each or takes(row, call, lambda name: inputs.get(name) is not None):
                doc = collected(doc, call, run(turn, call, None, inputs, doc))
        if row.tags and row.tags.after_create and turn.known["tags_set"]:
            run(turn, row.tags.set, frozenset(), {}, doc)
        return turn.known["id"], _settled_state(turn, row, inputs)
    except (AwsError, CancelledError, ValueError) as error:
        raise _partial(turn, resource, error) from error


def read(aws: Aws, config: Configuration, resource: Resource) -> tuple[dict[str, Json], dict[str, Json]] | None:
    """(outputs, inputs) according to AWS; None if it is gone."""
    turn = _turn(aws, config, resource)
    doc = reading.document(turn, resource.row)
    if doc is None:
        return None
    outputs = reading.state(resource.row, doc, resource.inputs)
    return outputs, reading.inputs_of(resource.row, outputs, resource.inputs)


def update(aws: Aws, config: Configuration, resource: Resource) -> dict[str, Json]:
    """Outputs after every call was made that a changed property calls for."""
    row, inputs = resource.row, resource.inputs
    turn = _turn(aws, config, resource)
    names = changed(row, resource.old, inputs)
    turn.known["changed"] = sorted(names)
    _look_up(turn, row)
    doc: dict[str, Json] = {}
    try:
        for call in row.update:
            if call.when or call.each or takes(row, call, lambda name: name in names):
                doc = collected(doc, call, run(turn, call, names, inputs, doc))
        _update_tags(turn, row)
        return _settled_state(turn, row, inputs)
    except (AwsError, CancelledError, ValueError) as error:
        raise _partial(turn, resource, error) from error


def before(row: Row, inputs: Mapping[str, Json], state: Mapping[str, Json]) -> Mapping[str, Json]:
    """What an update starts from: the old inputs, but what AWS has of them where they were not all carried out.

    The engine records the inputs that were wanted, also of a create or update that failed.
    """
    return reading.inputs_of(row, state, inputs) if state.get(UNFINISHED) else inputs


def delete(aws: Aws, config: Configuration, resource: Resource) -> None:
    """Delete it; that it is gone already is as good."""
    turn = _turn(aws, config, resource)
    doc = dict(resource.state)
    for call in resource.row.delete:
        try:
            doc = collected(doc, call, run(turn, call, frozenset(), {}, doc))
        except AwsError as error:
            if error.code not in resource.row.gone:
                raise


def _look_up(turn: Turn, row: Row) -> None:
    for call in row.before:
        turn.known[call.into] = run(turn, call, frozenset(), {}, {})


def _update_tags(turn: Turn, row: Row) -> None:
    if not row.tags:
        return
    if turn.known["tags_gone"] and row.tags.unset:
        run(turn, row.tags.unset, frozenset(), {}, {})
    if turn.known["tags_set"] or (turn.known["tags_gone"] and not row.tags.unset):
        run(turn, row.tags.set, frozenset(), {}, {})


def _settled_state(turn: Turn, row: Row, inputs: Mapping[str, Json]) -> dict[str, Json]:
    doc = reading.document(turn, row)
    if doc is None:
        raise AwsError(row.read[0].operation, "NotFound", f"{turn.known['id']} is not there after it was made")
    return reading.state(row, doc, inputs)


def _partial(turn: Turn, resource: Resource, error: Exception) -> PartialError:
    """What AWS has is the truth for the next update; if even that cannot be read, the id is what must not be lost."""
    outputs: dict[str, Json] = {"id": turn.known["id"], "region": turn.region}
    inputs: dict[str, Json] = {}
    try:
        doc = reading.document(turn, resource.row)
        if doc is not None:
            outputs = {**reading.state(resource.row, doc, resource.inputs), UNFINISHED: True}
            inputs = reading.inputs_of(resource.row, outputs, resource.inputs)
    except (AwsError, ValueError):
        outputs = {**resource.state, **outputs}
        inputs = dict(resource.old)
    return PartialError(turn.known["id"], outputs, inputs, str(error))


def _turn(aws: Aws, config: Configuration, resource: Resource) -> Turn:
    region = resource.inputs.get("region") or resource.state.get("region") or config.region
    known = {
        "id": resource.id,
        "name": resource.name,
        "token": uuid.uuid4().hex,
        "in": {**resource.inputs},
        "old": {**resource.old},
        "state": {**resource.state},
        "account": config.account,
        "region": region,
        "partition": config.partition,
        "changed": [],
        **_tags(resource),
        **_elements(resource),
    }
    seconds = resource.timeout_seconds or DEFAULT_TIMEOUT_SECONDS
    return Turn(aws, resource.row, region, known, time.monotonic() + seconds)


def _tags(resource: Resource) -> dict[str, Json]:
    now, before = resource.inputs.get("tags") or {}, resource.old.get("tags") or {}
    news = {key: value for key, value in now.items() if before.get(key) != value}
    return {
        "tag_map": now,
        "tag_list": _pairs(now),
        # Where AWS only replaces all tags at once, the row's call names `tag_list` instead.
        "tags_set": _pairs(news),
        "tags_gone": [key for key in before if key not in now],
    }


def _pairs(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def _elements(resource: Resource) -> dict[str, Json]:
    """`added` and `removed` elements of every list property."""
    names = [name for name in resource.row.properties if _is_list(resource, name)]
    now = {name: resource.inputs.get(name) or [] for name in names}
    before = {name: resource.old.get(name) or [] for name in names}
    return {
        "added": {name: [item for item in now[name] if item not in before[name]] for name in names},
        "removed": {name: [item for item in before[name] if item not in now[name]] for name in names},
    }


def _is_list(resource: Resource, name: str) -> bool:
    return isinstance(resource.inputs.get(name), list) or isinstance(resource.old.get(name), list)
