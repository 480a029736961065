"""botocore's model: the shape at a member path, and what a plain value breaks in it.

Unlike botocore's own parameter check this one looks at enumerations, patterns and upper bounds too.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, Final

import botocore.session
import regex

from emulator.rows import Json

Shape = Any
"""A botocore.model.Shape (botocore has no types)."""

_STEP: Final = re.compile(r"([A-Za-z0-9_]+)|\[(\d+)\]")
_KINDS: Final[Mapping[str, tuple[str, type | tuple[type, ...]]]] = {
    "string": ("a string", str),
    "character": ("a string", str),
    "timestamp": ("a string", str),
    "blob": ("a string", str),
    "integer": ("a whole number", int),
    "long": ("a whole number", int),
    "float": ("a number", (int, float)),
    "double": ("a number", (int, float)),
    "number": ("a number", (int, float)),
    "boolean": ("true or false", bool),
    "list": ("a list", list),
    "map": ("an object", dict),
    "structure": ("an object", dict),
}
_NUMBERS: Final = ("integer", "long", "float", "double")
_JAVA: Final = {r"\p{all}": r"\s\S", r"\uD800\uDC00-\uDBFF\uDFFF": r"\U00010000-\U0010FFFF"}
"""What Java's expressions write otherwise than `regex`: any character, and those beyond 16 bits."""


@cache
def session() -> Any:
    """One botocore session for models and clients."""
    return botocore.session.Session()


@cache
def service_model(service: str) -> Any:
    return session().get_service_model(service)


@cache
def steps(path: str) -> tuple[str | int, ...]:
    """`A.B[0].C` as ("A", "B", 0, "C")."""
    found = _STEP.findall(path)
    return tuple(name or int(index) for name, index in found)


@lru_cache(maxsize=4096)
def shape_at(service: str, path: str) -> Shape:
    """The shape of `Operation.Member[0].Member`; KeyError naming the step that is not there."""
    operation, *rest = steps(path)
    model = service_model(service)
    if operation not in model.operation_names:
        raise KeyError(f"{service} has no operation {operation!r} (in {path!r})")
    return _walk(model.operation_model(operation).input_shape, tuple(rest), path)


def member_at(shape: Shape, path: str) -> Shape:
    """The shape of a member path below a shape."""
    return _walk(shape, steps(path), path)


def _walk(shape: Shape, rest: tuple[str | int, ...], path: str) -> Shape:
    for step in rest:
        shape = _member(shape, step, path)
    return shape


def _member(shape: Shape, step: str | int, path: str) -> Shape:
    if isinstance(step, int) and shape.type_name == "list":
        return shape.member
    if isinstance(step, str) and shape.type_name == "structure" and step in shape.members:
        return shape.members[step]
    if isinstance(step, str) and shape.type_name == "map":
        return shape.value
    raise KeyError(f"no member {step!r} in {shape.name} (in {path!r})")


def wrong_type(value: Json, type_name: str) -> str | None:
    """Why the value is not of the type, or None."""
    words, types = _KINDS[type_name]
    is_right = isinstance(value, types) and (type_name == "boolean" or not isinstance(value, bool))
    return None if is_right else f"must be {words}"


def wrong_kinds(value: Any, shape: Shape, path: str = "") -> Iterator[tuple[str, str]]:
    """(path, what it must be) for each value of another kind than the shape's; what is parsed already is right."""
    wrong = None if isinstance(value, datetime | bytes) else wrong_type(value, shape.type_name)
    if wrong:
        yield path, wrong
    elif shape.type_name == "structure" and isinstance(value, dict):
        for name, item in value.items():
            if item is not None and name in shape.members:
                yield from wrong_kinds(item, shape.members[name], f"{path}.{name}".lstrip("."))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from wrong_kinds(item, shape.member, f"{path}[{index}]")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from wrong_kinds(item, shape.value, f"{path}.{key}")


def faults(value: Json, shape: Shape, enum: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """(path below the value, what it must be) for each thing wrong in a plain value."""
    wrong = wrong_type(value, shape.type_name)
    if wrong:
        yield "", wrong
    elif shape.type_name == "list":
        yield from _bounds(len(value), shape, "elements")
        for index, item in enumerate(value):
            for path, reason in faults(item, shape.member, enum):
                yield f"[{index}]{path}", reason
    elif shape.type_name == "map":
        yield from _bounds(len(value), shape, "entries")
        for key, item in value.items():
            yield from ((f".{key}", f"key {reason}") for _, reason in faults(key, shape.key))
            yield from ((f".{key}{path}", reason) for path, reason in faults(item, shape.value, enum))
    else:
        yield from _scalar_faults(value, shape, enum)


def _scalar_faults(value: Json, shape: Shape, enum: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    allowed = enum or tuple(getattr(shape, "enum", ()) or ())
    if allowed and value not in allowed:
        yield "", f"allowed: {', '.join(allowed)}"
    elif shape.type_name in _NUMBERS:
        yield from _bounds(value, shape, "")
    elif shape.type_name in ("string", "blob"):
        yield from _bounds(len(value), shape, "characters")
        expression = shape.metadata.get("pattern")
        if expression and not pattern(expression).fullmatch(value):
            yield "", f"must match {expression}"


def _bounds(size: float, shape: Shape, unit: str) -> Iterator[tuple[str, str]]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if (low is not None and size < low) or (high is not None and size > high):
        limits = f"at least {low or 0}" + (f" and at most {high}" if high is not None else "")
        yield "", f"must be {limits} {unit}".rstrip()


@cache
def pattern(text: str) -> Any:
    r"""AWS's patterns are Java's: what Python's own `re` does not know (`\p{L}`, `(?i)` half-way) is read by `regex`,
    which comes with cfn-lint as that with moto.
    """
    try:
        return re.compile(text)
    except re.error:
        for java, python in _JAVA.items():
            text = text.replace(java, python)
        return regex.compile(text, regex.VERSION1)
