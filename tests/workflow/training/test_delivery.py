"""What is delivered after MLflow came back must be what the job kept."""

from collections.abc import Callable
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
