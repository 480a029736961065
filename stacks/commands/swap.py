"""`mlteam swap KIND VARIANT`: change a component with its data: price and resources first, then both sides up, the data
moved and compared, and only then the old side gone.

Interrupted anywhere, the same command goes on where it stopped, on any machine; `--undo` goes back while the old side
is still there. Needs the rights and the config of `pulumi up`, and, for an open-source side, a place in its network.
"""

import difflib
import sys
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from components.registry import STATEFUL, offered
from components.variants import Kind
from stacks.engine import Engine, Preview, project_folder
from stacks.swapping import steps
from stacks.swapping.journal import Journal, Journals, Step
from workflow.context import Context
from workflow.errors import RefusedError, UsageError
from workflow.lock import stack_lock


@dataclass(frozen=True, kw_only=True)
class SwapResult:
    """Prices in USD a month, as `pulumi preview` shows them; `counts` and `checksum` hold for both sides."""

    kind: str
    old: str
    new: str
    outcome: str
    usd_before: float
    usd_after: float
    export_uri: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    checksum: str = ""

    def text(self) -> str:
        price = f"{self.usd_before:.2f} -> {self.usd_after:.2f} USD a month"
        moved = ", ".join(f"{count} {what}" for what, count in self.counts.items())
        told = f"{self.kind}: {self.old} -> {self.new}: {self.outcome}; {price}" + (f"; moved {moved}" if moved else "")
        return f'{told}\nin each shell with the other address: eval "$(mlteam env)"'


def run(swap: steps.Swap, kind: Kind, variant: str, confirm: Callable[[], bool]) -> SwapResult:
    """RefusedError, with nothing changed, where nobody said yes."""
    with stack_lock(swap.context, f"swap {kind.value}"):
        journal = swap.journals.read(kind.value)
        if journal is None:
            journal = _begin(swap, kind, variant, confirm)
        elif journal.new != variant:
            raise RefusedError(
                f"a swap of {kind.value} from {journal.old} to {journal.new} is under way",
                cure=f"mlteam swap {kind.value} {journal.new} ends it; mlteam swap {kind.value} --undo goes back",
            )
        else:
            journal = steps.resume(swap, journal)
            swap.context.progress.say(f"going on with the swap of {kind.value}: next is {journal.step.value}")
        return _result(steps.advance(swap, journal), "done")


def go_back(swap: steps.Swap, kind: Kind) -> SwapResult:
    """UsageError where no swap is under way."""
    with stack_lock(swap.context, f"undo the swap of {kind.value}"):
        journal = swap.journals.read(kind.value)
        if journal is None:
            raise UsageError(
                f"no swap of {kind.value} is under way", cure=f"mlteam swap {kind.value} VARIANT begins one"
            )
        return _result(steps.undo(swap, journal), "undone")


def _begin(swap: steps.Swap, kind: Kind, variant: str, confirm: Callable[[], bool]) -> Journal:
    """Show what it will cost and change, and ask."""
    context, source = swap.context, getattr(swap.context.platform, kind.value)
    if source.variant == variant:
        raise UsageError(
            f"{kind.value} is {variant} already; offered: {', '.join(offered(kind))}", cure="mlteam status"
        )
    with context.progress.waiting("previewing both"):
        before = swap.engine.preview({})
        after = swap.engine.preview({kind.value: variant})
    if before.changes:
        raise RefusedError(
            f"the stack is not what its config says:\n{before.text()}",
            cure=f"pulumi up --stack {context.stack} first; after a killed engine mlteam recover comes before it",
        )
    _show(context, kind, source.variant, variant, before, after)
    if after.endangered:
        raise RefusedError(
            f"this would lose data: {', '.join(after.endangered)}", cure="report it: no flag may do that"
        )
    if not confirm():
        raise RefusedError("nothing was changed: nobody said yes", cure=f"mlteam swap {kind.value} {variant} --yes")
    last = swap.journals.last(kind.value)
    return swap.journals.write(
        Journal(
            id=uuid.uuid4().hex[:12],
            kind=kind.value,
            old=source.variant,
            new=variant,
            step=Step.EXPORT if kind in STATEFUL else Step.RETIRE,
            source=source if kind in STATEFUL else None,
            usd_before=before.usd_per_month,
            usd_after=after.usd_per_month,
            base_uri=last.base_of(source.tracking_uri) if last and kind in STATEFUL else "",
        )
    )


def _show(context: Context, kind: Kind, old: str, new: str, before: Preview, after: Preview) -> None:
    was, will = before.usd_per_month, after.usd_per_month
    context.progress.say(
        f"{kind.value}: {old} -> {new}\n"
        f"price: {was:.2f} -> {will:.2f} USD a month ({will - was:+.2f}; both sides while it lasts)\n"
        f"resources, when it is done:\n{after.text()}"
    )


def _result(journal: Journal, outcome: str) -> SwapResult:
    return SwapResult(
        kind=journal.kind,
        old=journal.old,
        new=journal.new,
        outcome=outcome,
        usd_before=journal.usd_before,
        usd_after=journal.usd_after,
        export_uri=journal.export_uri,
        counts=journal.counts,
        checksum=journal.checksum,
    )


def swap_of(context: Context, *, leave_running: bool = False, abandon: bool = False) -> steps.Swap:
    folder = project_folder(Path.cwd())
    return steps.Swap(
        context=context,
        engine=Engine(stack=context.stack, folder=folder, environment=context.environment),
        journals=Journals(context.aws.client("s3"), context.platform.storage.artifact_bucket),
        leave_running=leave_running,
        abandon=abandon,
    )


@click.command(help=__doc__)
@click.argument("kind", type=click.Choice([kind.value for kind in Kind]))
@click.argument("variant", default="")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--undo", is_flag=True, help="Go back to the old side, with what was logged to the new one.")
@click.option("--abandon", is_flag=True, help="With --undo: leave behind what was logged to the new side.")
@click.option("--leave-running", is_flag=True, help="Let a side go although runs still log to it.")
@click.pass_obj
def command(context: Context, /, kind: str, variant: str, **flags: Any) -> SwapResult:
    chosen = Kind(kind)
    if bool(variant) == flags["undo"]:
        raise click.UsageError("give either a VARIANT or --undo")
    if variant and variant not in offered(chosen):
        near = difflib.get_close_matches(variant, offered(chosen), n=1)
        raise UsageError(
            f"{kind} {variant!r} is not offered; allowed: {', '.join(offered(chosen))}",
            cure=f"mlteam swap {kind} {near[0]}" if near else "",
        )
    if flags["abandon"] and not flags["undo"]:
        raise click.UsageError("--abandon goes with --undo")
    swap = swap_of(context, leave_running=flags["leave_running"], abandon=flags["abandon"])
    try:
        return go_back(swap, chosen) if flags["undo"] else run(swap, chosen, variant, lambda: flags["yes"] or _asked())
    except KeyboardInterrupt:
        context.progress.warn(f"the same command goes on from here; mlteam swap {kind} --undo goes back")
        raise


def _asked() -> bool:
    """Only a person at a terminal is asked."""
    return sys.stdin.isatty() and click.confirm("go on?", err=True)
