"""What was deleted where a move comes from, deleted where it goes: aliases, tags and model versions.

Known by the export of the swap before: both sides held it then, the source has it no more, the target has it unchanged.
What only the target ever had is in no export, and stays. Runs and experiments in MLflow's trash come with the move, and
nothing can be changed there. A version's files are its run's or logged model's, and stay; whatever else is gone from
the source is kept and told.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from workflow.migration.entries import Entry, Key, Kind
from workflow.migration.report import named
from workflow.migration.sides import Side

NOTHING: Final[Mapping[str, Any]] = {}


@dataclass(frozen=True, kw_only=True)
class Before:
    """An entry as it was when both sides agreed."""

    tags: Mapping[str, str]
    aliases: Mapping[str, str]
    fingerprint: str


@dataclass(frozen=True, kw_only=True)
class Removals:
    """`tags` and `aliases` are pairs of the target's entry and a name; `kept` is for people."""

    tags: tuple[tuple[Entry, str], ...] = ()
    aliases: tuple[tuple[Entry, str], ...] = ()
    versions: tuple[Entry, ...] = ()
    kept: tuple[str, ...] = ()


def recorded(lines: Iterable[str]) -> Iterator[tuple[Key, Before]]:
    """The lines of an export, see `Entry.to_line`."""
    for line in lines:
        known = json.loads(line)
        tags, aliases = (known["body"].get(key, NOTHING) for key in ("tags", "aliases"))
        yield (
            (Kind(known["kind"]), known["origin"]),
            Before(tags=tags, aliases=aliases, fingerprint=known["fingerprint"]),
        )


def removals(before: Mapping[Key, Before], source: Iterable[Entry], target: list[Entry]) -> Removals:
    """Of the target's entries those that were there before and are not on the source; and what of the others is not."""
    wanted = {entry.key: entry for entry in source}
    both = [(entry, before[key]) for entry in target if (key := entry.key) in before]
    lost = [(entry, was) for entry, was in both if entry.key not in wanted]
    left = [(entry, was, wanted[key]) for entry, was in both if (key := entry.key) in wanted]
    aliases = [(entry, key) for entry, was, now in left for key in _gone("aliases", entry, was.aliases, now)]
    models = {entry.body["name"] for entry in wanted.values() if entry.kind is Kind.REGISTERED_MODEL}
    needed = _needed(target, aliases)
    versions = [
        entry
        for entry, was in lost
        if entry.kind is Kind.MODEL_VERSION
        and entry.fingerprint == was.fingerprint
        and entry.body["name"] in models
        and entry.origin not in needed
    ]
    return Removals(
        tags=tuple(
            (entry, key)
            for entry, was, now in left
            if not entry.body.get("deleted")
            for key in _gone("tags", entry, was.tags, now)
        ),
        aliases=tuple(aliases),
        versions=tuple(versions),
        kept=tuple(named(*entry.key) for entry, _ in lost if entry not in versions),
    )


def _needed(target: list[Entry], going: list[tuple[Entry, str]]) -> set[str]:
    """Origins of the versions that an alias names which stays, or that another is a copy of."""
    models = [entry for entry in target if entry.kind is Kind.REGISTERED_MODEL]
    named = {
        origin for entry in models for alias, origin in entry.body["aliases"].items() if (entry, alias) not in going
    }
    sources = [entry.body["source"] for entry in target if entry.kind is Kind.MODEL_VERSION]
    return named | {origin for where, origin, _ in sources if where == "version"}


def _gone(what: str, entry: Entry, was: Mapping[str, str], now: Entry) -> Iterator[str]:
    """Names of the target's that it still has as they were, and the source has no more."""
    there = entry.body.get(what, NOTHING)
    yield from (key for key in there if key not in now.body[what] and was.get(key) == there[key])


def remove(target: Side, what: Removals) -> None:
    """Aliases first: one that points to a version goes with it."""
    with target.active() as client:
        for entry, alias in what.aliases:
            client.delete_registered_model_alias(entry.id, alias)
        for entry, key in what.tags:
            _delete_tag(client, entry, key)
        for entry in what.versions:
            client.delete_model_version(entry.body["name"], entry.id)


def _delete_tag(client: Any, entry: Entry, key: str) -> None:
    if entry.kind is Kind.MODEL_VERSION:
        client.delete_model_version_tag(entry.body["name"], entry.id, key)
        return
    delete = {
        Kind.EXPERIMENT: client.delete_experiment_tag,
        Kind.RUN: client.delete_tag,
        Kind.LOGGED_MODEL: client.delete_logged_model_tag,
        Kind.REGISTERED_MODEL: client.delete_registered_model_tag,
    }
    delete[entry.kind](entry.id, key)
