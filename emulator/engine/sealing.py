"""Secrets on the way back: an input that came sealed goes out sealed, and so does whatever repeats its text."""

import base64
from collections.abc import Iterable, Mapping
from typing import Final

from emulator.engine.values import Secret, Value, holds, secret_texts, texts

_SHORTEST_TEXT: Final = 4  # shorter ones ("no", "1") are in everything


def sealed_names(*properties: Mapping[str, Value]) -> frozenset[str]:
    """Names of the properties that hold a secret in any of the maps."""
    return frozenset(name for members in properties for name, value in members.items() if holds(value, Secret))


def seal(outputs: Mapping[str, Value], names: Iterable[str], *sources: Mapping[str, Value]) -> dict[str, Value]:
    """Outputs with the named ones, and every one that repeats a secret text of the sources, as secrets."""
    hidden = _hidden(sources)
    wanted = {*names}
    return {
        name: Secret(value) if name in wanted or _repeats(value, hidden) else value for name, value in outputs.items()
    }


def redacted(message: str, *sources: Mapping[str, Value]) -> str:
    """The message without any secret text of the sources."""
    for text in sorted({text for source in sources for text in secret_texts(dict(source)) if text}, key=len)[::-1]:
        for form in (text, repr(text)[1:-1], text.strip()):
            message = message.replace(form, "[secret]") if form else message
    return message


def _hidden(sources: Iterable[Mapping[str, Value]]) -> set[str]:
    found = {text for source in sources for text in secret_texts(dict(source)) if len(text) >= _SHORTEST_TEXT}
    return found | {base64.b64encode(text.encode()).decode() for text in found}


def _repeats(value: Value, hidden: set[str]) -> bool:
    return bool(hidden) and any(secret in text for text in texts(value) for secret in hidden)
