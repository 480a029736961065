"""Both sides of a move, counted and compared: what one says of itself, and whether the other says the same."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from workflow.migration.entries import Entry, Kind, like

NOUNS: Final = {
    Kind.EXPERIMENT: "experiments",
    Kind.RUN: "runs",
    Kind.LOGGED_MODEL: "logged models",
    Kind.REGISTERED_MODEL: "registered models",
    Kind.MODEL_VERSION: "model versions",
}
COUNTED: Final = (*NOUNS.values(), "params", "metric points", "aliases", "files", "bytes")


@dataclass(frozen=True, kw_only=True)
class Summary:
    """`counts` by plural noun; `checksum` over every entry, whatever their order."""

    counts: Mapping[str, int]
    checksum: str

    def text(self) -> str:
        return ", ".join(f"{count} {what}" for what, count in self.counts.items())


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """`source` is all of it; `target` is what the target holds of the same; the rest are entries by kind and origin."""

    source: Summary
    target: Summary
    missing: tuple[str, ...]
    different: tuple[str, ...]

    @property
    def is_equal(self) -> bool:
        return not self.missing and not self.different and self.source.checksum == self.target.checksum


def summary(entries: Iterable[Entry]) -> Summary:
    """In one pass: of each entry only its fingerprint is kept."""
    counts, prints = Counter(dict.fromkeys(COUNTED, 0)), []
    for entry in entries:
        counts[NOUNS[entry.kind]] += 1
        counts["files"] += len(entry.artifacts)
        counts["bytes"] += sum(artifact.size for artifact in entry.artifacts)
        if entry.kind is Kind.RUN:
            counts["params"] += len(entry.body["params"])
            counts["metric points"] += len(entry.body["metrics"])
        counts["aliases"] += len(entry.body.get("aliases", ()))
        prints.append(entry.fingerprint)
    return Summary(counts=dict(counts), checksum=hashlib.sha256("\n".join(sorted(prints)).encode()).hexdigest())


def compare(source: Iterable[Entry], target: Iterable[Entry]) -> Comparison:
    """What of the source the target lacks or has otherwise; what it has beyond that is its own."""
    wanted = {entry.key: entry for entry in source}
    found = {entry.key: like(entry, wanted[entry.key]) for entry in target if entry.key in wanted}
    return Comparison(
        source=summary(wanted.values()),
        target=summary(found.values()),
        missing=tuple(named(*key) for key in wanted if key not in found),
        different=tuple(
            named(*key) for key, entry in wanted.items() if key in found and found[key].fingerprint != entry.fingerprint
        ),
    )


def named(kind: Kind, origin: str) -> str:
    return f"{kind.value.replace('_', ' ')} {origin!r}"
