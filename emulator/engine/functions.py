"""Invokes: a function row's calls and outputs."""

import time
from collections.abc import Mapping

from emulator.engine import reading
from emulator.engine.calling import Aws, AwsError, Turn
from emulator.engine.configuring import Configuration
from emulator.engine.expressions import evaluate
from emulator.engine.lifecycle import DEFAULT_TIMEOUT_SECONDS
from emulator.rows import Function, Json


def invoke(aws: Aws, config: Configuration, function: Function, args: Mapping[str, Json]) -> dict[str, Json]:
    """The function's outputs for checked arguments."""
    region = args.get("region") or config.region
    known = {"in": dict(args), "account": config.account, "region": region, "partition": config.partition, "id": ""}
    turn = Turn(aws, function, region, known, time.monotonic() + DEFAULT_TIMEOUT_SECONDS)
    doc = reading.document(turn, function) if function.read else {"_": known}
    if doc is None:
        raise AwsError(function.read[0].operation, "NotFound", f"nothing answers to {dict(args)}")
    found = {name: evaluate(expression, doc) for name, expression in function.outputs.items()}
    return {**args, **{name: value for name, value in found.items() if value is not None}}
