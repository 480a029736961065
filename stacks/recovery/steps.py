"""Look, and do what was agreed on, in an order in which an interruption anywhere leaves only work for the next run.

The engine's own command changes the state (`pulumi refresh`), never an edit of it; a copy is kept beside the state
before. What is deleted at AWS is looked for once more while every engine is locked out: an `up` that begins in between
must not lose what it has just made.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from json import dumps
from typing import Any, Final

from stacks.engine import Engine
from stacks.recovery import locks, networks, plan, plugins
from stacks.recovery.belongings import BELONGINGS
from stacks.recovery.locks import Lock, Machine
from stacks.recovery.plan import Orphan, Plan
from stacks.recovery.sight import Sight
from stacks.recovery.store import Store
from workflow.errors import CredentialsError, ResourceError
from workflow.progress import Progress

INSTANCE: Final = "aws:ec2/instance:Instance"
BACKUPS: Final = "recovery"
"""Beside the engine's own folder in the backend: who may read the state may read its copies, and nobody else."""

Confirm = Callable[[Plan], None]
"""Shows a plan, and raises RefusedError where nobody agrees."""


@dataclass(frozen=True, kw_only=True)
class Recovery:
    """One stack, and what there is to look at it with."""

    engine: Engine
    store: Store
    sight: Sight
    machine: Machine
    progress: Progress
    break_lock: bool = False

    @property
    def place(self) -> str:
        return locks.folder(self.sight.naming.project, self.sight.naming.stack)

    @property
    def objects(self) -> re.Pattern[str]:
        """Names of what the engine keeps of this stack."""
        project, stack = re.escape(self.sight.naming.project), re.escape(self.sight.naming.stack)
        return re.compile(rf"/{project}/{stack}(\.json|/)")


@dataclass(frozen=True, kw_only=True)
class Done:
    """`plan` is what was found and done; `backup` the address of the state before, empty if nothing was to do."""

    plan: Plan
    backup: str = ""


def recover(recovery: Recovery, confirm: Confirm) -> Done:
    """RefusedError, with nothing changed, where an engine is at work or nobody agrees."""
    held = locks.read(recovery.store, recovery.place, recovery.machine)
    locks.refuse(held, recovery.store, break_lock=recovery.break_lock)
    shown = look(recovery, held)
    if shown.is_empty:
        return Done(plan=shown)
    confirm(shown)
    plugins.end(plugins.without_engine(recovery.engine.folder))
    for name in shown.torn:
        recovery.store.remove(name)
    state = recovery.engine.export()
    backup = _back_up(recovery, state)
    recovery.progress.say(f"the state before: {backup}")
    for lock in held:
        recovery.store.remove(lock.name)
    return Done(plan=_settle(recovery, state, shown, confirm), backup=backup)


def look(recovery: Recovery, held: Sequence[Lock] = ()) -> Plan:
    """A state that cannot be read yet hides what is pending and what is nobody's."""
    torn = tuple(recovery.store.torn(recovery.objects))
    deployment = {} if torn else recovery.engine.export()["deployment"]
    machines = plan.known(deployment)[INSTANCE]
    return Plan(
        locks=tuple(lock.text() for lock in held),
        plugins=tuple(f"{each.pid}: {each.command()}" for each in plugins.without_engine(recovery.engine.folder)),
        torn=torn,
        pending=plan.pending(deployment),
        orphans=() if torn else tuple(orphans(recovery.sight, deployment)),
        asleep=tuple(each for each in networks.asleep(recovery.sight) if each in machines),
        unseen=plan.strangers(deployment),
    )


def orphans(sight: Sight, deployment: Mapping[str, Any]) -> Iterator[Orphan]:
    """CredentialsError where the caller is in another account than the stack: nothing there is its own."""
    account = plan.account_of(deployment)
    if account not in ("", sight.account_id):
        raise CredentialsError(
            f"stack {sight.naming.stack!r} is in account {account}, the caller in {sight.account_id}",
            cure="aws sts get-caller-identity   (then another AWS_PROFILE)",
        )
    found = {token: list(row.find(sight)) for token, row in BELONGINGS.items()}
    unknown = [(row, key, row.holds(sight, key) if row.holds else "") for row, key in plan.unknown(deployment, found)]
    yield from plan.judge(unknown)


def _back_up(recovery: Recovery, state: Mapping[str, Any]) -> str:
    naming, now = recovery.sight.naming, datetime.now(UTC)
    name = f"{BACKUPS}/{naming.project}/{naming.stack}-{now:%Y%m%dT%H%M%S.%fZ}.json"
    recovery.store.write(name, dumps(state).encode())
    return f"{recovery.store.url}/{name}"


def _settle(recovery: Recovery, state: Mapping[str, Any], shown: Plan, confirm: Confirm) -> Plan:
    """What is left once the state says how everything ended: agreed on again where it is more than was shown."""
    pending = plan.pending(state["deployment"])
    if pending:
        with recovery.progress.waiting("asking AWS how it ended: pulumi refresh"):
            recovery.engine.settle()
    with locks.hold(recovery.store, recovery.place):
        now = look(recovery)
        if set(now.removed) - set(shown.removed):
            confirm(now)
        remove(recovery.sight, now.removed, recovery.progress)
    unseen = tuple(sorted({*shown.unseen, *now.unseen}))  # a pending operation that is forgotten had told of some
    return replace(now, locks=shown.locks, plugins=shown.plugins, torn=shown.torn, pending=pending, unseen=unseen)


def remove(sight: Sight, wanted: Sequence[Orphan], progress: Progress) -> None:
    """All of it, whatever of it fails; ResourceError says what AWS did not delete."""
    failures: dict[Orphan, str] = {}
    for each in wanted:
        progress.say(f"deleting {each.text()}")
        why = _remove(sight, each)
        if why:
            failures[each] = why
    if failures:
        told = "\n".join(f"  {each.text()}: {why}" for each, why in failures.items())
        raise ResourceError(f"AWS did not delete all of it:\n{told}", cure="mlteam recover once more, in a minute")


def _remove(sight: Sight, orphan: Orphan) -> str:
    """Why not, or empty."""
    from botocore.exceptions import ClientError, WaiterError

    row = BELONGINGS[orphan.token]
    if row.remove is not None:
        try:
            row.remove(sight, orphan.key)
        except (ClientError, WaiterError) as error:
            return str(error)
    return ""
