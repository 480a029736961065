"""Both sides of a move, counted and compared: what one says of itself, and whether the other says the same."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from workflow.migration.entries import Entry, Kind, like


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
    listed = list(entries)
    of = {kind: [entry for entry in listed if entry.kind is kind] for kind in Kind}
    files = [artifact for entry in listed for artifact in entry.artifacts]
    counts = {
        "experiments": len(of[Kind.EXPERIMENT]),
        "runs": len(of[Kind.RUN]),
        "params": sum(len(entry.body["params"]) for entry in of[Kind.RUN]),
        "metric points": sum(len(entry.body["metrics"]) for entry in of[Kind.RUN]),
        "logged models": len(of[Kind.LOGGED_MODEL]),
        "registered models": len(of[Kind.REGISTERED_MODEL]),
        "model versions": len(of[Kind.MODEL_VERSION]),
        "aliases": sum(len(entry.body["aliases"]) for entry in of[Kind.REGISTERED_MODEL]),
        "files": len(files),
        "bytes": sum(artifact.size for artifact in files),
    }
    prints = sorted(entry.fingerprint for entry in listed)
    return Summary(counts=counts, checksum=hashlib.sha256("\n".join(prints).encode()).hexdigest())


def compare(source: Iterable[Entry], target: Iterable[Entry]) -> Comparison:
    """What of the source the target lacks or has otherwise; what it has beyond that is its own."""
    wanted = {(entry.kind, entry.origin): entry for entry in source}
    found = {
        (entry.kind, entry.origin): like(entry, wanted[entry.kind, entry.origin])
        for entry in target
        if (entry.kind, entry.origin) in wanted
    }
    return Comparison(
        source=summary(wanted.values()),
        target=summary(found.values()),
        missing=tuple(_named(key) for key in wanted if key not in found),
        different=tuple(
            _named(key) for key, entry in wanted.items() if key in found and found[key].fingerprint != entry.fingerprint
        ),
    )


def _named(key: tuple[Kind, str]) -> str:
    kind, origin = key
    return f"{kind.value.replace('_', ' ')} {origin!r}"
