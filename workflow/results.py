"""What a step hands back, as JSON for programs and as text for people."""

import dataclasses
import json
import math
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any, Final, Protocol, runtime_checkable

OUTPUT_VERSION: Final = 1


@runtime_checkable
class HasText(Protocol):
    """A result that knows how people want to read it."""

    def text(self) -> str: ...


def jsonable(value: object) -> Any:
    """Plain JSON values; NaN and infinities become the words "nan", "inf", "-inf", which JSON lacks as numbers."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: jsonable(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(name): jsonable(each) for name, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [jsonable(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Enum):
        return value.value
    return str(value) if isinstance(value, Path) else value


def as_json(step: str, result: object) -> str:
    document = {"version": OUTPUT_VERSION, "step": step, **jsonable(result)}
    return json.dumps(document, ensure_ascii=False, allow_nan=False)


def as_text(result: object) -> str:
    if isinstance(result, HasText):
        return result.text()
    fields = jsonable(result)
    width = max(map(len, fields), default=0)
    return "\n".join(f"{name.replace('_', ' '):<{width}}  {_plain(each)}" for name, each in fields.items())


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
