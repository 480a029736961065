"""How a job meets its tracking server: MLflow's environment, the run's tags, and at last the model's registration."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from workflow.aws import Aws
from workflow.mlflow_client import client_environment
from workflow.training.job import Job
from workflow.training.shipper import Shipper
from workflow.training.tracker import MLFLOW_SETTINGS, MlflowTracker, is_refusal

PATIENCE_SECONDS: Final = 60.0
"""How long a finished job waits for a server that is away before it keeps its results aside: a paid machine idles."""

END_SECONDS: Final = 60.0
KILLED_SECONDS: Final = 8.0
"""Whoever stops a worker kills it 20 s later, and its status must be written after this."""


@dataclass(frozen=True)
class Tracked:
    """Where the run and the model have got to."""

    run_id: str
    model_version: str


@dataclass(frozen=True)
class Untracked:
    """`reason` goes on after "MLflow at ...": people wait for a server that is away, and mend what is refused."""

    reason: str


def tracking_environment(job: Job, aws: Aws) -> dict[str, str]:
    """What makes a client of the job's run: its server, its experiment, and calls that do not last."""
    login = client_environment(aws, job.tracking_uri, job.tracking_username, job.password_parameter)
    return {**MLFLOW_SETTINGS, **login, "MLFLOW_EXPERIMENT_NAME": job.project}


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
) -> Tracked | Untracked:
    """Send the rest of the facts and register the model; Untracked when the server stays away, or refuses."""
    if not shipper.finish(patience_seconds):
        return _untracked(shipper.error)
    try:
        return _registered(tracker, model, name, digest)
    except Exception as error:  # the server went away between the last fact and the model, or does not want it
        print(f"warning: the model was not registered: {error}", flush=True)  # noqa: T201
        return _untracked(error)


def end(
    tracker: MlflowTracker,
    shipper: Shipper,
    error: BaseException,
    say: Callable[[str], None],
    seconds: float | None = None,
) -> None:
    """Mark the run of a job that `error` ended. Best effort: raises nothing, and takes a bounded time."""
    is_killed = isinstance(error, KeyboardInterrupt)
    status = "KILLED" if is_killed else "FAILED"
    limit = seconds if seconds is not None else KILLED_SECONDS if is_killed else END_SECONDS
    ending = threading.Thread(target=_mark, args=(tracker, shipper, status, say), daemon=True)
    ending.start()
    ending.join(limit)
    if ending.is_alive():
        say(f"warning: the run is not marked {status}: MLflow did not answer within {limit:.0f} s")


def _mark(tracker: MlflowTracker, shipper: Shipper, status: str, say: Callable[[str], None]) -> None:
    try:
        if shipper.finish(0):
            tracker.finish(status)
    except Exception as error:  # what ended the job is what people must see, not this
        say(f"warning: the run is not marked {status}: {error}")


def _registered(tracker: MlflowTracker, model: Path, name: str, digest: str) -> Tracked:
    version = tracker.register(model, name, digest)
    tracker.finish("FINISHED")
    return Tracked(tracker.ensure_run(), version)


def _untracked(error: Exception | None) -> Untracked:
    return Untracked(f"refuses: {error}" if error and is_refusal(error) else "is away")
