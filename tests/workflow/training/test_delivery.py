"""What is delivered after MLflow came back must be what the job kept."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from workflow.aws import Aws
from workflow.errors import DriftError
from workflow.training.delivery import deliver_kept
from workflow.training.job import Job, State, Status

pytestmark = pytest.mark.slow  # a platform in this process takes a second to be made


def test_a_damaged_kept_model_is_drift_not_a_bug(
    world: Any, put_job: Callable[..., Job], pngs: dict[str, bytes]
) -> None:
    job = put_job(pngs)
    for name in ("model.zip", "buffer.jsonl"):
        world.client.put_object(Bucket=job.folder.bucket, Key=(job.folder / name).key, Body=b"PK damaged")
    with pytest.raises(DriftError, match=r"the archive model\.zip is broken"):
        deliver_kept(Aws(), job, Status(state=State.UNTRACKED, digest="d" * 64), lambda _: None)


def test_a_kept_model_that_is_another_has_to_be_trained_anew(
    world: Any, put_job: Callable[..., Job], pngs: dict[str, bytes], tmp_path: Path
) -> None:
    job, model = put_job(pngs), tmp_path / "model.zip"
    with zipfile.ZipFile(model, "w") as archive:
        archive.writestr("MLmodel", "another")
    for name in ("model.zip", "buffer.jsonl"):
        world.client.upload_file(str(model), job.folder.bucket, (job.folder / name).key)
    cure = f"mlteam train --candidate {job.candidate} --tier {job.tier} --again"
    with pytest.raises(DriftError, match=f"recorded: dddd.*\n  cure: {cure}"):
        deliver_kept(Aws(), job, Status(state=State.UNTRACKED, digest="d" * 64), lambda _: None)
