"""Deliver what a job kept while MLflow was away: its facts and its model, from S3 to the server, by any machine."""

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from workflow.archives import unpack
from workflow.aws import Aws
from workflow.errors import DriftError, ResourceError
from workflow.mlflow_client import become_client, where_to_look
from workflow.models import model_digest
from workflow.training import tracking
from workflow.training.job import BUFFER_FILE, MODEL_FILE, Job, State, Status, write_status
from workflow.training.shipper import Shipper

PATIENCE_SECONDS: Final = 10.0
"""Somebody is waiting, and may try again."""


def deliver_kept(aws: Aws, job: Job, status: Status, say: Callable[[str], None]) -> Status:
    """The status `succeeded`, written; ResourceError when the server is still away, or refuses."""
    client = aws.client("s3")
    with tempfile.TemporaryDirectory(prefix="mlteam-resume-") as folder:
        scratch = Path(folder)
        for name in (MODEL_FILE, BUFFER_FILE):
            client.download_file(job.folder.bucket, (job.folder / name).key, str(scratch / name))
        model = scratch / "model"
        unpack(scratch / MODEL_FILE, model)
        if (found := model_digest(model)) != status.digest:
            raise DriftError(
                f"the kept model of job {job.id} has digest {found}, recorded: {status.digest}",
                cure=f"mlteam train --candidate {job.candidate} --tier {job.tier} --again, with the job's parameters",
            )
        become_client(tracking.tracking_environment(job, aws))
        tracker = tracking.tracker_of(job, status.run_id)
        shipper = Shipper(scratch / BUFFER_FILE, tracker, say)
        tracked = tracking.deliver(
            tracker, shipper, model, name=job.project, digest=status.digest, patience_seconds=PATIENCE_SECONDS
        )
    if isinstance(tracked, tracking.Untracked):
        cure = f"{where_to_look(job.tracking_uri)}; then: mlteam train --resume {job.id}"
        raise ResourceError(f"MLflow at {job.tracking_uri} still {tracked.reason}", cure=cure)
    done = replace(
        status, state=State.SUCCEEDED, message="", run_id=tracked.run_id, model_version=tracked.model_version
    )
    write_status(client, job.folder, done)
    return done
