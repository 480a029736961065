"""`mlteam deploy`: serve the approved model beside the champion, or as the first champion.

Needs a passed gate and an approval of exactly this model and result, which is used up. Waits until the model server
serves both arms; a model that does not load costs nothing but the approval (exit 4, with the server's words).
"""

import tempfile
from pathlib import Path

import click

from workflow import s3
from workflow.approvals import approval_address, demand, use
from workflow.backends.serving_oss import ModelServer
from workflow.context import Context
from workflow.deployment import Deployment, ModelReference, read_deployment
from workflow.errors import DriftError, RefusedError
from workflow.lock import stack_lock
from workflow.model_store import fetch_model, set_champion
from workflow.models import pack_folder
from workflow.project import load_project
from workflow.record import read_section, write_section
from workflow.rollout import Rollout
from workflow.sections import TrainRecord
from workflow.steps.approve import checked_gate
from workflow.steps.options import project_option
from workflow.verdicts import SHOWN, DeployRecord, GateRecord


def run(context: Context, project_folder: Path, weight: float | None = None) -> DeployRecord:
    """Write the section `deploy`; a model that is served already stays as it is."""
    share = weight if weight is not None else load_project(project_folder).abtest.challenger_weight
    stack = context.platform.stack
    train = read_section(context.record_path, "train", TrainRecord, stack=stack)
    gate = checked_gate(context, train)
    client = context.aws.client("s3")
    ModelServer(context.platform.serving.url).status()  # asleep or gone: say so before anything is used up
    with stack_lock(context, f"deploy model {train.digest[:SHOWN]}") as lock:
        stored = read_deployment(client, context.platform.serving.deployment_uri)
        if not is_served(stored.deployment, train.digest):
            _refuse_occupied(stored.deployment, gate)
            address = approval_address(context.platform.storage.artifact_bucket, stack, gate.digest)
            approval = demand(client, address, gate).approval
            reference = ModelReference(digest=train.digest, run_id=train.run_id, name=train.candidate)
            wanted = stored.deployment.with_candidate(reference, share)
            _upload(context, train)
            use(client, address, approval, wanted.generation)
            rollout = Rollout(context=context, lock=lock, verb="deploy", reason=f"approved by {approval.approver}")
            rollout.change(stored, wanted)
            if wanted.champion == reference:
                set_champion(context, reference)
        record = _record(context, train.digest)
    write_section(context.record_path, "deploy", record, stack=stack)
    return record


def is_served(deployment: Deployment, digest: str) -> bool:
    places = deployment.references()
    return any(places[place].digest == digest for place in ("champion", "challenger") if place in places)


def _refuse_occupied(deployment: Deployment, gate: GateRecord) -> None:
    if deployment.challenger is not None:
        raise RefusedError(
            f"{deployment.challenger.name} ({deployment.challenger.digest[:SHOWN]}) is the challenger already",
            cure="mlteam promote, or mlteam rollback --challenger",
        )
    champion = deployment.champion.digest if deployment.champion else ""
    if champion != gate.champion_digest:
        raise DriftError(
            f"the gate compared with champion {gate.champion_digest[:SHOWN] or 'none'}, "
            f"served is {champion[:SHOWN] or 'none'}",
            cure="mlteam evaluate, mlteam gate, mlteam approve",
        )


def _upload(context: Context, train: TrainRecord) -> None:
    """The verified model as its archive: the same bytes each time, so that writing it again changes nothing."""
    with tempfile.TemporaryDirectory(prefix="mlteam-deploy-") as name:
        with context.progress.waiting(f"fetching model {train.model_uri}"):
            folder = fetch_model(context, train, Path(name) / "model")
        archive = Path(name) / "model.zip"
        pack_folder(folder, archive)
        address = s3.parse(context.platform.serving.models_uri) / f"{train.digest}.zip"
        context.aws.client("s3").upload_file(str(archive), address.bucket, address.key)


def _record(context: Context, digest: str) -> DeployRecord:
    deployment = read_deployment(context.aws.client("s3"), context.platform.serving.deployment_uri).deployment
    is_champion = deployment.champion is not None and deployment.champion.digest == digest
    return DeployRecord(
        digest=digest,
        generation=deployment.generation,
        place="champion" if is_champion else "challenger",
        challenger_weight=0.0 if is_champion else deployment.challenger_weight,
    )


@click.command(help=__doc__)
@project_option
@click.option("--weight", type=float, default=None, help="Share of units, above 0 and below 1 [mlteam.yaml].")
@click.pass_obj
def command(context: Context, /, project: Path, weight: float | None) -> DeployRecord:
    return run(context, project, weight)
