"""`mlteam rollback`: serve the champion of before again, or only withdraw the challenger.

One write, no download, no MLflow, no record: the previous champion has been kept loaded. Needs no approval, because it
was approved once.
"""

from dataclasses import dataclass

import click

from workflow.context import Context
from workflow.deployment import read_deployment
from workflow.lock import stack_lock
from workflow.model_store import set_champion
from workflow.rollout import Rollout


@dataclass(frozen=True, kw_only=True)
class RollbackResult:
    """`digest` is the champion's that is served now; `withdrawn` what no longer is."""

    digest: str
    generation: int
    withdrawn: tuple[str, ...]
    alias_set: bool


def run(context: Context, *, challenger_only: bool = False, reason: str = "") -> RollbackResult:
    platform = context.platform
    with stack_lock(context, "roll back") as lock:
        stored = read_deployment(context.aws.client("s3"), platform.serving.deployment_uri)
        before = stored.deployment
        wanted = before.without_challenger() if challenger_only else before.rolled_back()
        Rollout(context=context, lock=lock, verb="rollback", reason=reason).force(stored, wanted)
    kept = {each.digest for each in wanted.references().values()}
    gone = tuple(sorted({each.digest for each in before.references().values()} - kept))
    champion = wanted.champion
    return RollbackResult(
        digest=champion.digest if champion else "",
        generation=wanted.generation,
        withdrawn=gone,
        alias_set=champion is not None and set_champion(context, champion),
    )


@click.command(help=__doc__)
@click.option("--challenger", "challenger_only", is_flag=True, help="Withdraw the challenger, keep the champion.")
@click.option("--reason", default="", help="Why, for the ledger.")
@click.pass_obj
def command(context: Context, /, challenger_only: bool, reason: str) -> RollbackResult:
    return run(context, challenger_only=challenger_only, reason=reason)
