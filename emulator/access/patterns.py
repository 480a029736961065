"""Texts of a policy that stand for many: wildcards (`*`, `?`) and policy variables (`${aws:username}`).

A variable whose key the request does not have raises `UnresolvedError`: AWS takes such a statement for invalid.
Source: IAM User Guide, "IAM policy elements: Variables and tags" and "Resource" (read 2026-11).
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

Values = str | tuple[str, ...]
Context = Mapping[str, Values]
"""Condition keys in lower case, each with its value or values."""

VARIABLE: Final = re.compile(r"\$\{\s*([^},]+?)\s*(?:,\s*'([^']*)'\s*)?\}")
LITERAL: Final = frozenset("*?$")
"""${*} is an asterisk, not a wildcard."""


class UnresolvedError(LookupError):
    """A variable without a single value in this request, and without a default."""


@lru_cache(maxsize=4096)
def compiled(pattern: str, *, ignore_case: bool = False) -> re.Pattern[str]:
    """A regular expression for the whole of a text that has wildcards."""
    parts = (".*" if part == "*" else "." if part == "?" else re.escape(part) for part in re.split(r"([*?])", pattern))
    return re.compile("".join(parts), re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def is_like(value: str, pattern: str, *, ignore_case: bool = False) -> bool:
    return compiled(pattern, ignore_case=ignore_case).fullmatch(value) is not None


def has_variable(text: str) -> bool:
    return "${" in text


def filled(text: str, context: Context) -> str:
    """The text with its variables replaced."""
    return VARIABLE.sub(lambda found: _value(found, context), text)


def is_like_filled(value: str, text: str, context: Context) -> bool:
    """Whether a value is what a text with wildcards and variables stands for: a variable's value has no wildcards."""
    expression, end = [], 0
    for found in VARIABLE.finditer(text):
        expression += [_wild(text[end : found.start()]), re.escape(_value(found, context))]
        end = found.end()
    return re.fullmatch("".join([*expression, _wild(text[end:])]), value, re.DOTALL) is not None


def _wild(text: str) -> str:
    return compiled(text).pattern


def _value(found: re.Match[str], context: Context) -> str:
    key, default = found[1], found[2]
    if key in LITERAL:
        return key
    value = context.get(key.lower(), default)
    if not isinstance(value, str):
        raise UnresolvedError(key)
    return value
