"""What training tests share: a team's project small enough to read, and a job made from it by hand."""

import hashlib
import io
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Picture

from workflow.manifest import Image, line_of
from workflow.training.job import JOB_FILE, PROJECT_FILE, Job, to_bytes
from workflow.training.packaging import pack_project

JOBS = "workflow/jobs"
MLPROJECT = """\
name: tiny
entry_points:
  main:
    parameters:
      data: path
      model: path
      ending: {type: string, default: well}
      beats: {type: int, default: 3}
    command: "python train.py {data} {model} {ending} {beats}"
"""
MLTEAM = """\
project: tiny
positive_label: "1"
thresholds: {auc: ">= 0.5"}
"""
SCRIPT = """\
import sys, time
from pathlib import Path
from workflow.training.run_logger import RunLogger

data, model, ending, beats = sys.argv[1:]
rows = Path(data, "manifest.jsonl").read_text().splitlines()
started = time.monotonic()
with RunLogger.from_environment() as run:
    for beat in range(int(beats)):
        run.log_metric("beat", beat, step=beat)
        time.sleep(0.1)
    run.log_metric("broken", float("nan"))
    run.log_metric("endless", float("inf"))
    run.log_metric("seconds", time.monotonic() - started)
print(f"saw {len(rows)} images")
if ending == "badly":
    sys.exit("the data was not to my liking")
if ending != "nothing":
    Path(model).mkdir()
    Path(model, "MLmodel").write_text("flavors: {}")
    Path(model, "weights").write_text("1 2 3")
"""


def png(level: int) -> bytes:
    file = io.BytesIO()
    Picture.fromarray(np.full((4, 4), level, dtype=np.uint8)).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def tiny_project(tmp_path: Path) -> Path:
    folder = tmp_path / "tiny"
    folder.mkdir()
    for name, text in (("MLproject", MLPROJECT), ("mlteam.yaml", MLTEAM), ("train.py", SCRIPT)):
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def pngs() -> dict[str, bytes]:
    return {name: png(level) for level, name in enumerate(("a b,\n.png", "ü.png", "c.jpeg.exe and more", "d.png"))}


@pytest.fixture
def put_job(world: Any, tiny_project: Path) -> Callable[..., Job]:
    return partial(_put_job, world.client, tiny_project)


def _put_job(client: Any, folder: Path, images: Mapping[str, bytes], *, id: str = "tiny-1", **changes: Any) -> Job:
    """Upload images, manifest, project and job; answer the job."""
    rows = []
    for key, body in images.items():
        client.put_object(Bucket="mlteam-dev-dev", Key=key, Body=body)
        rows.append(Image(key, "mlteam-dev-dev", "1", key, len(body), "etag"))
    manifest = "".join(map(line_of, rows)).encode()
    client.put_object(Bucket="mlteam-dev-dev", Key="manifests/dev/m.jsonl", Body=manifest)
    archive = folder.parent / PROJECT_FILE
    digest = pack_project(folder, archive)
    client.upload_file(str(archive), "mlteam-dev-artifacts", f"{JOBS}/{id}/{PROJECT_FILE}")
    values: dict[str, Any] = {
        "id": id,
        "folder_uri": f"s3://mlteam-dev-artifacts/{JOBS}/{id}",
        "candidate": "tiny",
        "tier": "dev",
        "parameters": {"ending": "well", "beats": "3"},
        "manifest_uri": "s3://mlteam-dev-dev/manifests/dev/m.jsonl",
        "manifest_digest": hashlib.sha256(manifest).hexdigest(),
        "pack_uri": "",
        "project": "tiny",
        "project_digest": digest,
        "git_commit": "",
        "author": "arn:aws:sts::000000000000:assumed-role/author/a",
        "region": "us-east-1",
        "tracking_uri": "http://127.0.0.1:1",
        "tracking_username": "",
        "password_parameter": "",
        "max_broken_fraction": 0.25,
    }
    job = Job(**values | changes)
    client.put_object(Bucket="mlteam-dev-artifacts", Key=f"{JOBS}/{id}/{JOB_FILE}", Body=to_bytes(job))
    return job
