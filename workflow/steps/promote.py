"""`mlteam promote`: make the challenger the champion, if the A/B test of exactly this deployment said so.

One write; the champion of before stays loaded, so that `mlteam rollback` is one write too. There is no option that
promotes without a test: a first model needs none, and a way back needs none.
"""

import click

from workflow.context import Context
from workflow.deployment import Deployment, read_deployment
from workflow.errors import DriftError, GateError, RefusedError
from workflow.lock import stack_lock
from workflow.model_store import set_champion
from workflow.record import read_section, write_section
from workflow.rollout import Rollout
from workflow.sections import TrainRecord
from workflow.statistics.sequential import Decision
from workflow.verdicts import SHOWN, AbTestRecord, PromoteRecord


def run(context: Context) -> PromoteRecord:
    """Write the section `promote`; a model that is the champion already stays so."""
    platform = context.platform
    train = read_section(context.record_path, "train", TrainRecord, stack=platform.stack)
    with stack_lock(context, f"promote model {train.digest[:SHOWN]}") as lock:
        stored = read_deployment(context.aws.client("s3"), platform.serving.deployment_uri)
        wanted = stored.deployment
        if wanted.champion is None or wanted.champion.digest != train.digest:
            test = read_section(context.record_path, "abtest", AbTestRecord, stack=platform.stack)
            check_test(test, stored.deployment, train.digest)
            wanted = stored.deployment.promoted()
            Rollout(context=context, lock=lock, verb="promote", reason=test.reason).change(stored, wanted)
        if wanted.champion is None:
            raise DriftError("the deployment lost its champion meanwhile", cure="mlteam status")
        record = PromoteRecord(
            digest=train.digest,
            generation=wanted.generation,
            previous_digest=wanted.previous.digest if wanted.previous else "",
            alias_set=set_champion(context, wanted.champion),
        )
    write_section(context.record_path, "promote", record, stack=platform.stack)
    return record


def check_test(test: AbTestRecord, deployment: Deployment, digest: str) -> None:
    """GateError when the test did not say promote, DriftError when it was of another deployment."""
    if deployment.challenger is None or deployment.challenger.digest != digest:
        raise RefusedError(f"model {digest[:SHOWN]} is not the challenger", cure="mlteam status")
    champion = deployment.champion.digest if deployment.champion else ""
    if (test.digest, test.champion_digest, test.generation) != (digest, champion, deployment.generation):
        raise DriftError("the A/B test was of another deployment than today's", cure="mlteam abtest")
    if test.decision != Decision.PROMOTE:
        raise GateError(f"the A/B test said {test.decision}: {test.reason}", cure="mlteam rollback --challenger")


@click.command(help=__doc__)
@click.pass_obj
def command(context: Context, /) -> PromoteRecord:
    return run(context)
