"""Client tokens: the same request again gets the same answer, another request with the same token an error.

moto 5.2.5 reads no token but makes a second instance, volume, route table. AWS keeps a token for the operation, account
and region (EC2 API, "Ensuring idempotency in Amazon EC2 API requests", read 2026-11). An error is not kept: AWS lets a
refused request be repeated with its token. Where a service gives the member a meaning of its own (the version of a
secret), the service answers.
"""

import json
import threading
from collections import defaultdict
from functools import cache
from typing import Any, Final

from emulator.engine import shapes
from emulator.gateway import Proceed, error_reply
from emulator.wire import Asked, Reply

NAMES: Final = frozenset({"clienttoken", "clientrequesttoken"})
"""Members that are tokens although botocore's model does not say so, in lower case."""
OWN_MEANING: Final = frozenset({"secretsmanager"})
MISMATCH: Final = {"ec2": "IdempotentParameterMismatch"}
"""Codes that the model does not declare."""

_Key = tuple[str, str, str]
"""Operation, region, token: the emulated AWS has one account."""


@cache
def token_member(service: str, operation: str) -> str:
    """The member that carries the operation's client token; empty if it has none."""
    model = shapes.service_model(service)
    if service in OWN_MEANING or operation not in model.operation_names:  # moto's router knows S3's PostObject too
        return ""
    shape = model.operation_model(operation).input_shape
    members = shape.members.items() if shape is not None else ()
    return next(
        (name for name, member in members if member.metadata.get("idempotencyToken") or name.lower() in NAMES), ""
    )


@cache
def mismatch_code(service: str, operation: str) -> str:
    """The service's error for a token that came with other parameters before."""
    if service in MISMATCH:
        return MISMATCH[service]
    errors = shapes.service_model(service).operation_model(operation).error_shapes
    codes = [error.metadata.get("error", {}).get("code", error.name) for error in errors]
    return next(
        (code for part in ("Idempoten", "ConflictException") for code in codes if part in code), "ValidationException"
    )


class Idempotency:
    """`hook` goes into the gateway."""

    def __init__(self) -> None:
        self._answered: dict[_Key, tuple[str, Reply]] = {}
        self._one_at_a_time: defaultdict[_Key, threading.Lock] = defaultdict(threading.Lock)

    def hook(self, asked: Asked, proceed: Proceed) -> Reply:
        member = token_member(asked.service, asked.operation) if asked.operation and asked.is_mutating else ""
        token = asked.parameters.get(member) if member else None
        if not token:
            return proceed()
        key = (asked.name, asked.region, str(token))
        with self._one_at_a_time[key]:  # a client that gave up waiting may ask again before the first is done
            return self._answer(asked, proceed, key, _text(asked.parameters))

    def _answer(self, asked: Asked, proceed: Proceed, key: _Key, text: str) -> Reply:
        before, reply = self._answered.get(key, (text, None))
        if before != text:
            message = f"the client token {key[-1]} was used before with other parameters"
            code = mismatch_code(asked.service, asked.operation)
            return error_reply(asked.environ, "400 Bad Request", code, message)
        if reply is None:
            reply = proceed()
            if reply.code < 300:
                self._answered[key] = (text, reply)
        return reply


def _text(parameters: Any) -> str:
    return json.dumps(parameters, sort_keys=True, default=str)
