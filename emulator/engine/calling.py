"""Calls to AWS as rows describe them: parameters, errors, waiting.

Retries are those of pulumi-aws: its `maxRetries` is 25 attempts, of the SDK's standard mode (pulumi-aws configuration;
hashicorp/aws-sdk-go-base, `resolveRetryer`; read 2026-11). botocore's standard mode is the same specification:
throttling, 500, 502, 503, 504 and broken connections are tried again, with the client token of the first attempt.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import botocore.config
import botocore.exceptions
from botocore import xform_name

from emulator.engine import shapes
from emulator.engine.expressions import evaluate
from emulator.engine.properties import mapped, plain, put, to_api
from emulator.rows import Call, Function, Json, Row

_FIRST_PAUSE_SECONDS: Final = 0.1
_LONGEST_PAUSE_SECONDS: Final = 2.0
_RETRY_SECONDS: Final = 120.0  # as long as pulumi-aws waits for IAM to be known everywhere
_RETRY_PAUSE_SECONDS: Final = 0.5
_ATTEMPTS: Final = 25
# pulumi-aws stops after 9 attempts where nobody listens; on loopback that is a server that has ended.
_UNHEARD_ATTEMPTS: Final = 3


class AwsError(Exception):
    """AWS (or the way to it) said no; the text names operation and code."""

    def __init__(self, operation: str, code: str, message: str) -> None:
        super().__init__(f"{operation} failed: {code}: {message}")
        self.code = code


class CancelledError(Exception):
    """The engine asked to stop waiting, or is gone."""


@dataclass
class Aws:
    """Clients for the emulated AWS. `is_heard` tells whether the engine that asked still waits for an answer."""

    endpoint_url: str
    is_heard: Callable[[], bool] = lambda: True
    cancelled: threading.Event = field(default_factory=threading.Event)
    _clients: dict[tuple[str, str], Any] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def client(self, service: str, region: str) -> Any:
        """botocore's session is not safe between threads, its clients are."""
        with self._lock:
            if (service, region) not in self._clients:
                client = shapes.session().create_client(
                    service,
                    region_name=region,
                    endpoint_url=self.endpoint_url,
                    # The emulated AWS takes any key; real ones must not be picked up from the machine.
                    aws_access_key_id="emulated",
                    aws_secret_access_key="emulated",  # noqa: S106
                    config=botocore.config.Config(
                        retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
                        s3={"addressing_style": "path"},
                        max_pool_connections=32,
                    ),
                )
                client.meta.events.register_first("needs-retry", _give_up)
                self._clients[service, region] = client
            return self._clients[service, region]

    def call(self, service: str, region: str, operation: str, params: Mapping[str, Json]) -> dict[str, Json]:
        """The answer as plain JSON, all pages of it; AwsError for every failure."""
        client = self.client(service, region)
        method = xform_name(operation)
        try:
            if client.can_paginate(method):
                answer = client.get_paginator(method).paginate(**params).build_full_result()
            else:
                answer = getattr(client, method)(**params)
        except botocore.exceptions.ClientError as error:
            told = error.response.get("Error", {})
            raise AwsError(operation, str(told.get("Code", "Unknown")), str(told.get("Message", ""))) from error
        except botocore.exceptions.BotoCoreError as error:
            raise AwsError(operation, type(error).__name__, " ".join(str(error).split())) from error
        return {key: _read(value) for key, value in answer.items() if key != "ResponseMetadata"}

    def pause(self, seconds: float) -> None:
        if self.cancelled.wait(seconds):
            raise CancelledError("the update was cancelled")


def _give_up(attempts: int, caught_exception: Exception | None, **_: Any) -> None:
    """Raise what botocore would go on trying."""
    if isinstance(caught_exception, botocore.exceptions.EndpointConnectionError) and attempts >= _UNHEARD_ATTEMPTS:
        raise caught_exception


def _read(value: Any) -> Json:
    return plain(value.read() if hasattr(value, "read") else value)


@dataclass(frozen=True)
class Turn:
    """What the calls of one operation on one resource share."""

    aws: Aws
    row: Row | Function
    region: str
    known: dict[str, Json]
    """The `_` of expressions."""
    deadline: float

    def value(self, expression: str, doc: Json = None, item: Json = None) -> Json:
        members = doc if isinstance(doc, Mapping) else {}
        return evaluate(expression, {**members, "_": {**self.known, "item": item}})


def run(
    turn: Turn, call: Call, names: frozenset[str] | None, inputs: Mapping[str, Json], doc: Mapping[str, Json]
) -> Json:
    """The `select` of the call's answer, a list of them if it has `each`; None if the call was not made.

    `names` are the changed properties (None: all that are given count), `doc` is what its expressions see.
    """
    if call.when and not turn.value(call.when, doc):
        return None
    items = turn.value(call.each, doc) or [] if call.each else [None]
    answers = [
        _selected(turn, call, _repeat(turn, call, params, place))
        for place in (_Place(doc, item) for item in items)
        for params in _parameters(turn, call, names, inputs, place)
    ]
    return answers if call.each else answers[-1] if answers else None


def collected(doc: Mapping[str, Json], call: Call, answer: Json) -> dict[str, Json]:
    """The document with the answer of one more call."""
    if call.into:
        return {**doc, call.into: answer}
    return {**doc, **answer} if isinstance(answer, dict) else {**doc}


def _selected(turn: Turn, call: Call, answer: Json) -> Json:
    return answer if call.select == "@" else turn.value(call.select, answer)


@dataclass(frozen=True)
class _Place:
    """What the expressions of one request see beside `_`."""

    doc: Mapping[str, Json]
    item: Json


def _parameters(
    turn: Turn, call: Call, names: frozenset[str] | None, inputs: Mapping[str, Json], place: _Place
) -> list[dict[str, Json]]:
    """Parameters of each request that the call makes."""
    given = [
        (path, to_api(inputs[name], prop, shapes.shape_at(turn.row.service, _full(call.operation, path))))
        for name, prop, path in mapped(turn.row, call)
        if inputs.get(name) is not None and (names is None or not call.per_property or name in names)
    ]
    groups = [[pair] for pair in given] if call.per_property else [given]
    return [_built(turn, call, group, place) for group in groups]


def _full(operation: str, path: str) -> str:
    return f"{operation}.{path}" if path else operation


def _built(turn: Turn, call: Call, members: list[tuple[str, Json]], place: _Place) -> dict[str, Json]:
    params: dict[str, Json] = {}
    for path, expression in call.params.items():
        value = _without_nulls(turn.value(expression, place.doc, place.item))
        if value not in (None, [], {}) and not _is_no(value, turn, call, path):
            put(params, path, value)
    for path, value in members:
        if path:
            put(params, path, value)
        else:
            params.update(value)
    return call.shape(params, {**turn.known, "item": place.item}) if call.shape else params


def _without_nulls(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _is_no(value: Json, turn: Turn, call: Call, path: str) -> bool:
    """A condition (`x == 'y' && z`) that came out false, where AWS takes no boolean: nothing is sent."""
    shape = shapes.shape_at(call.service or turn.row.service, f"{call.operation}.{path}")
    return value is False and shape.type_name != "boolean"


def _repeat(turn: Turn, call: Call, params: dict[str, Json], place: _Place) -> Json:
    """One request, again until its answer satisfies `until`."""
    pause, deadline = _FIRST_PAUSE_SECONDS, turn.deadline
    if call.within:
        deadline = min(deadline, time.monotonic() + float(turn.value(call.within, place.doc)))
    while True:
        answer = _patiently(turn, call, params)
        if not call.until or turn.value(call.until, answer):
            return answer
        if call.fails and turn.value(call.fails, answer):
            raise AwsError(call.operation, "UnexpectedState", _explained(turn, call, f"{call.fails} while waiting"))
        if time.monotonic() + pause > deadline:
            raise AwsError(call.operation, "Timeout", _explained(turn, call, f"still waiting for {call.until}"))
        turn.aws.pause(pause)
        pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)


def _explained(turn: Turn, call: Call, reason: str) -> str:
    def ask(operation: str, params: dict[str, Json]) -> Json:
        return turn.aws.call(call.service or turn.row.service, turn.region, operation, params)

    return f"{reason}: {call.explain(ask, turn.known)}" if call.explain else reason


def _patiently(turn: Turn, call: Call, params: dict[str, Json]) -> Json:
    """One request; errors that pass by themselves are waited out, tolerated ones are an empty answer.

    Nobody can end a provider that an engine has attached to: where a plugin is killed after its engine, this one does
    nothing more.
    """
    until = min(turn.deadline, time.monotonic() + _RETRY_SECONDS)
    while True:
        if not turn.aws.is_heard():
            raise CancelledError("the engine is gone")
        try:
            return turn.aws.call(call.service or turn.row.service, turn.region, call.operation, params)
        except AwsError as error:
            if error.code in call.ignore:
                return {}
            passes = any(error.code == code and part in str(error) for code, part in call.retry)
            if not passes or time.monotonic() > until:
                raise
            turn.aws.pause(_RETRY_PAUSE_SECONDS)


def takes(row: Row, call: Call, names: Callable[[str], bool]) -> bool:
    """Whether the call is due: one of its properties is named, or it has none."""
    own = [name for name, _, _ in mapped(row, call)]
    return not own or any(names(name) for name in own)
