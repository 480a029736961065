"""JMESPath with the few functions that rows need; see `emulator/rows.py` for what an expression sees."""

import base64
import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import jmespath
from jmespath import functions

from emulator.rows import Json


class _Functions(functions.Functions):
    """A `_func_x` is callable as `x` in an expression; jmespath leaves out arguments it was not told of."""

    @functions.signature({"types": ["string"]}, {"types": ["string", "null"]})
    def _func_split(self, separator: str, text: str | None) -> list[str]:
        return text.split(separator) if text else []

    @functions.signature({"types": ["string"]}, {"types": ["object"]})
    def _func_format(self, template: str, members: Mapping[str, Json]) -> str:
        return template.format_map(members)

    @functions.signature({"types": []})
    def _func_from_json(self, text: Any) -> Json:
        return json.loads(text) if isinstance(text, str) and text else text

    @functions.signature({"types": []})
    def _func_compact_json(self, value: Any) -> str | None:
        return None if value is None else json.dumps(value, separators=(",", ":"), sort_keys=True)

    @functions.signature({"types": ["string", "null"]})
    def _func_encode64(self, text: str | None) -> str | None:
        return text and base64.b64encode(text.encode()).decode()

    @functions.signature({"types": ["string", "null"]})
    def _func_decode64(self, text: str | None) -> str | None:
        return text and base64.b64decode(text).decode()

    @functions.signature({"types": ["array", "null"]})
    def _func_tags(self, pairs: list[Mapping[str, str]] | None) -> dict[str, str]:
        return {pair.get("Key", pair.get("key", "")): pair.get("Value", pair.get("value", "")) for pair in pairs or []}

    @functions.signature({"types": ["object", "null"]})
    def _func_pairs(self, tags: Mapping[str, str] | None) -> list[dict[str, str]]:
        return [{"Key": key, "Value": value} for key, value in sorted((tags or {}).items())]

    @functions.signature({"types": ["array", "null"]}, {"types": ["string"]}, {"types": []})
    def _func_find(self, items: list[Mapping[str, Json]] | None, key: str, value: Any) -> Json:
        return next((item for item in items or [] if item.get(key) == value), None)

    @functions.signature({"types": ["number"]}, {"types": ["array", "null"]})
    def _func_chunks(self, size: int, items: list[Json] | None) -> list[list[Json]]:
        return [(items or [])[at : at + size] for at in range(0, len(items or []), size)]

    @functions.signature({"types": []}, {"types": []})
    def _func_value_or(self, value: Any, fallback: Any) -> Json:
        return fallback if value is None else value

    @functions.signature({"types": ["string", "null"]})
    def _func_lower(self, text: str | None) -> str | None:
        return text and text.lower()

    @functions.signature({"types": []})
    def _func_text(self, value: Any) -> str | None:
        if value is None or isinstance(value, str):
            return value
        return json.dumps(value)

    @functions.signature({"types": ["string", "number", "null"]})
    def _func_number(self, text: Any) -> Json:
        return json.loads(text) if isinstance(text, str) and text else text


_OPTIONS = jmespath.Options(custom_functions=_Functions())


@cache
def compiled(expression: str) -> Any:
    """The parsed expression; ValueError if it is malformed."""
    try:
        return jmespath.compile(expression)
    except jmespath.exceptions.JMESPathError as error:
        raise ValueError(f"malformed expression {expression!r}: {error}") from error


def evaluate(expression: str, document: Json) -> Json:
    """The value of the expression on the document."""
    try:
        return compiled(expression).search(document, options=_OPTIONS)
    except jmespath.exceptions.JMESPathError as error:
        raise ValueError(f"expression {expression!r} fails: {error}") from error
