"""The whole way of a model, each step real: MLflow on a file, S3 in this process, the model server over HTTP."""

import dataclasses
import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import pytest
import uvicorn

from workflow.aws import Aws
from workflow.context import Context
from workflow.deployment import read_deployment
from workflow.errors import DriftError, GateError, RefusedError, ResourceError
from workflow.manifest import Image
from workflow.manifest_store import draft_of, store
from workflow.models import model_digest
from workflow.progress import Progress
from workflow.record import read_section, write_section
from workflow.s3 import Address
from workflow.sections import SampleRecord, TrainRecord
from workflow.serving.app import create_app
from workflow.serving.telemetry import Telemetry
from workflow.serving.watcher import Watcher
from workflow.steps import abtest, approve, deploy, evaluate, gate, promote, rollback, status
from workflow.verdicts import EvaluateRecord, GateRecord

pytestmark = pytest.mark.slow

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
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    import mlflow

    folder = tmp_path_factory.mktemp("mlflow")
    uri = f"sqlite:///{folder}/mlflow.db"
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
    manifests = {}
    for name, offset in (("prod", 0), ("evaluation", 10_000), ("abtest", 20_000)):
        images = []
        for number in range(GROUPS if name != "prod" else 2):
            values = generator.integers(0, 256, 4)
            body = png(values)
            key = f"landing/images/{offset + number:05d} ü.png"
            world.client.put_object(Bucket=BUCKET, Key=key, Body=body)
            label = "bright" if values.mean() > 127 else "dark"
            images.append(Image(key, BUCKET, label, f"g{offset + number}", len(body), ""))
        draft = draft_of(folder / f"{name}.jsonl", images, Address(BUCKET, f"manifests/{name}"))
        store(world.client, draft)
        manifests[name] = draft.record
    return SampleRecord(salt="s", mode="manifest", manifests=manifests)


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


def test_a_model_goes_all_the_way_and_back(stack: Stack) -> None:
    first = stack.passed("weak")
    assert deploy.run(first, stack.folder).place == "champion"

    second = stack.passed("good")
    record = json.loads(second.record_path.read_text())
    assert record["evaluate"]["champion"]["differences"]["auc"]["lower"] > 0
    deployed = deploy.run(second, stack.folder)
    assert (deployed.place, deployed.challenger_weight) == ("challenger", 0.5)
    assert deploy.run(second, stack.folder) == deployed, "once more changes nothing, and needs no new approval"

    tested = abtest.run(second, stack.folder)
    assert tested.decision == "promote"
    assert tested.difference.lower > 0
    promoted = promote.run(second)
    assert promoted.alias_set is True
    assert promote.run(second).generation == promoted.generation, "once more changes nothing"

    client = stack.world.client
    client.delete_object(Bucket="mlteam-dev-artifacts", Key=f"serving/models/{promoted.previous_digest}.zip")
    back = rollback.run(stack.context("nothing"), reason="a test")
    assert back.digest == promoted.previous_digest
    assert back.withdrawn == (promoted.digest,)
    shown = status.run(stack.context("nothing"))
    assert shown.problem == ""
    assert [line.split()[1] for line in shown.history] == ["rollback", "promote", "deploy", "deploy"]
    assert "weak" in shown.text()
    with pytest.raises(RefusedError, match="no previous champion"):
        rollback.run(stack.context("nothing"))


def test_a_point_that_passes_is_not_enough(stack: Stack) -> None:
    context = stack.train("weak")
    measured = evaluate.run(context, stack.folder).metrics["auc"]
    between = (measured.point + measured.lower) / 2
    (stack.folder / "mlteam.yaml").write_text(PROJECT.replace("0.70", f"{between:.4f}"))
    with pytest.raises(GateError, match=f"auc {measured.point:.4f}.*bound {measured.lower:.4f}.*{between:.4f}"):
        gate.run(context, stack.folder)
    with pytest.raises(GateError, match="cannot be approved"):
        approve.run(stack.approver(context))
    with pytest.raises(GateError, match="cannot be approved or deployed"):
        deploy.run(context, stack.folder)


def test_without_approval_nothing_is_deployed(stack: Stack) -> None:
    context = stack.train("good")
    evaluate.run(context, stack.folder)
    gate.run(context, stack.folder)
    with pytest.raises(RefusedError, match="is not approved"):
        deploy.run(context, stack.folder)
    with pytest.raises(RefusedError, match="trained this model"):
        approve.run(stack.approver(context, person="grace"))
    assert status.run(context).deployment["generation"] == 0


def test_a_record_that_was_edited_after_the_gate_is_noticed(stack: Stack) -> None:
    context = stack.train("weak")
    evaluate.run(context, stack.folder)
    gate.run(context, stack.folder)
    edited = json.loads(context.record_path.read_text())
    edited["evaluate"]["metrics"]["auc"]["lower"] = 0.99
    context.record_path.write_text(json.dumps(edited))
    with pytest.raises(DriftError, match="not of this model and evaluation"):
        approve.run(stack.approver(context))


def test_a_model_that_mlflow_has_exchanged_is_noticed(stack: Stack) -> None:
    stack.registry = Registry(
        stack.registry.uri, {"good": dataclasses.replace(stack.registry.models["good"], digest="0" * 64)}
    )
    with pytest.raises(DriftError, match=f"recorded {'0' * 64}"):
        evaluate.run(stack.train("good"), stack.folder)


def test_a_model_that_does_not_load_loses_nothing(stack: Stack) -> None:
    first = stack.passed("weak")
    deploy.run(first, stack.folder)
    second = stack.passed("good")
    broken = stack.train("broken")
    before = status.run(first).deployment["champion"]
    evaluate_as(broken, second)
    approve.run(stack.approver(broken))
    with pytest.raises(ResourceError, match=r"cannot serve generation 2: challenger.*does not load"):
        deploy.run(broken, stack.folder)
    shown = status.run(first)
    assert shown.problem == ""
    assert shown.deployment["champion"] == before
    assert (shown.deployment["challenger"], shown.deployment["generation"]) == (None, 3)
    with pytest.raises(RefusedError, match="used already"):
        deploy.run(broken, stack.folder)


def evaluate_as(broken: Context, donor: Context) -> None:
    """The donor's evaluation under the broken model's name: as if it had broken between evaluation and deployment."""
    train = read_section(broken.record_path, "train", TrainRecord)
    found = read_section(donor.record_path, "evaluate", EvaluateRecord)
    evaluation = dataclasses.replace(found, digest=train.digest)
    write_section(broken.record_path, "evaluate", evaluation, stack="dev")
    checks = read_section(donor.record_path, "gate", GateRecord).checks
    write_section(broken.record_path, "gate", gate.gate_record(evaluation, checks), stack="dev")


def test_a_leak_between_training_and_evaluation_is_refused(stack: Stack) -> None:
    leaked = [Image("k", BUCKET, "dark", "g10000", 1, "")]
    draft = draft_of(stack.folder / "leak.jsonl", leaked, Address(BUCKET, "manifests/prod"))
    store(stack.world.client, draft)
    stack.sample = dataclasses.replace(stack.sample, manifests={**stack.sample.manifests, "prod": draft.record})
    with pytest.raises(DriftError, match="'g10000'"):
        evaluate.run(stack.train("good"), stack.folder)


def test_a_broken_image_is_named_and_too_many_are_refused(stack: Stack) -> None:
    context = stack.train("good")
    lines = stack.world.read(stack.sample.manifests["evaluation"].uri).splitlines()
    keys = [json.loads(line)["key"] for line in lines]
    stack.world.client.put_object(Bucket=BUCKET, Key=keys[0], Body=b"no image")
    record = evaluate.run(context, stack.folder)
    assert record.images == GROUPS - 1
    assert keys[0] in record.broken[0]
    for key in keys[1:3]:
        stack.world.client.put_object(Bucket=BUCKET, Key=key, Body=b"")
    with pytest.raises(ResourceError, match="3 of 200 images cannot be used"):
        evaluate.run(context, stack.folder)


def test_an_ab_test_of_the_same_model_twice_keeps_the_champion(stack: Stack) -> None:
    first = stack.passed("good")
    deploy.run(first, stack.folder)
    twin = stack.passed("twin")
    deploy.run(twin, stack.folder)
    with pytest.raises(GateError, match="keeps the champion"):
        abtest.run(twin, stack.folder)
    with pytest.raises(GateError, match="said keep"):
        promote.run(twin)
    assert rollback.run(twin, challenger_only=True).digest != ""
    assert read_deployment(stack.world.client, twin.platform.serving.deployment_uri).deployment.challenger is None
