"""`mlteam abtest`: let champion and challenger answer real requests until one is better, or the requests are used up.

Exit code 0: promote. 5: keep the champion (no effect that matters, or a guardrail). 9: undecided after max_requests.
4: nothing can be concluded, because the split was not the one asked for, neither arm gave predictions, or the server is
gone. The record has the numbers of every test but the last.
"""

from pathlib import Path
from typing import Final

import click

from workflow.backends.serving_oss import ModelServer
from workflow.context import Context
from workflow.deployment import Deployment, read_deployment
from workflow.errors import DriftError, GateError, RefusedError, ResourceError, StepTimeoutError
from workflow.experiment import Experiment
from workflow.manifest_store import read_manifest
from workflow.model_store import note
from workflow.project import Project, load_project
from workflow.record import read_section, write_section
from workflow.reserved import Reserved, read_images
from workflow.sampling import ABTEST
from workflow.sections import SampleRecord, TrainRecord
from workflow.source import open_source
from workflow.statistics.ratio import MISMATCH_P_VALUE
from workflow.statistics.sequential import Decision
from workflow.steps.options import project_option
from workflow.traffic import Split, requests_of, send
from workflow.verdicts import SHOWN, AbTestRecord

_WORKERS: Final = 4


def run(context: Context, project_folder: Path, *, seed: int = 0, workers: int = _WORKERS) -> AbTestRecord:
    """Write the section `abtest`; raises unless the decision is to promote."""
    project = load_project(project_folder)
    stack = context.platform.stack
    train = read_section(context.record_path, "train", TrainRecord, stack=stack)
    deployment = _deployment(context)
    _refuse_other(deployment, train.digest)
    reserved = _reserved(context, project)
    experiment = _experiment(project, deployment)
    _say(context, project, reserved)
    server = ModelServer(context.platform.serving.url)
    server.status()  # asleep or gone: say so before a thousand requests fail
    with context.progress.waiting("testing the challenger against the champion"):
        requests = requests_of(reserved, project.abtest.max_requests, seed)
        split = Split(salt=deployment.salt, weight=deployment.challenger_weight)
        send(server, split, requests, workers, experiment.take)
    server.status()  # it died meanwhile: then its last failures fell on one arm or the other by chance
    if _deployment(context) != deployment:
        raise DriftError("the deployment was changed during the test", cure="mlteam status, then mlteam abtest again")
    record = recorded(experiment, deployment, len(reserved.images), seed)
    write_section(context.record_path, "abtest", record, stack=stack)
    note(context, train.run_id, {"mlteam.abtest": record.decision})
    return concluded(experiment, record)


def _deployment(context: Context) -> Deployment:
    return read_deployment(context.aws.client("s3"), context.platform.serving.deployment_uri).deployment


def _refuse_other(deployment: Deployment, digest: str) -> None:
    if deployment.champion is None or deployment.challenger is None or deployment.challenger.digest != digest:
        raise RefusedError(
            f"model {digest[:SHOWN]} is not the challenger of a champion: there is nothing to test",
            cure="mlteam deploy (a first champion needs no test)",
        )


def _reserved(context: Context, project: Project) -> Reserved:
    sample = read_section(context.record_path, "sample", SampleRecord, stack=context.platform.stack)
    manifest, client = sample.manifest(ABTEST), context.aws.client("s3")
    images = read_manifest(client, manifest.uri, manifest.digest)
    waiting = context.progress.waiting(f"reading {len(images)} reserved images")
    with waiting, open_source(client, manifest.pack_uri) as source:
        return read_images(source, project, images)


def _experiment(project: Project, deployment: Deployment) -> Experiment:
    return Experiment(rules=project.abtest, confidence=project.confidence, weight=deployment.challenger_weight)


def _say(context: Context, project: Project, reserved: Reserved) -> None:
    requests, images = project.abtest.max_requests, len(reserved.images)
    for key in reserved.broken:
        context.progress.warn(f"left out, cannot be read: {key}")
    if requests > images:
        context.progress.say(
            f"up to {requests} requests on {images} reserved images, drawn with replacement: the result is about "
            "these images"
        )


def recorded(experiment: Experiment, deployment: Deployment, images: int, seed: int) -> AbTestRecord:
    """A test that was at fault is undecided, whatever its arms say."""
    fault = experiment.fault
    champion, challenger = (experiment.sides[arm].record() for arm in experiment.sides)
    return AbTestRecord(
        digest=deployment.challenger.digest if deployment.challenger else "",
        champion_digest=deployment.champion.digest if deployment.champion else "",
        generation=deployment.generation,
        decision=(Decision.UNDECIDED if fault else experiment.decision).value,
        reason=f"invalid: {fault}" if fault else experiment.reason,
        champion=champion,
        challenger=challenger,
        difference=experiment.difference(),
        p_value=experiment.comparison().p_value,
        split_p_value=experiment.split(),
        requests=experiment.requests,
        units=experiment.units,
        images=images,
        with_replacement=experiment.rules.max_requests > images,
        seed=seed,
    )


def concluded(experiment: Experiment, record: AbTestRecord) -> AbTestRecord:
    """The record of a test that says promote; ResourceError, GateError or StepTimeoutError for any other."""
    if experiment.fault:
        again = f"chance alone does that once in {1 / MISMATCH_P_VALUE:.0f}: mlteam abtest --seed {record.seed + 1}"
        is_split = record.split_p_value < MISMATCH_P_VALUE
        cure = f"mlteam logs model-server{f'; {again}' if is_split else ''}"
        raise ResourceError(f"the A/B test is {record.reason}", cure=cure)
    if record.decision == Decision.KEEP:
        raise GateError(f"the A/B test keeps the champion: {record.reason}", cure="mlteam rollback --challenger")
    if record.decision == Decision.UNDECIDED:
        raise StepTimeoutError(
            f"the A/B test is undecided: {record.reason}",
            cure="raise abtest.max_requests in mlteam.yaml, or mlteam rollback --challenger",
        )
    return record


@click.command(help=__doc__)
@project_option
@click.option("--seed", type=int, default=0, show_default=True, help="Of the draw of images and visitors.")
@click.option("--workers", type=click.IntRange(1, 64), default=_WORKERS, show_default=True)
@click.pass_obj
def command(context: Context, /, project: Path, seed: int, workers: int) -> AbTestRecord:
    return run(context, project, seed=seed, workers=workers)
