"""What a swap does, step by step; each may be repeated, and says when it is done by moving the journal on."""

import dataclasses
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TextIO

from components.tracking.contract import TrackingOutputs
from stacks.engine import Engine
from stacks.swapping.journal import Journal, Journals, Step
from workflow import s3
from workflow.context import Context
from workflow.errors import DriftError, RefusedError, ResourceError
from workflow.migration.entries import Entry, Key, has_ended, like, onto
from workflow.migration.reading import pulse, read
from workflow.migration.refusals import Refusal, refusals, require_none
from workflow.migration.removal import Before, Removals, recorded, removals, remove
from workflow.migration.report import Comparison, Summary, compare, named, summary
from workflow.migration.sides import Side
from workflow.migration.writing import move
from workflow.mlflow_client import RETRIES, client_environment

RETIRING: Final = "retiring"
"""The config key of the sides that stay up beside the chosen ones."""
SHOWN: Final = 5
MOST_RETRIES: Final = "5"
"""A server that is restarted is waited for a minute."""


@dataclass(frozen=True, kw_only=True)
class Swap:
    """One swap that is under way, and what it works with. `leave_running`: runs at the side that goes may be cut off;
    `abandon`: going back leaves behind what was logged to the new side."""

    context: Context
    engine: Engine
    journals: Journals
    leave_running: bool = False
    abandon: bool = False

    def side(self, journal: Journal, which: str) -> Side:
        """The old or the new side; the new one is what the platform record says after `up`."""
        known = journal.source if which == journal.old and journal.source else self._now()
        settings = client_environment(self.context.aws, known.tracking_uri, known.username, known.password_parameter)
        settings[RETRIES] = self.context.environment.get(RETRIES, MOST_RETRIES)
        return Side(name=f"{journal.kind}/{which}", tracking_uri=known.tracking_uri, settings=settings)

    def _now(self) -> TrackingOutputs[str]:
        return dataclasses.replace(self.context).platform.tracking  # a new context: its platform is read again


def advance(swap: Swap, journal: Journal) -> Journal:
    """All steps from the journal's on, to the end."""
    while journal.step is not Step.DONE:
        journal = swap.journals.write(STEPS[journal.step](swap, journal))
    return journal


def resume(swap: Swap, journal: Journal) -> Journal:
    """Where to go on. A step that needs the new side begins with UP where somebody's `pulumi up` has taken it away
    meanwhile; and what was logged to the old side since it was compared is moved before that goes."""
    if journal.source is None or journal.step not in (Step.MOVE, Step.RETIRE):
        return journal
    if swap._now().variant != journal.new:
        swap.context.progress.warn(f"{journal.new} is not the stack's side any more: a `pulumi up` has undone it")
        return swap.journals.write(dataclasses.replace(journal, step=Step.UP))
    if journal.step is Step.RETIRE and _answers(swap.side(journal, journal.old)):
        return swap.journals.write(dataclasses.replace(journal, step=Step.MOVE))
    return journal


def _answers(side: Side) -> bool:
    """Whether it is still there; asked once. One that was retired half is not."""
    once = dataclasses.replace(side, settings={**side.settings, RETRIES: "0"})
    try:
        with once.active() as client:
            client.search_experiments(max_results=1)
    except ResourceError:
        return False
    return True


def undo(swap: Swap, journal: Journal) -> Journal:
    """Back to the old side alone, with what was logged to the new one since people were sent there. RefusedError once
    the old side may be gone: then the way back is a swap of its own."""
    if journal.step is Step.RETIRE:
        raise RefusedError(
            f"the swap of {journal.kind} is past its point of return: {journal.old} is being retired",
            cure=f"mlteam swap {journal.kind} {journal.new} ends it; then mlteam swap {journal.kind} {journal.old}",
        )
    was_sent = journal.source is not None and swap._now().variant == journal.new
    if was_sent and not swap.abandon:
        swap.context.progress.say(f"bringing back what was logged to {journal.new} (--abandon leaves it there)")
        _carry(swap, journal, (journal.new, journal.old), f"mlteam swap {journal.kind} --undo", adds=True)
    swap.engine.set(journal.kind, journal.old)
    swap.engine.remove(RETIRING)
    if journal.step is not Step.EXPORT:
        swap.engine.up()
    if was_sent:
        _tell_address(swap)
    return swap.journals.write(dataclasses.replace(journal, step=Step.DONE))


def _export(swap: Swap, journal: Journal) -> Journal:
    """What the old side holds, as a file of the artifact bucket: proof that it can be read before anything changes.
    RefusedError for all of it that cannot be moved."""
    address = swap.journals.export_address(journal)
    refused: list[Refusal] = []
    with tempfile.TemporaryDirectory(prefix="mlteam-swap-") as folder:
        file = Path(folder) / "export.jsonl"
        side = swap.side(journal, journal.old)
        with (
            swap.context.progress.waiting(f"reading everything at {side.tracking_uri}"),
            file.open("w", encoding="utf-8") as lines,
        ):
            told = summary(_written(_seen(read(side), refused, address.bucket), lines))
        require_none(refused, f"mlteam swap {journal.kind} {journal.new}")
        swap.journals.client.upload_file(str(file), address.bucket, address.key)
    swap.context.progress.say(f"exported {told.text()}: {address}")
    return dataclasses.replace(journal, step=Step.UP, export_uri=str(address))


def _seen(entries: Iterable[Entry], refused: list[Refusal], artifact_bucket: str) -> Iterator[Entry]:
    for entry in entries:
        refused.extend(refusals(entry, artifact_bucket))
        yield entry


def _written(entries: Iterable[Entry], lines: TextIO) -> Iterator[Entry]:
    for entry in entries:
        lines.write(entry.to_line() + "\n")
        yield entry


def _up(swap: Swap, journal: Journal) -> Journal:
    """Both sides; the platform record points to the new one from here on. The retiring key first: the other order
    would let an interrupted swap retire the old side by the next `pulumi up`."""
    swap.context.progress.say(f"pulumi up: {journal.new} beside {journal.old}")
    swap.engine.set(RETIRING, f"{journal.kind}={journal.old}")
    swap.engine.set(journal.kind, journal.new)
    swap.engine.up()
    if swap._now().variant != journal.new:
        raise DriftError(
            f"`pulumi up` has not made {journal.new} the stack's {journal.kind}",
            cure=f"is another `pulumi up` at work? then: mlteam swap {journal.kind} {journal.new}",
        )
    _tell_address(swap)
    return dataclasses.replace(journal, step=Step.MOVE)


def _tell_address(swap: Swap) -> None:
    """After an `up` that has sent people to the other side."""
    swap.context.progress.say(
        f'{swap._now().tracking_uri} is the address from now on: eval "$(mlteam env)" in each shell that has the other'
    )


def _move(swap: Swap, journal: Journal) -> Journal:
    """Until both sides say the same; what was logged to the old side meanwhile comes along."""
    again, way = f"mlteam swap {journal.kind} {journal.new}", (journal.old, journal.new)
    moved, seen = _carry(swap, journal, way, again, adds=bool(journal.moved_to))
    there = swap.side(journal, journal.new).tracking_uri
    done = dataclasses.replace(journal, step=Step.RETIRE, moved_to=there, seen=seen)
    return dataclasses.replace(done, counts=dict(moved.counts), checksum=moved.checksum)


def _carry(swap: Swap, journal: Journal, way: tuple[str, str], again: str, *, adds: bool) -> tuple[Summary, str]:
    """Everything from one side to the other, which may hold more; and the pulse of the former before it was compared.
    DriftError where it does not arrive whole, RefusedError while runs go on where it comes from; `again` is the command
    that goes on. `adds`: people work at the other side with what it holds, so that is only added to."""
    source, target = (swap.side(journal, which) for which in way)
    kept = {entry.key: entry for entry in read(target)} if adds else None

    def check(entry: Entry) -> None:
        require_none(refusals(entry, swap.journals.bucket), again)

    with swap.context.progress.waiting(f"moving {source.name} to {target.name}"):
        registry = move(source, target, swap.context.progress.say, check, kept)
    for origin, number in registry.renumbered.items():
        swap.context.progress.warn(f"model version {origin} is number {number} now: its own was taken")
    with swap.context.progress.waiting("comparing both sides"):
        seen = pulse(source)
        entries, there = list(read(source)), list(read(target))
        wanted = [onto(entry, (kept or {}).get(entry.key)) for entry in entries]
        comparison = compare(wanted, there)
    for entry in (each for each, written in zip(entries, wanted, strict=True) if _is_kept(each, written)):
        swap.context.progress.warn(f"{named(*entry.key)} is kept as it is at {target.name}: {source.name} differs")
    _report(swap.context, comparison, way)
    if not comparison.is_equal:
        raise DriftError(_differences(comparison, way), cure=f"{again} moves again what differs")
    running = _running(entries, there)
    if running and not swap.leave_running:
        names = ", ".join(running[:SHOWN])
        raise RefusedError(
            f"{len(running)} runs go on at {source.name} ({names})",
            cure=f"wait for them, then {again}; --leave-running cuts them off",
        )
    if journal.base_uri and not adds:
        _remove(swap, target, removals(_base(swap, journal.base_uri), entries, there))
    return comparison.source, seen


def _is_kept(entry: Entry, written: Entry) -> bool:
    """Whether the other side keeps something that this entry has otherwise."""
    return like(written, entry).fingerprint != entry.fingerprint


def _running(source: Iterable[Entry], target: Iterable[Entry]) -> list[str]:
    """Names of the runs that go on, by what has arrived: the copy of one that was cut off says for ever that it runs,
    and has ended at its home."""
    here = {entry.key for entry in source if entry.body.get("status") == "RUNNING"}
    return [str(entry.body["name"]) for entry in target if entry.key in here and not has_ended(entry.body)]


def _base(swap: Swap, export_uri: str) -> dict[Key, Before]:
    """What both sides held after the last swap; nothing once its export is gone."""
    stored = s3.read(swap.journals.client, s3.parse(export_uri))
    return dict(recorded(stored.body.decode().splitlines())) if stored else {}


def _remove(swap: Swap, target: Side, what: Removals) -> None:
    counts = {"tags": len(what.tags), "aliases": len(what.aliases), "versions": len(what.versions)}
    if any(counts.values()):
        swap.context.progress.say(f"deleted since, and now at {target.name}: {counts}")
        remove(target, what)
    for each in what.kept:
        swap.context.progress.warn(f"{each} was deleted, and is kept at {target.name}")


def _retire(swap: Swap, journal: Journal) -> Journal:
    """Only now does the old side go; back to MOVE if it was logged to while both sides were compared. What comes later,
    in the minutes of this `pulumi up`, stays at the old side: in the server's data, or in the app left at AWS."""
    old = swap.side(journal, journal.old) if journal.seen and not swap.leave_running else None
    if old and _answers(old) and pulse(old) != journal.seen:
        swap.context.progress.say(f"{old.name} was logged to meanwhile: that comes along")
        return dataclasses.replace(journal, step=Step.MOVE)
    swap.context.progress.say(f"pulumi up: {journal.old} goes")
    swap.engine.set(journal.kind, journal.new)
    swap.engine.remove(RETIRING)
    swap.engine.up()
    return dataclasses.replace(journal, step=Step.DONE)


STEPS: Final[Mapping[Step, Callable[[Swap, Journal], Journal]]] = {
    Step.EXPORT: _export,
    Step.UP: _up,
    Step.MOVE: _move,
    Step.RETIRE: _retire,
}


def _report(context: Context, comparison: Comparison, way: tuple[str, str]) -> None:
    rows: list[tuple[str, Any, Any]] = [
        (what, count, comparison.target.counts[what]) for what, count in comparison.source.counts.items()
    ]
    rows.append(("checksum", comparison.source.checksum[:16], comparison.target.checksum[:16]))
    lines = [f"  {what:<18} {source!s:>18} {target!s:>18}" for what, source, target in (("", *way), *rows)]
    context.progress.say("\n".join(lines))


def _differences(comparison: Comparison, way: tuple[str, str]) -> str:
    found = [
        *(f"{each} is missing" for each in comparison.missing),
        *(f"{each} differs" for each in comparison.different),
    ]
    more = f", and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return f"{way[1]} does not hold all of {way[0]} yet: {'; '.join(found[:SHOWN])}{more}"
