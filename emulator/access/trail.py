"""The trail: every call with who made it, what it asked for and which statements decided, a JSON line each.

Promises that a line is whole and on disk when the call is answered, and that the trail stays bounded: a full file is
set aside as trail.1.jsonl, and what was aside before goes.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Lock
from typing import Any, Final

NAME: Final = "trail"
MAX_BYTES: Final = 32 << 20
KEPT: Final = 1
"""Full files that are kept beside the one that is written."""


class Trail:
    """In one folder; begins empty, whatever a former emulator left there."""

    def __init__(self, folder: Path, max_bytes: int = MAX_BYTES) -> None:
        self._folder, self._max_bytes = folder, max_bytes
        self._lock = Lock()
        for number in range(KEPT + 1):
            _path(folder, number).unlink(missing_ok=True)
        self._file = _path(folder, 0).open("ab")

    def append(self, line: Mapping[str, Any]) -> None:
        body = json.dumps(line, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
        with self._lock:
            if self._file.tell() + len(body) > self._max_bytes:
                self._set_aside()
            self._file.write(body)
            self._file.flush()

    def _set_aside(self) -> None:
        self._file.close()
        for number in range(KEPT, 0, -1):
            former = _path(self._folder, number - 1)
            if former.exists():
                former.replace(_path(self._folder, number))
        self._file = _path(self._folder, 0).open("ab")


def read(folder: Path) -> Iterator[dict[str, Any]]:
    """Every line that is still there, the oldest first; not one that is being written."""
    for number in range(KEPT, -1, -1):
        path = _path(folder, number)
        if path.exists():
            with path.open(encoding="utf-8") as file:
                yield from (json.loads(line) for line in file if line.endswith("\n"))


def _path(folder: Path, number: int) -> Path:
    return folder / (f"{NAME}.{number}.jsonl" if number else f"{NAME}.jsonl")
