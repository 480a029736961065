"""How a job meets its tracking server: MLflow's environment, the run's tags, and at last the model's registration."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from workflow.aws import Aws
from workflow.training.job import Job
from workflow.training.shipper import Shipper
from workflow.training.tracker import MLFLOW_SETTINGS, MlflowTracker

PATIENCE_SECONDS: Final = 60.0
"""How long a finished job waits for a server that is away before it keeps its results aside: a paid machine idles."""


@dataclass(frozen=True)
class Tracked:
    """Where the run and the model have got to."""

    run_id: str
    model_version: str


def tracking_environment(job: Job, aws: Aws) -> dict[str, str]:
    """What MLflow clients read. The password is fetched with the caller's own role, and lies in no file."""
    settings = {**MLFLOW_SETTINGS, "MLFLOW_TRACKING_URI": job.tracking_uri, "MLFLOW_EXPERIMENT_NAME": job.project}
    if job.password_parameter:
        answer = aws.client("ssm").get_parameter(Name=job.password_parameter, WithDecryption=True)
        settings["MLFLOW_TRACKING_USERNAME"] = job.tracking_username
        settings["MLFLOW_TRACKING_PASSWORD"] = answer["Parameter"]["Value"]
    return settings


def enter(settings: Mapping[str, str]) -> None:
    """MLflow's client takes its settings from the process's environment only."""
    os.environ.update(settings)


def tracker_of(job: Job, run_id: str = "") -> MlflowTracker:
    return MlflowTracker(job.project, job.candidate, run_tags(job), run_id)


def run_tags(job: Job) -> dict[str, str]:
    """Who trained what from what, so that a run can be made again."""
    tags = {
        "mlflow.user": job.author,
        "mlflow.source.type": "PROJECT",
        "mlteam.author": job.author,
        "mlteam.candidate": job.candidate,
        "mlteam.job": job.id,
        "mlteam.manifest": job.manifest_digest,
        "mlteam.project": job.project_digest,
        "mlteam.tier": job.tier,
    }
    return tags | ({"mlflow.source.git.commit": job.git_commit} if job.git_commit else {})


def deliver(
    tracker: MlflowTracker, shipper: Shipper, model: Path, *, name: str, digest: str, patience_seconds: float
) -> Tracked | None:
    """Send the rest of the facts and register the model; None when the server stays away."""
    if not shipper.finish(patience_seconds):
        return None
    return _patiently(lambda: _registered(tracker, model, name, digest))


def _registered(tracker: MlflowTracker, model: Path, name: str, digest: str) -> Tracked:
    version = tracker.register(model, name, digest)
    tracker.finish("FINISHED")
    return Tracked(tracker.ensure_run(), version)


def _patiently(call: Callable[[], Tracked]) -> Tracked | None:
    try:
        return call()
    except Exception as error:  # the server went away between the last fact and the model
        print(f"warning: the model was not registered: {error}", flush=True)  # noqa: T201
        return None
