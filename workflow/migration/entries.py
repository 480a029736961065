"""What a tracking server holds, in words that both sides of a move share: no id that a server makes up, no address.

An entry is known by its *origin*: the id that it had on the server where it was first made. A copy carries that id as a
tag, so a second move skips what is there, and a move back finds the original instead of doubling it.
"""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

ORIGIN_TAG: Final = "mlteam.origin"
"""On a copy: the id of the run or logged model, or the `name/number` of the version, that it is a copy of."""
MOVING_TAG: Final = "mlteam.moving"
"""On a run's copy until all of it is there: till then MLflow says that it runs, and nobody's work is in it."""
PARENT_TAG: Final = "mlflow.parentRunId"
"""MLflow's link of a nested run to its parent, by an id that each side has its own of."""
GROWING: Final = ("metrics", "links")
"""Lists that a run that goes on makes longer."""
ENDS: Final = ("FINISHED", "FAILED", "KILLED")
"""States of a run that nothing follows."""
FINAL: Final = ("READY", "FAILED")
"""States of a logged model that it can be put into."""


class Kind(StrEnum):
    """In the order in which they must be written: each refers to earlier ones only."""

    EXPERIMENT = "experiment"
    RUN = "run"
    LOGGED_MODEL = "logged_model"
    REGISTERED_MODEL = "registered_model"
    MODEL_VERSION = "model_version"


@dataclass(frozen=True, kw_only=True)
class Artifact:
    """A file below an entry's artifact folder; `path` is relative to it, `size` in bytes."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Entry:
    """`origin` identifies it within its kind; `body` is plain JSON; `id` and `artifact_uri` are its own side's."""

    kind: Kind
    origin: str
    body: Mapping[str, Any]
    artifacts: tuple[Artifact, ...] = ()
    id: str = field(default="", compare=False)
    artifact_uri: str = field(default="", compare=False)

    @property
    def key(self) -> "Key":
        return self.kind, self.origin

    @property
    def fingerprint(self) -> str:
        """sha256 over all that both sides must agree on."""
        listed = [[artifact.path, artifact.size, artifact.sha256] for artifact in sorted(self.artifacts, key=_path)]
        text = json.dumps([self.kind, self.origin, self.body, listed], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def to_line(self) -> str:
        """One line of an export."""
        known = {"kind": self.kind, "origin": self.origin, "fingerprint": self.fingerprint, "body": self.body}
        listed = [{"path": each.path, "size": each.size, "sha256": each.sha256} for each in self.artifacts]
        return json.dumps({**known, "id": self.id, "artifacts": listed}, sort_keys=True, ensure_ascii=False)


Key = tuple[Kind, str]
"""Kind and origin."""


def like(entry: Entry, wanted: Entry) -> Entry:
    """The entry without what the wanted one does not have: tags, points, files and an end that its side has of its own.

    A run that was left running may have gone on and ended where it began, while its copy says that it runs; an
    experiment may stay for runs of the side's own."""
    body = {key: _like(key, value, wanted.body.get(key)) for key, value in entry.body.items()}
    if has_ended(entry.body) and not has_ended(wanted.body):
        body |= {key: wanted.body.get(key) for key in ("status", "end_ms")}
    if entry.kind is Kind.EXPERIMENT and wanted.body["deleted"]:
        body["deleted"] = True
    paths = {artifact.path for artifact in wanted.artifacts}
    return replace(entry, body=body, artifacts=tuple(each for each in entry.artifacts if each.path in paths))


def onto(entry: Entry, there: Entry | None) -> Entry:
    """What to write where people may have changed the same entry: what is there stays, and gets what it lacks, which is
    params, tags, aliases, metric points, files and an end."""
    if there is None:
        return entry
    body = {key: _joined(key, entry.body.get(key), value) for key, value in there.body.items()}
    if is_final(entry.body) and not is_final(there.body):
        body |= {key: entry.body[key] for key in ("status", "end_ms") if key in entry.body}
    known = {artifact.path for artifact in there.artifacts}
    lacking = tuple(each for each in entry.artifacts if each.path not in known)
    return replace(entry, body=body, artifacts=(*there.artifacts, *lacking))


def _joined(key: str, value: Any, there: Any) -> Any:
    if isinstance(there, Mapping):
        return {**(value or {}), **there}
    if key in GROWING:
        known = {tuple(each) for each in there}
        return in_order([*there, *(each for each in value or () if tuple(each) not in known)])
    return there


def is_final(body: Mapping[str, Any]) -> bool:
    """Whether a run has ended, or a logged model is complete, by the body of its entry."""
    return body.get("status") in (*ENDS, *FINAL)


def has_ended(run: Mapping[str, Any]) -> bool:
    """By the body of its entry."""
    return run.get("status") in ENDS


def _like(key: str, value: Any, wanted: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: item for name, item in value.items() if name in (wanted or {})}
    if key in GROWING:
        known = {tuple(each) for each in wanted or ()}
        return [each for each in value if tuple(each) in known]
    return value


def _path(artifact: Artifact) -> str:
    return artifact.path


def number(value: float) -> float | str:
    """A metric's value as JSON has it: NaN and infinities are words, because JSON has no such numbers. `float` reads
    both back."""
    return value if math.isfinite(value) else repr(value)


def in_order(rows: Iterable[list[Any]]) -> list[list[Any]]:
    """Sorted, also where a number and a word stand in one place."""
    return sorted(rows, key=lambda row: [str(item) for item in row])
