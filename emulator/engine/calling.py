"""Calls to AWS as rows describe them: parameters, errors, waiting."""

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
_RETRY_SECONDS: Final = 60.0


class AwsError(Exception):
    """AWS (or the way to it) said no; the text names operation and code."""

    def __init__(self, operation: str, code: str, message: str) -> None:
        super().__init__(f"{operation} failed: {code}: {message}")
        self.code = code


class CancelledError(Exception):
    """The engine asked to stop waiting."""


@dataclass
class Aws:
    """Clients for the emulated AWS."""

    endpoint_url: str
    cancelled: threading.Event = field(default_factory=threading.Event)
    _clients: dict[tuple[str, str], Any] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def client(self, service: str, region: str) -> Any:
        """botocore's session is not safe between threads, its clients are."""
        with self._lock:
            if (service, region) not in self._clients:
                self._clients[service, region] = shapes.session().create_client(
                    service,
                    region_name=region,
                    endpoint_url=self.endpoint_url,
                    # The emulated AWS takes any key; real ones must not be picked up from the machine.
                    aws_access_key_id="emulated",
                    aws_secret_access_key="emulated",  # noqa: S106
                    config=botocore.config.Config(
                        retries={"mode": "standard", "max_attempts": 4},
                        s3={"addressing_style": "path"},
                        max_pool_connections=32,
                    ),
                )
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

    def value(self, expression: str, answer: Json = None, item: Json = None) -> Json:
        document = {**answer} if isinstance(answer, dict) else {}
        return evaluate(expression, {**document, "_": {**self.known, "item": item}})


def run(turn: Turn, call: Call, names: frozenset[str] | None, inputs: Mapping[str, Json], answer: Json) -> Json:
    """Make the call; `names` are the properties to send (None: those given). The last answer, None if not made.

    `answer` is the document that the call's parameters see.
    """
    if call.when and not turn.value(call.when, answer):
        return None
    items = turn.value(call.each, answer) or [] if call.each else [None]
    answers = [
        _repeat(turn, call, params)
        for item in items
        for params in _parameters(turn, call, names, inputs, _Place(answer, item))
    ]
    return answers[-1] if answers else None


@dataclass(frozen=True)
class _Place:
    answer: Json
    item: Json


def _parameters(
    turn: Turn, call: Call, names: frozenset[str] | None, inputs: Mapping[str, Json], place: _Place
) -> list[dict[str, Json]]:
    """Parameters of each request that the call makes."""
    given = [
        (path, to_api(inputs[name], prop, shapes.shape_at(turn.row.service, _full(call.operation, path))))
        for name, prop, path in mapped(turn.row, call.operation)
        if inputs.get(name) is not None and (names is None or not call.per_property or name in names)
    ]
    groups = [[pair] for pair in given] if call.per_property else [given]
    return [_built(turn, call, group, place) for group in groups]


def _full(operation: str, path: str) -> str:
    return f"{operation}.{path}" if path else operation


def _built(turn: Turn, call: Call, members: list[tuple[str, Json]], place: _Place) -> dict[str, Json]:
    params: dict[str, Json] = {}
    for path, expression in call.params.items():
        value = turn.value(expression, place.answer, place.item)
        if value not in (None, [], {}):
            put(params, path, value)
    for path, value in members:
        if path:
            put(params, path, value)
        else:
            params.update(value)
    return call.shape(params, turn.known) if call.shape else params


def _repeat(turn: Turn, call: Call, params: dict[str, Json]) -> Json:
    """One request, again until its answer satisfies `until`."""
    pause = _FIRST_PAUSE_SECONDS
    while True:
        answer = _patiently(turn, call, params)
        if not call.until or turn.value(call.until, answer):
            return answer
        if call.fails and turn.value(call.fails, answer):
            raise AwsError(call.operation, "UnexpectedState", f"waited for {call.until}, but {call.fails}")
        if time.monotonic() + pause > turn.deadline:
            raise AwsError(call.operation, "Timeout", f"still not true: {call.until}")
        turn.aws.pause(pause)
        pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)


def _patiently(turn: Turn, call: Call, params: dict[str, Json]) -> Json:
    """One request; errors that pass by themselves are waited out, tolerated ones are an empty answer."""
    until = min(turn.deadline, time.monotonic() + _RETRY_SECONDS)
    while True:
        try:
            return turn.aws.call(call.service or turn.row.service, turn.region, call.operation, params)
        except AwsError as error:
            if error.code in call.ignore:
                return {}
            if error.code not in call.retry or time.monotonic() > until:
                raise
            turn.aws.pause(1.0)


def takes(row: Row, call: Call, names: Callable[[str], bool]) -> bool:
    """Whether the call is due: one of its properties is named, or it has none."""
    own = [name for name, _, _ in mapped(row, call.operation)]
    return not own or any(names(name) for name in own)
