"""JSON to frozen dataclasses, strictly: every missing, unknown or ill-typed field is named, all at once.

Generic in its leaf as the platform record is: a type variable stands for `str`, which is what a leaf is at run time.
"""

import dataclasses
import types
import typing
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

T = TypeVar("T")


class DecodeError(ValueError):
    """The faults of one document, each as `field.path: what is wrong`."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = tuple(faults)


def decode(kind: type[T], value: object) -> T:
    faults: list[str] = []
    result = _decode(kind, value, "", faults)
    if faults:
        raise DecodeError(faults)
    return typing.cast(T, result)


def _decode(kind: Any, value: object, path: str, faults: list[str]) -> object:
    origin = typing.get_origin(kind) or kind
    if isinstance(kind, TypeVar):
        origin = kind = str
    if origin in (typing.Union, types.UnionType):
        return _optional(kind, value, path, faults)
    if dataclasses.is_dataclass(origin):
        return _record(typing.cast(type, origin), value, path, faults)
    if origin is tuple and isinstance(value, list):
        (item, *_) = typing.get_args(kind)
        return tuple(_decode(item, each, f"{path}[{at}]", faults) for at, each in enumerate(value))
    if isinstance(origin, type) and issubclass(origin, StrEnum):
        if value in list(origin):
            return origin(str(value))
        allowed = ", ".join(origin)
        faults.append(f"{path.lstrip('.') or 'document'}: one of {allowed} expected, {_shown(value)} given")
        return None
    if origin is Mapping or origin is dict:
        if isinstance(value, dict):
            item = typing.get_args(kind)[1]
            return {name: _decode(item, each, f"{path}.{name}", faults) for name, each in value.items()}
    elif _is_leaf(origin, value):
        return float(typing.cast(float, value)) if origin is float else value
    faults.append(f"{path.lstrip('.') or 'document'}: {_name(origin)} expected, {_shown(value)} given")
    return None


def _is_leaf(origin: Any, value: object) -> bool:
    if origin is Any or origin is object:
        return True
    if origin is float:
        return (isinstance(value, int | float) and not isinstance(value, bool)) or value in ("nan", "inf", "-inf")
    if origin is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(origin, type) and isinstance(value, origin)


def _optional(kind: Any, value: object, path: str, faults: list[str]) -> object:
    if value is None:
        return None
    (inner,) = (each for each in typing.get_args(kind) if each is not types.NoneType)
    return _decode(inner, value, path, faults)


def _record(kind: type, value: object, path: str, faults: list[str]) -> object:
    if not isinstance(value, dict):
        faults.append(f"{path.lstrip('.') or 'document'}: object expected, {_shown(value)} given")
        return None
    fields = {field.name: field for field in dataclasses.fields(kind)}
    before = len(faults)
    faults += [f"{path}.{name}".lstrip(".") + ": unknown field" for name in sorted(value.keys() - fields.keys())]
    faults += [f"{path}.{name}".lstrip(".") + ": missing" for name in fields if name not in value]
    hints = typing.get_type_hints(kind)
    given = {name: _decode(hints[name], value[name], f"{path}.{name}", faults) for name in fields if name in value}
    return kind(**given) if len(faults) == before else None


def _name(origin: Any) -> str:
    return {dict: "object", Mapping: "object", tuple: "list"}.get(origin) or str(getattr(origin, "__name__", origin))


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
