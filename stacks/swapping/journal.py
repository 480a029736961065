"""The journal of a swap: one S3 object per kind, so that any machine can go on where another stopped.

`workflow/swaps/<kind>.json`; written by compare-and-swap: of two people who swap the same kind one goes on.
"""

import dataclasses
import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from components.registry import STATEFUL
from components.tracking.contract import TrackingOutputs
from components.variants import Kind
from workflow.decode import DecodeError, decode
from workflow.errors import DriftError
from workflow.results import jsonable
from workflow.s3 import Address, read, write

VERSION: Final = 1


class Step(StrEnum):
    """What comes next, in this order."""

    EXPORT = "export"
    UP = "up"
    MOVE = "move"
    RETIRE = "retire"
    DONE = "done"


@dataclass(frozen=True, kw_only=True)
class Journal:
    """`source` is the old side's record as it was before the swap, absent where no data is moved; prices are USD a
    month, as the program sees them. `moved_to` is the new side's tracking URI once it held all; `base_uri` the
    export of the last swap that did so for the old side, if any; `seen` the old side's pulse as it was compared."""

    version: int = VERSION
    id: str
    kind: str
    old: str
    new: str
    step: Step
    source: TrackingOutputs[str] | None
    usd_before: float
    usd_after: float
    export_uri: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    checksum: str = ""
    moved_to: str = ""
    seen: str = ""
    base_uri: str = ""

    def base_of(self, tracking_uri: str) -> str:
        """Address of the export that both sides held when this side was last in a swap; empty if there was none."""
        old = self.source.tracking_uri if self.source else ""
        return {old: self.base_uri, self.moved_to: self.export_uri}.get(tracking_uri, "")


@dataclass
class Journals:
    """The journals of one stack."""

    client: Any
    bucket: str
    _etags: dict[str, str] = field(default_factory=dict)

    def read(self, kind: str) -> Journal | None:
        """The swap that is under way; None when there is none."""
        journal = self.last(kind)
        return None if journal is None or journal.step is Step.DONE else journal

    def last(self, kind: str) -> Journal | None:
        """The swap that is under way, or the one before."""
        stored = read(self.client, self._address(kind))
        if stored is None:
            self._etags.pop(kind, None)
            return None
        self._etags[kind] = stored.etag
        try:
            journal = decode(Journal, json.loads(stored.body))
            _require_sound(journal, kind)
        except (DecodeError, ValueError) as error:
            raise DriftError(
                f"{self._address(kind)} is no journal of a swap: {error}", cure="look who wrote it"
            ) from error
        return journal

    def write(self, journal: Journal) -> Journal:
        """ConflictError when somebody else wrote it since it was read."""
        body = json.dumps(jsonable(dataclasses.asdict(journal)), indent=1, sort_keys=True).encode()
        before = self._etags.get(journal.kind, "")
        etag = write(self.client, self._address(journal.kind), body, if_match=before, if_absent=not before)
        self._etags[journal.kind] = etag
        return journal

    def export_address(self, journal: Journal) -> Address:
        return Address(self.bucket, f"backup/swaps/{journal.kind}-{journal.id}.jsonl")

    def _address(self, kind: str) -> Address:
        return Address(self.bucket, f"workflow/swaps/{kind}.json")


def _require_sound(journal: Journal, kind: str) -> None:
    """ValueError for what no swap of this kind has written: going on from it could retire the only side with data."""
    wrong = {
        f"version {journal.version}, this mlteam writes {VERSION}": journal.version != VERSION,
        f"it is about {journal.kind}": journal.kind != kind,
        f"old and new are both {journal.old}": journal.old == journal.new,
        "it does not say where the old side is": Kind(kind) in STATEFUL and journal.source is None,
    }
    if any(wrong.values()):
        raise ValueError("; ".join(why for why, is_so in wrong.items() if is_so))
