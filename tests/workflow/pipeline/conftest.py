"""A stack with a model server over HTTP, MLflow on a file and S3 in this process, and four models to take there."""

import dataclasses
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import pytest
import uvicorn

from workflow.aws import Aws
from workflow.context import Context
from workflow.manifest import Image
from workflow.manifest_store import draft_of, store
from workflow.models import model_digest
from workflow.packs import pack_images
from workflow.progress import Progress
from workflow.record import write_section
from workflow.s3 import Address
from workflow.sections import SampleRecord, TrainRecord
from workflow.serving.app import create_app
from workflow.serving.telemetry import Telemetry
from workflow.serving.watcher import Watcher
from workflow.steps import approve, evaluate, gate

ROLE = "arn:aws:iam::123456789012:role/approver"
BUCKET = "mlteam-dev-prod"
GROUPS = 200
PROJECT = """
project: squares
positive_label: bright
thresholds: {auc: ">= 0.70"}
not_worse_than_champion: {auc: 0.05}
abtest: {minimum_effect: 0.1, max_requests: 2000, challenger_weight: 0.5}
"""


@dataclasses.dataclass
class Stack:
    """A stack with a model server; `train` puts a candidate into a record of its own."""

    world: Any
    folder: Path
    sample: SampleRecord
    registry: "Registry"

    def context(self, name: str) -> Context:
        base: Context = self.world.context
        return dataclasses.replace(base, record_path=self.folder / f"{name}.json")

    def train(self, name: str) -> Context:
        """A record of its own for one of the models that `registry` holds."""
        context = self.context(name)
        manifest = self.sample.manifests["prod"].digest
        write_section(context.record_path, "sample", self.sample, stack="dev")
        train = dataclasses.replace(self.registry.models[name], manifest_digest=manifest)
        write_section(context.record_path, "train", train, stack="dev")
        return context

    def read_from_objects(self, name: str) -> None:
        """As if this manifest's images had not been packed."""
        record = dataclasses.replace(self.sample.manifests[name], pack_uri="")
        self.sample = dataclasses.replace(self.sample, manifests={**self.sample.manifests, name: record})

    def approver(self, context: Context, person: str = "ada") -> Context:
        """The same record in the hands of somebody who assumed the approver role."""
        keys = boto3.client("sts").assume_role(RoleArn=ROLE, RoleSessionName=person)["Credentials"]
        return dataclasses.replace(context, aws=As(keys))

    def passed(self, name: str) -> Context:
        """A candidate up to its approval."""
        context = self.train(name)
        evaluate.run(context, self.folder)
        gate.run(context, self.folder)
        approve.run(self.approver(context))
        return context


class As(Aws):
    """AWS as somebody else: every client with these keys."""

    def __init__(self, keys: dict[str, str]) -> None:
        super().__init__()
        self._keys = keys

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            aws_access_key_id=self._keys["AccessKeyId"],
            aws_secret_access_key=self._keys["SecretAccessKey"],
            aws_session_token=self._keys["SessionToken"],
        )


@dataclasses.dataclass
class Registry:
    """MLflow on a file with four models: weak does not look at one of four pixels, good and its twin look at all,
    broken has the digest of what it is, but is no model."""

    uri: str
    models: dict[str, TrainRecord]


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory, new_store: Callable[[Path], str]) -> Registry:
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    import mlflow

    folder = tmp_path_factory.mktemp("mlflow")
    uri = new_store(folder / "mlflow.db")
    mlflow.set_tracking_uri(uri)
    mlflow.set_experiment(experiment_id=mlflow.create_experiment("test", artifact_location=folder.as_uri()))
    sights = {"weak": (1, 1, 1, 0), "good": (1, 1, 1, 1), "twin": (1, 1, 1, 0.999), "broken": (1, 1, 1, 1)}
    return Registry(uri, {name: log_model(name, sight) for name, sight in sights.items()})


def log_model(name: str, sight: tuple[float, ...]) -> TrainRecord:
    import mlflow
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression().fit(np.eye(4), [0, 1, 0, 1])
    model.coef_ = np.array([sight]) / 20
    model.intercept_ = np.array([-127.5 * sum(sight) / 20])
    with mlflow.start_run() as run:
        info = mlflow.sklearn.log_model(model, name="model", pip_requirements=["scikit-learn"])
    folder = Path(mlflow.artifacts.download_artifacts(info.model_uri))
    if name == "broken":
        next(folder.glob("model.*")).write_bytes(b"garbage")
    mlflow.register_model(info.model_uri, name)
    return TrainRecord(
        candidate=name,
        tier="prod",
        job_id="job",
        run_id=run.info.run_id,
        model_name=name,
        model_version="1",
        model_uri=f"models:/{name}/1",
        digest=model_digest(folder),
        manifest_digest="",
        project_digest="p" * 64,
        author="arn:aws:iam::123456789012:user/grace",
    )


def png(values: Any) -> bytes:
    import io

    from PIL import Image as Picture

    buffer = io.BytesIO()
    Picture.fromarray(np.asarray(values, dtype=np.uint8).reshape(2, 2)).save(buffer, "PNG")
    return buffer.getvalue()


def sample_of(world: Any, folder: Path) -> SampleRecord:
    """Images of four pixels, bright when their mean is above the middle."""
    generator = np.random.default_rng(5)
    manifests, landed = {}, dict[str, bytes]()
    for name, offset in (("prod", 0), ("evaluation", 10_000), ("abtest", 20_000)):
        images = []
        for number in range(GROUPS if name != "prod" else 2):
            values = generator.integers(0, 256, 4)
            body = png(values)
            name_there = f"images/{offset + number:05d} ü.png"
            landed[name_there] = body
            label = "bright" if values.mean() > 127 else "dark"
            images.append(Image(f"landing/{name_there}", BUCKET, label, f"g{offset + number}", len(body), ""))
        draft = draft_of(folder / f"{name}.jsonl", images, Address(BUCKET, f"manifests/{name}"))
        store(world.client, draft)
        prefix = Address(BUCKET, f"packs/{name}/{draft.record.digest}")
        pack = pack_images(world.client, lambda image: landed[image.key.removeprefix("landing/")], images, prefix)
        manifests[name] = dataclasses.replace(draft.record, pack_uri=str(pack))
    world.land(landed)
    return SampleRecord(salt="s", mode="pack", manifests=manifests)


@pytest.fixture
def stack(world: Any, registry: Registry, tmp_path: Path) -> Iterator[Stack]:
    (tmp_path / "mlteam.yaml").write_text(PROJECT)
    platform = world.context.platform
    watcher = Watcher(
        client=world.client, deployment_uri=platform.serving.deployment_uri, models_uri=platform.serving.models_uri
    )
    config = uvicorn.Config(create_app(watcher, Telemetry()), host="127.0.0.1", port=0, log_level="error")
    server = uvicorn.Server(config)
    threads = [
        threading.Thread(target=server.run, daemon=True),
        threading.Thread(target=watcher.run, args=(0.1, lambda: None), daemon=True),
    ]
    for thread in threads:
        thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    changed = dataclasses.replace(
        platform,
        serving=dataclasses.replace(platform.serving, url=f"http://127.0.0.1:{port}"),
        tracking=dataclasses.replace(platform.tracking, tracking_uri=registry.uri),
        approval=dataclasses.replace(platform.approval, approver_role_arn=ROLE),
    )
    (tmp_path / "platform.json").write_text(json.dumps(dataclasses.asdict(changed)))
    context = Context(
        stack_name="dev",
        record_path=tmp_path / "r.json",
        platform_path=tmp_path / "platform.json",
        progress=Progress(world.said),
    )
    yield Stack(dataclasses.replace(world, context=context), tmp_path, sample_of(world, tmp_path), registry)
    server.should_exit = True
    watcher.stop()
    for thread in threads:
        thread.join(timeout=10)
