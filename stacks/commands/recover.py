"""`mlteam recover`: clean up after an engine that was killed, so that `pulumi up` goes on as if nothing had happened.

Shows what there is and what will be done with it, and asks: the lock of a process that is gone, the plugins that
outlived it, operations whose end the state does not know, and what is at AWS with the stack's tags or name without the
state knowing it. What holds data is left; where the state should know it and does not, all is. May be interrupted and
repeated; a second run has nothing to do. Needs the rights and the environment of `pulumi up`. Exit code 8 where an
engine may be at work, or nobody said yes.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import click

from components.naming import Naming
from stacks.engine import Engine, project_folder
from stacks.recovery.locks import this_machine
from stacks.recovery.plan import Plan
from stacks.recovery.sight import Sight
from stacks.recovery.steps import Confirm, Recovery, recover
from stacks.recovery.store import open_store
from workflow.aws import Aws
from workflow.context import Context
from workflow.errors import RefusedError
from workflow.outputs import PROJECT


@dataclass(frozen=True, kw_only=True)
class RecoverResult:
    """What was done, each thing in words. `left` was found and stays; `asleep` has machines to start before an `up`,
    which waits for their services; `unseen` types were not looked for; `backup` is the state before."""

    stack: str
    locks: tuple[str, ...]
    processes: tuple[str, ...]
    torn: tuple[str, ...]
    settled: tuple[str, ...]
    deleted: tuple[str, ...]
    left: tuple[str, ...]
    asleep: tuple[str, ...]
    unseen: tuple[str, ...]
    backup: str

    def text(self) -> str:
        done = {
            "locks removed": self.locks,
            "processes ended": self.processes,
            "torn files removed": self.torn,
            "operations settled": self.settled,
            "orphans deleted": self.deleted,
        }
        told = "; ".join(f"{what}: {len(each)}" for what, each in done.items() if each)
        lines = [f"stack {self.stack}: {told or 'nothing to do'}"]
        lines += [f"left at AWS: {each}" for each in self.left]
        lines += [f"not looked for at AWS: {each}" for each in self.unseen]
        if self.backup:
            lines += [f"the state before: {self.backup}"]
        if self.asleep:
            lines += [
                f"next: aws ec2 start-instances --instance-ids {' '.join(self.asleep)}   (an `up` waits for them)"
            ]
        if self.backup:
            lines += [f"next: pulumi up --stack {self.stack}"]
        return "\n".join(lines)


def run(recovery: Recovery, confirm: Confirm) -> RecoverResult:
    done = recover(recovery, confirm)
    return RecoverResult(
        stack=recovery.engine.stack,
        locks=done.plan.locks,
        processes=done.plan.plugins,
        torn=done.plan.torn,
        settled=tuple(each.text() for each in done.plan.pending),
        deleted=tuple(each.text() for each in done.plan.removed),
        left=tuple(each.text() for each in done.plan.left),
        asleep=done.plan.asleep,
        unseen=done.plan.unseen,
        backup=done.backup,
    )


def recovery_of(context: Context, *, break_lock: bool = False) -> Recovery:
    """The caller is asked for first: who they are decides all else."""
    context.stay_local(context.stack)
    account_id = context.aws.client("sts").get_caller_identity()["Account"]
    folder = project_folder(Path.cwd())
    engine = Engine(stack=context.stack, folder=folder, environment=context.environment)
    return Recovery(
        engine=engine,
        store=open_store(engine.backend_url(), folder, context.aws),
        sight=Sight(
            aws=Aws(region_name=engine.region()),
            naming=Naming(project=PROJECT, stack=context.stack),
            account_id=account_id,
        ),
        machine=this_machine(),
        progress=context.progress,
        break_lock=break_lock,
    )


@click.command(help=__doc__)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--break-lock", is_flag=True, help="Remove a lock whose holder cannot be looked at from here.")
@click.pass_obj
def command(context: Context, /, yes: bool, break_lock: bool) -> RecoverResult:
    def confirm(plan: Plan) -> None:
        context.progress.say(plan.text())
        if not (yes or (sys.stdin.isatty() and click.confirm("go on?", err=True))):
            raise RefusedError("none of this was done: nobody said yes", cure="mlteam recover --yes")

    return run(recovery_of(context, break_lock=break_lock), confirm)
