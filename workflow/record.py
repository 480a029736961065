"""`record.json`: what a pipeline run has found out so far, handed from stage to stage.

One record is one run: one sample, one candidate, its gate, its approval, its deployment. A section that changes takes
the sections after it along, because they speak of something that is no longer so. Written by replace: a reader sees
the old record or the new one, never half of it.
"""

import dataclasses
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

from workflow.decode import DecodeError, decode
from workflow.errors import UsageError
from workflow.results import jsonable

T = TypeVar("T")

RECORD_VERSION: Final = 1
SECTIONS: Final = ("sample", "train", "evaluate", "gate", "approve", "deploy", "abtest", "promote")
"""In the order of the pipeline; each is written by the verb of the same name."""


def read_section(path: Path, name: str, kind: type[T], *, stack: str = "") -> T:
    """The section as `kind`; UsageError names the verb that writes it when it is not there."""
    sections = _read(path, stack)
    if name not in sections:
        raise UsageError(f"{path} has no section {name!r}", cure=f"mlteam {name} --help   (run it first)")
    try:
        return decode(kind, sections[name])
    except DecodeError as error:
        raise UsageError(f"section {name!r} of {path}: {error}", cure=f"run `mlteam {name}` again") from error


def has_section(path: Path, name: str) -> bool:
    return name in _read(path, "")


def write_section(path: Path, name: str, value: object, *, stack: str) -> None:
    """Add or replace a section (a dataclass); one that differs drops those that come after it."""
    if name not in SECTIONS:
        raise ValueError(f"unknown section {name!r}; allowed: {', '.join(SECTIONS)}")
    sections = dict(_read(path, stack))
    fresh = jsonable(dataclasses.asdict(value) if dataclasses.is_dataclass(value) else value)  # type: ignore[arg-type]
    if sections.get(name) != fresh:
        later = SECTIONS[SECTIONS.index(name) + 1 :]
        sections = {key: each for key, each in sections.items() if key not in later}
    _replace(path, {"version": RECORD_VERSION, "stack": stack, **sections, name: fresh})


def _read(path: Path, stack: str) -> Mapping[str, Any]:
    try:
        value = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is no JSON: {error}", cure=f"rm {path}, and start with `mlteam sample`") from error
    version = value.pop("version", None) if isinstance(value, dict) else None
    if version != RECORD_VERSION:
        raise UsageError(f"{path} has version {version!r}; allowed: {RECORD_VERSION}", cure=f"rm {path}")
    written_for = value.pop("stack", "")
    if stack and written_for != stack:
        raise UsageError(f"{path} is of stack {written_for!r}, not {stack!r}", cure="give another file by --record")
    return dict(value)


def _replace(path: Path, document: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, scratch = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(document, file, indent=2, ensure_ascii=False)
            file.write("\n")
        Path(scratch).replace(path)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise
