"""Parameters against botocore's model: required members, types, enumerations, lengths, ranges, patterns.

botocore itself checks only types and required members, and only on the client; AWS checks the rest, and so must we.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from emulator.engine import shapes
from emulator.seam import Answer, AwsError, Call


def validated(function: Answer, code: str = "ValidationException") -> Answer:
    """The same answer, but to a request that AWS's model allows: others are refused with `code`."""

    def answer(call: Call) -> Any:
        found = faults(call.service, call.operation, call.parameters)
        if found:
            raise AwsError(code, f"{call.service}:{call.operation}: {'; '.join(found)}")
        return function(call)

    return answer


def faults(service: str, operation: str, parameters: Mapping[str, Any]) -> list[str]:
    """What AWS would refuse, one line per fault: `member: what is wrong`; empty if all is well."""
    shape = shapes.service_model(service).operation_model(operation).input_shape
    return [] if shape is None else list(_structure(parameters, shape, ""))


def _structure(value: Mapping[str, Any], shape: shapes.Shape, path: str) -> Iterator[str]:
    for name in shape.required_members:
        if value.get(name) is None:
            yield f"{path}{name}: required, but missing"
    for name, item in value.items():
        if name not in shape.members:
            yield f"{path}{name}: unknown; allowed: {', '.join(sorted(shape.members))}"
        elif item is not None and not _is_absent(item, shape.members[name]):
            yield from _value(item, shape.members[name], f"{path}{name}")


def _is_absent(value: Any, shape: shapes.Shape) -> bool:
    """moto's parser gives an empty list for a list that the query string does not have."""
    return bool(value == [] and shape.serialization.get("location") == "querystring")


def _value(value: Any, shape: shapes.Shape, path: str) -> Iterator[str]:
    if isinstance(value, datetime | bytes):  # moto's parser has read and so checked these
        return
    if shape.type_name == "structure" and isinstance(value, Mapping):
        yield from _structure(value, shape, f"{path}.")
    elif shape.type_name == "list" and isinstance(value, list):
        yield from _size(value, shape, path)
        for index, item in enumerate(value):
            yield from _value(item, shape.member, f"{path}[{index}]")
    elif shape.type_name == "map" and isinstance(value, Mapping):
        yield from _size(value, shape, path)
        for key, item in value.items():
            yield from _value(item, shape.value, f"{path}.{key}")
    else:
        yield from (f"{path}{below}: {value!r} {reason}" for below, reason in shapes.faults(value, shape))


def _size(value: Any, shape: shapes.Shape, path: str) -> Iterator[str]:
    low, high = shape.metadata.get("min", 0), shape.metadata.get("max", len(value))
    if not low <= len(value) <= high:
        yield f"{path}: has {len(value)} elements, allowed: {low} to {high}"
