"""`python -m workflow.training.worker --job s3://bucket/workflow/jobs/<id>/job.json`: carry out one job.

Runs on the training machine, or beside `mlteam train --where process`. Promises a final status.json whatever happens
but the machine's own end, and that a trained model and its log are kept even when MLflow is down to the end.
Its only argument is the job's address; its AWS rights are its role's.
"""

import argparse
import os
import shutil
import signal
import sys
import tempfile
import traceback
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any, Final

from workflow import s3
from workflow.archives import unpack
from workflow.aws import Aws
from workflow.errors import DriftError, ResourceError
from workflow.failures import translate
from workflow.manifest_store import read_manifest
from workflow.mlflow_client import become_client, for_another_program
from workflow.models import model_digest, pack_folder
from workflow.source import open_source
from workflow.training import tracking
from workflow.training.data import Fetched, fetch
from workflow.training.entry_point import command_of, load_entry_point, parameters_of
from workflow.training.job import BUFFER_FILE, MODEL_FILE, PROJECT_FILE, Job, State, Status, read_job, read_status
from workflow.training.job import write_status as write_status_to
from workflow.training.run_logger import BUFFER_VARIABLE, RunLogger
from workflow.training.running import run_command
from workflow.training.shipper import Shipper
from workflow.training.tracker import MlflowTracker

MODEL_MARK: Final = "MLmodel"
"""The file that makes a folder an MLflow model."""


class Worker:
    """One job in one scratch folder."""

    def __init__(self, job: Job, scratch: Path, aws: Aws, *, patience_seconds: float) -> None:
        self._job = job
        self._aws = aws
        self._client: Any = aws.client("s3")
        self._patience_seconds = patience_seconds
        before = read_status(self._client, job.folder)
        self.status = Status(state=State.RUNNING, attempt=before.attempt if before else 1)
        self._project, self._data, self._model = (scratch / name for name in ("project", "data", "model"))
        self._buffer = scratch / BUFFER_FILE
        self._scratch = scratch

    def run(self) -> Status:
        """Train, record, answer the final status; raises what went wrong."""
        self.tell("fetching the project")
        self._fetch_project()
        command = self._command()
        self.tell("fetching the images")
        fetched = self._fetch_images()
        self.status = replace(self.status, warnings=fetched.broken)
        settings = tracking.tracking_environment(self._job, self._aws)
        become_client(settings)
        self._log_facts(fetched.count, len(fetched.broken))
        tracker = tracking.tracker_of(self._job)
        shipper = Shipper(self._buffer, tracker, _say)
        shipper.start()
        try:
            self.tell(f"training on {fetched.count} images")
            run_command(command, self._project, self._environment(settings))
            return self._deliver(tracker, shipper, self._check_model())
        except BaseException as error:
            tracking.end(tracker, shipper, error, _say)
            raise

    def _deliver(self, tracker: MlflowTracker, shipper: Shipper, digest: str) -> Status:
        self.tell("recording the model")
        name = self._job.project
        tracked = tracking.deliver(
            tracker, shipper, self._model, name=name, digest=digest, patience_seconds=self._patience_seconds
        )
        known = replace(self.status, digest=digest, model_name=name, run_id=tracker.run_id)
        if isinstance(tracked, tracking.Untracked):
            self._keep()
            where, why = self._job.tracking_uri, tracked.reason
            message = f"trained, but MLflow at {where} {why}; model and log are kept with the job"
            return replace(known, state=State.UNTRACKED, message=message)
        return replace(
            known, state=State.SUCCEEDED, message="", run_id=tracked.run_id, model_version=tracked.model_version
        )

    def tell(self, message: str) -> None:
        _say(message)
        self.status = replace(self.status, message=message)
        self.write_status()

    def write_status(self) -> None:
        write_status_to(self._client, self._job.folder, self.status)

    def _fetch_project(self) -> None:
        address, archive = self._job.folder / PROJECT_FILE, self._scratch / PROJECT_FILE
        self._client.download_file(address.bucket, address.key, str(archive))
        unpack(archive, self._project)
        found = model_digest(self._project)
        if found != self._job.project_digest:
            raise DriftError(f"{address} has digest {found}, recorded: {self._job.project_digest}")

    def _command(self) -> list[str]:
        entry = load_entry_point(self._project)
        values = parameters_of(entry, self._job.parameters)
        return command_of(entry, {**values, "data": str(self._data), "model": str(self._model)})

    def _fetch_images(self) -> Fetched:
        images = read_manifest(self._client, self._job.manifest_uri, self._job.manifest_digest)
        with open_source(self._client, self._job.pack_uri) as source:
            return fetch(source, images, self._data, self._job.max_broken_fraction)

    def _log_facts(self, images: int, broken: int) -> None:
        with RunLogger(self._buffer) as run:
            run.log_params(self._job.parameters)
            run.log_metrics({"data.images": images, "data.broken": broken})

    def _environment(self, settings: Mapping[str, str]) -> dict[str, str]:
        """The worker's own, with its interpreter first, and this code where the script can import it."""
        inherited = dict(os.environ)
        root = str(Path(__file__).resolve().parents[2])
        paths = {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), inherited.get("PATH", os.defpath)]),
            "PYTHONPATH": os.pathsep.join(filter(None, [root, inherited.get("PYTHONPATH")])),
        }
        return {
            **inherited,
            **for_another_program(settings),
            **paths,
            BUFFER_VARIABLE: str(self._buffer),
            "PYTHONUNBUFFERED": "1",
        }

    def _check_model(self) -> str:
        if not (self._model / MODEL_MARK).is_file():
            raise ResourceError(
                f"the project's command ended well but left no MLflow model in its `model` folder (no {MODEL_MARK})",
                cure="save it with mlflow.<flavour>.save_model(model, path), path being the parameter `model`",
            )
        return model_digest(self._model)

    def _keep(self) -> None:
        """Model and buffer to the job's folder, from where `mlteam train --resume` delivers them."""
        archive = self._scratch / MODEL_FILE
        pack_folder(self._model, archive)
        for path in (archive, self._buffer):
            self._client.upload_file(str(path), self._job.folder.bucket, (self._job.folder / path.name).key)


def work(uri: str, aws: Aws, patience_seconds: float = tracking.PATIENCE_SECONDS) -> Status:
    """Carry the job out and write its final status, good or bad."""
    address = s3.parse(uri)
    folder = s3.Address(address.bucket, address.key.rpartition("/")[0])
    job = read_job(aws.client("s3"), folder)
    scratch = Path(tempfile.mkdtemp(prefix="mlteam-job-"))
    worker = Worker(job, scratch, aws, patience_seconds=patience_seconds)
    try:
        worker.status = worker.run()
    except (Exception, KeyboardInterrupt) as error:
        known = translate(error)
        if known is None:
            traceback.print_exc()
        message = str(known) if known else f"{type(error).__name__}: {error}"
        worker.status = replace(worker.status, state=State.FAILED, message=message)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    worker.write_status()
    return worker.status


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201  the job's log


def _interrupt(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--job", required=True, help="s3:// address of job.json")
    parser.add_argument("--patience-seconds", type=float, default=tracking.PATIENCE_SECONDS)
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, _interrupt)
    status = work(given.job, Aws(), given.patience_seconds)
    _say(f"{status.state}: {status.message or status.digest}")
    return 0 if status.state is State.SUCCEEDED else ResourceError.exit_code


if __name__ == "__main__":
    sys.exit(main())
