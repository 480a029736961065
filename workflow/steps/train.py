"""`mlteam train`: pack the team's project, train it on a tier's manifest, record run and model.

Idempotent: the same project, data and parameters are one job; one that succeeded is not trained again (`--again` does),
one that runs is joined. Ctrl-C and a timeout end the machine. A job that MLflow's absence left `untracked` keeps its
model and log; `--resume JOB` delivers them.
"""

import dataclasses
import re
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import click

from components.variants import Tier
from workflow import s3
from workflow.backends.training_oss import Ec2Place
from workflow.backends.training_process import ProcessPlace
from workflow.context import Context
from workflow.errors import ResourceError, UsageError
from workflow.mlflow_client import where_to_look
from workflow.project import load_project
from workflow.record import read_section, write_section
from workflow.sections import ManifestRecord, SampleRecord, TrainRecord
from workflow.steps.options import project_option
from workflow.training.delivery import deliver_kept
from workflow.training.entry_point import GIVEN, command_of, load_entry_point, parameters_of
from workflow.training.job import JOB_FILE, PROJECT_FILE, Job, State, Status, job_id, read_job, read_status, to_bytes
from workflow.training.packaging import git_commit, pack_project
from workflow.training.place import POLL_SECONDS, Place, Waiting

PLACES: Final = ("ec2", "process")
CANDIDATE: Final = re.compile(r"^[a-z0-9][a-z0-9-]{0,39}$")
BOOT_SECONDS: Final = 900
"""A bare machine installs its packages before the job's own time begins."""


@dataclass(frozen=True, kw_only=True)
class TrainOptions:
    """Either `resume` (a job's id) or the rest. `timeout_seconds` None: what the platform allows a job."""

    candidate: str = ""
    tier: str = Tier.DEV
    project: Path = Path()
    parameters: Mapping[str, str] = field(default_factory=dict)
    where: str = PLACES[0]
    resume: str = ""
    again: bool = False
    timeout_seconds: float | None = None
    poll_seconds: float = POLL_SECONDS


def run(context: Context, options: TrainOptions) -> TrainRecord:
    """Write the section `train`; ResourceError carries the job's last lines when it failed."""
    client = context.aws.client("s3")
    if options.resume:
        job = read_job(client, s3.parse(context.platform.training.jobs_uri.rstrip("/")) / options.resume)
    else:
        job = _prepare(context, options)
    status = read_status(client, job.folder)
    if status is None or status.state in (State.RUNNING, State.FAILED):
        status = _wait(context, options, job)
    elif status.state is State.SUCCEEDED:
        context.progress.say(f"job {job.id} was trained before; `--again` trains it anew")
    if status.state is State.UNTRACKED and options.resume:
        with context.progress.waiting(f"delivering job {job.id} to {job.tracking_uri}"):
            status = deliver_kept(context.aws, job, status, context.progress.say)
    for warning in status.warnings:
        context.progress.warn(f"image left out: {warning}")
    record = _record(job, _insist(job, status))
    write_section(context.record_path, "train", record, stack=context.platform.stack)
    return record


def _prepare(context: Context, options: TrainOptions) -> Job:
    """Write project.zip and job.json, unless the same job is there."""
    if not CANDIDATE.match(options.candidate):
        raise UsageError(
            f"candidate {options.candidate!r}; allowed: a-z, 0-9 and -, at most 40 characters",
            cure="mlteam train --candidate first",
        )
    team = load_project(options.project)
    entry = load_entry_point(options.project)
    parameters = parameters_of(entry, options.parameters)
    command_of(entry, dict.fromkeys(GIVEN, "") | parameters)  # what cannot be filled in there costs no machine
    manifest = _manifest(context, options.tier)
    platform, client = context.platform, context.aws.client("s3")
    with tempfile.TemporaryDirectory(prefix="mlteam-train-") as scratch:
        archive = Path(scratch) / PROJECT_FILE
        digest = pack_project(options.project, archive)
        content = {"project": digest, "manifest": manifest.digest, "tier": options.tier, "parameters": parameters}
        identity = job_id(options.candidate, content | ({"again": time.time_ns()} if options.again else {}))
        folder = s3.parse(platform.training.jobs_uri.rstrip("/")) / identity
        if s3.exists(client, folder / JOB_FILE):
            return read_job(client, folder)
        client.upload_file(str(archive), folder.bucket, (folder / PROJECT_FILE).key)
    job = Job(
        id=identity,
        folder_uri=str(folder),
        candidate=options.candidate,
        tier=options.tier,
        parameters=parameters,
        manifest_uri=manifest.uri,
        manifest_digest=manifest.digest,
        pack_uri=manifest.pack_uri,
        project=team.project,
        project_digest=digest,
        git_commit=git_commit(options.project),
        author=context.aws.caller_arn(),
        region=platform.region,
        tracking_uri=platform.tracking.tracking_uri,
        tracking_username=platform.tracking.username,
        password_parameter=platform.tracking.password_parameter,
        max_broken_fraction=team.max_broken_fraction,
    )
    s3.write(client, folder / JOB_FILE, to_bytes(job))  # last: a job that is there is complete
    return job


def _manifest(context: Context, tier: str) -> ManifestRecord:
    sample = read_section(context.record_path, "sample", SampleRecord, stack=context.platform.stack)
    manifest = sample.manifest(tier)
    if manifest.count == 0:
        raise UsageError(
            f"tier {tier} has no images",
            cure="train on a larger tier, or raise mlteam:devSampleFraction, `pulumi up`, `mlteam sample`",
        )
    return manifest


def _wait(context: Context, options: TrainOptions, job: Job) -> Status:
    timeout = options.timeout_seconds or context.platform.training.max_runtime_seconds + BOOT_SECONDS
    client = context.aws.client("s3")
    waiting = Waiting(
        client=client, progress=context.progress, timeout_seconds=timeout, poll_seconds=options.poll_seconds
    )
    return waiting.run(job, _place(context, options.where))


def _place(context: Context, where: str) -> Place:
    if where == "process":
        return ProcessPlace(context.aws.client("s3"), context.environment, context.progress)
    return Ec2Place(context.aws, context.platform, context.progress)


def _insist(job: Job, status: Status) -> Status:
    if status.state is State.SUCCEEDED:
        return status
    if status.state is State.UNTRACKED:
        cure = f"{where_to_look(job.tracking_uri)}; then: mlteam train --resume {job.id}"
        raise ResourceError(f"job {job.id}: {status.message}", cure=cure)
    raise ResourceError(f"job {job.id} failed: {status.message}", cure=f"mlteam logs --job {job.id}")


def _record(job: Job, status: Status) -> TrainRecord:
    return TrainRecord(
        candidate=job.candidate,
        tier=job.tier,
        job_id=job.id,
        run_id=status.run_id,
        model_name=status.model_name,
        model_version=status.model_version,
        model_uri=f"models:/{status.model_name}/{status.model_version}",
        digest=status.digest,
        manifest_digest=job.manifest_digest,
        project_digest=job.project_digest,
        author=job.author,
    )


def _pair(_: click.Context, __: click.Parameter, pairs: tuple[str, ...]) -> dict[str, str]:
    for pair in pairs:
        if "=" not in pair:
            raise click.BadParameter(f"{pair!r}; allowed: name=value")
    return dict(pair.split("=", 1) for pair in pairs)


@click.command(help=__doc__)
@click.option("--candidate", default="", help="A name for what is tried.")
@click.option("--tier", type=click.Choice([tier.value for tier in Tier]), default=Tier.DEV.value, show_default=True)
@project_option
@click.option("-P", "parameters", multiple=True, callback=_pair, metavar="NAME=VALUE", help="A parameter of MLproject.")
@click.option("--where", type=click.Choice(PLACES), default=PLACES[0], show_default=True)
@click.option("--resume", default="", metavar="JOB", help="Join a running job, or deliver one that MLflow missed.")
@click.option("--again", is_flag=True, help="Train even if the same was trained before.")
@click.option("--timeout-seconds", type=click.FloatRange(min=1), default=None)
@click.pass_obj
def command(context: Context, /, **options: Any) -> TrainRecord:
    given = TrainOptions(**options)
    if bool(given.resume) == bool(given.candidate):
        raise click.UsageError("give either --candidate NAME or --resume JOB")
    return run(context, dataclasses.replace(given, tier=Tier(given.tier)))
